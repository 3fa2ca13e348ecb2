package operators

import (
	"fmt"
	"path/filepath"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators/codec"
)

type fileSinkOptions struct {
	Path flow.Text `flow:"path,required,short" doc:"The file; as a template, one file for each value that it takes."`
	codec.WriteOptions
	Append  bool `flow:"append" doc:"Add to the file that is there, item by item, rather than put a new one in its place at the end."`
	MaxOpen int  `flow:"max_open" default:"64" doc:"How many files are open at once; others are closed, and opened again when needed."`
}

func (o *fileSinkOptions) Exclusive() string {
	path, constant := o.Path.Constant()
	if !constant || path == "" {
		return ""
	}
	return filepath.Clean(path)
}

func (o *fileSinkOptions) Check(report func(option, message, help string)) {
	path, constant := o.Path.Constant()
	if !constant {
		path = "" // whose format shows with each item
	}
	o.CheckEncoding(report, path)
	switch {
	case constant && path == "":
		report("path", "a file has a name", "")
	case constant && o.For(path).Format == "":
		report("path", fmt.Sprintf("the format of %s cannot be told from its name", filepath.Base(path)), "add `format: jsonl`, or whatever it is")
	}
	if o.Append {
		o.CheckLive(report)
	}
	if o.MaxOpen < 1 {
		report("max_open", "one file must be open at least", "write 1 or more")
	}
}

// CheckLive reports that a JSON array, which ends with a bracket, cannot be written item by item.
func (o *fileSinkOptions) CheckLive(report func(option, message, help string)) {
	path, _ := o.Path.Constant()
	if o.For(path).Format != "json" {
		return
	}
	if o.Append {
		report("append", "a JSON array cannot be added to", "use `format: jsonl`")
	} else {
		report("path", "failed items are written one by one, and a JSON array cannot be", "use `format: jsonl`, or a name such as failures.jsonl")
	}
}

func fileSink() *flow.Component {
	return &flow.Component{
		Name: "file", Also: []string{"csv"}, Group: "sink",
		Doc: "Writes files. A file is written as NAME.partial beside its place, and takes its name when the whole run has ended well; " +
			"so what stands under the name is whole. Where the run fails, the partial file stays. With `append`, and for failed items, " +
			"a file is added to under its own name. A path that is a template stays within the folder that it begins with.",
		Maker: flow.Makes(func(o *fileSinkOptions, env *flow.Env) (flow.Sink, error) {
			return &fileWriter{opt: o, env: env, live: o.Append || env.Live, files: map[string]*outFile{}}, nil
		}),
		Examples: []flow.Example{
			{
				Pipeline: "source: {range: {from: 1, to: 2}}\nsteps:\n  - map: {n: it}\nsink: {file: out/n.csv}\n",
				Written:  map[string]string{"out/n.csv": "n\n1\n2\n"},
			},
			{
				Doc:      "One file for each state.",
				Pipeline: "source: {items: [{state: TX, n: 1}, {state: CA, n: 2}, {state: TX, n: 3}]}\nsink: {file: \"${it.state}.jsonl\"}\n",
				Written:  map[string]string{"TX.jsonl": "{\"state\":\"TX\",\"n\":1}\n{\"state\":\"TX\",\"n\":3}\n", "CA.jsonl": "{\"state\":\"CA\",\"n\":2}\n"},
			},
		},
	}
}
