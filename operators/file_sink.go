package operators

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

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
	path, _ := o.Path.Constant()
	return path
}

func (o *fileSinkOptions) Check(report func(option, message, help string)) {
	o.CheckEncoding(report)
	path, constant := o.Path.Constant()
	switch {
	case constant && path == "":
		report("path", "a file has a name", "")
	case constant && o.For(path).Format == "":
		report("path", codec.Unknown(path).Error(), "add `format: jsonl`, or whatever it is")
	case o.Append && o.For(path).Format == "json":
		report("append", "a JSON array cannot be added to", "use `format: jsonl`")
	}
	if o.MaxOpen < 1 {
		report("max_open", "one file must be open at least", "write 1 or more")
	}
}

func fileSink() *flow.Component {
	return &flow.Component{
		Name: "file", Group: "sink",
		Doc: "Writes files. A file is written as NAME.partial beside its place, and takes its name when the whole run has ended well; " +
			"so what stands under the name is whole. Where the run fails, the partial file stays.",
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
	order []string   // of files, as they were first written
	open  []*outFile // the one used longest ago first
}

// Open makes the file of a constant path, so that it is there when nothing is written, and a fault is found at once.
func (f *fileWriter) Open(context.Context) error {
	path, constant := f.opt.Path.Constant()
	if !constant {
		return nil
	}
	o, err := f.file(path)
	if err != nil {
		return err
	}
	return f.use(o)
}

func (f *fileWriter) file(path string) (*outFile, error) {
	if o := f.files[path]; o != nil {
		return o, nil
	}
	if _, constant := f.opt.Path.Constant(); !constant {
		if slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "..") || path == "" {
			return nil, flow.Typed("path", fmt.Errorf("the path %q leads out of its folder", path))
		}
	}
	e := f.opt.For(path)
	if e.Format == "" {
		return nil, flow.Typed("path", codec.Unknown(path))
	}
	name := path
	if !filepath.IsAbs(name) {
		name = filepath.Join(f.env.Dir, name)
	}
	o := &outFile{name: name, live: f.live, enc: e, w: codec.NewWriter(e)}
	if f.live {
		o.resume()
	}
	f.files[path] = o
	f.order = append(f.order, path)
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
		if err := oldest.close(false); err != nil {
			return err
		}
	}
	f.open = append(f.open, o)
	return o.open()
}

func (f *fileWriter) Write(_ context.Context, items []flow.Item) error {
	failed := map[int]error{}
	for i, it := range items {
		path, err := f.opt.Path.Eval(f.scope.Set(it))
		if err != nil {
			failed[i] = err
			continue
		}
		o, err := f.file(path)
		if err != nil {
			failed[i] = err
			continue
		}
		if err := f.use(o); err != nil {
			return err
		}
		if err := o.w.Append(it); err != nil {
			failed[i] = err
			continue
		}
		if len(o.w.Buf) >= writeAt {
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
	_, err := f.open[0].z.Write(data)
	return err
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

func (f *fileWriter) Close(_ context.Context, commit bool) error {
	var errs []error
	for _, path := range f.order {
		o := f.files[path]
		if commit && len(errs) == 0 {
			errs = append(errs, o.finish())
		} else {
			errs = append(errs, o.close(false))
		}
		if errs[len(errs)-1] == nil {
			errs = errs[:len(errs)-1]
		}
	}
	return errors.Join(errs...)
}
