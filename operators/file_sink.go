package operators

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

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
		Name: "file", Group: "sink",
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

type fileWriter struct {
	opt   *fileSinkOptions
	env   *flow.Env
	live  bool
	scope flow.Scope
	files map[string]*outFile
	order []*outFile // as they were first written
	open  []*outFile // the one used longest ago first
}

// Open makes the file of a constant path, so that it is there when nothing is written, and a fault is found at once.
func (f *fileWriter) Open(context.Context) error {
	path, constant := f.opt.Path.Constant()
	if !constant {
		return nil
	}
	_, err := f.file(path)
	return err
}

// file gives the file of a path, open. An error is fatal unless it comes of the path.
func (f *fileWriter) file(path string) (*outFile, error) {
	path = filepath.Clean(path)
	if o := f.files[path]; o != nil {
		return o, f.use(o)
	}
	name := path
	if !filepath.IsAbs(name) {
		name = filepath.Join(f.env.Dir, name)
	}
	e := f.opt.For(path)
	if e.Format == "" {
		return nil, flow.Typed("path", codec.Unknown(path))
	}
	o, err := newOutFile(name, e, f.live)
	if err != nil {
		return nil, flow.Typed("path", err)
	}
	if err := f.use(o); err != nil {
		return nil, errors.Join(err, o.close(false))
	}
	f.files[path] = o
	f.order = append(f.order, o)
	return o, nil
}

// use opens the file if it is not open, and closes the one used longest ago if there are too many.
func (f *fileWriter) use(o *outFile) error {
	if i := slices.Index(f.open, o); i >= 0 {
		if i != len(f.open)-1 {
			f.open = append(slices.Delete(f.open, i, i+1), o)
		}
		return nil
	}
	if len(f.open) >= f.opt.MaxOpen {
		oldest := f.open[0]
		f.open = slices.Delete(f.open, 0, 1)
		if err := oldest.shut(false); err != nil {
			return flow.Fatal(err)
		}
	}
	if err := o.open(); err != nil {
		return err
	}
	f.open = append(f.open, o)
	return nil
}

func (f *fileWriter) Write(_ context.Context, items []flow.Item) error {
	failed := map[int]error{}
	for i, it := range items {
		o, err := f.of(it)
		if err == nil {
			err = o.w.Append(it)
		}
		if flow.IsFatal(err) {
			return err
		}
		if err != nil {
			failed[i] = err
		} else if len(o.w.Buf) >= writeAt {
			if err := o.write(); err != nil {
				return err
			}
		}
	}
	if len(failed) > 0 {
		return &flow.BatchError{Failed: failed}
	}
	return nil
}

func (f *fileWriter) Encodes() bool {
	path, constant := f.opt.Path.Constant()
	return constant && f.opt.For(path).Apart()
}

func (f *fileWriter) Encode(dst []byte, it flow.Item) ([]byte, error) {
	path, _ := f.opt.Path.Constant()
	return f.opt.For(path).Encode(dst, it)
}

func (f *fileWriter) WriteEncoded(_ context.Context, data []byte) error {
	if err := f.open[0].write(); err != nil {
		return err
	}
	_, err := f.open[0].z.Write(data)
	return err
}

// of gives the file that an item goes to, open.
func (f *fileWriter) of(it flow.Item) (*outFile, error) {
	if _, constant := f.opt.Path.Constant(); constant {
		return f.open[0], nil
	}
	path, err := f.opt.Path.Eval(f.scope.Set(it))
	if err != nil {
		return nil, err
	}
	root := filepath.Dir(flow.Prefix(&f.opt.Path) + "x")
	if rel, err := filepath.Rel(root, path); err != nil || !filepath.IsLocal(rel) || rel == "." {
		return nil, flow.Typed("path", fmt.Errorf("the path %q leads out of the folder that the template begins with, %s", path, root))
	}
	return f.file(path)
}

// Flush shows what was written, where it is to be seen at once.
func (f *fileWriter) Flush(context.Context) error {
	if !f.live {
		return nil
	}
	for _, o := range f.open {
		if len(o.w.Buf) == 0 {
			continue
		}
		if err := o.write(); err != nil {
			return err
		}
		if err := o.z.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// Prepare completes the files, which have only to take their names.
func (f *fileWriter) Prepare(context.Context) error {
	for _, o := range f.order {
		if err := o.finish(); err != nil {
			return err
		}
	}
	return nil
}

func (f *fileWriter) Close(_ context.Context, commit bool) error {
	var errs []error
	for _, o := range f.order {
		errs = append(errs, o.close(commit))
	}
	return errors.Join(errs...)
}
