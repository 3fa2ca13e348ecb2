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

// maxHeld bounds the bytes that a file sink holds for all its files together.
const maxHeld = 16 << 20

// fileWriter writes the files of one sink. What goes to a file is held until it is worth a write, so that a sink of many
// files does not open one for each item.
type fileWriter struct {
	opt   *fileSinkOptions
	env   *flow.Env
	live  bool
	scope flow.Scope
	files map[string]*outFile
	order []*outFile // as they were first written
	open  []*outFile // the one used longest ago first
	dirty []*outFile // those for which something may be held
	held  int        // bytes
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

// file gives the file of a path, made if it is new. An error is fatal unless it comes of the path.
func (f *fileWriter) file(path string) (*outFile, error) {
	path = filepath.Clean(path)
	if o := f.files[path]; o != nil {
		return o, nil
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
		o.release()
		return nil, err
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
		if err := oldest.shut(); err != nil {
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
		if flow.IsFatal(err) {
			return err
		}
		if err == nil {
			before := len(o.w.Buf)
			err = o.w.Append(it)
			f.hold(o, len(o.w.Buf)-before)
		}
		if err != nil {
			failed[i] = err
			continue
		}
		if len(o.w.Buf) >= writeAt {
			err = f.write(o)
		} else if f.held >= maxHeld {
			err = f.writeAll()
		}
		if err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return &flow.BatchError{Failed: failed}
	}
	return nil
}

// of gives the file that an item goes to.
func (f *fileWriter) of(it flow.Item) (*outFile, error) {
	if _, constant := f.opt.Path.Constant(); constant {
		return f.order[0], nil
	}
	path, err := f.opt.Path.Eval(f.scope.Set(it))
	if err != nil {
		return nil, err
	}
	if o := f.files[path]; o != nil { // where it leads was looked at when it was new
		return o, nil
	}
	root := filepath.Dir(flow.Prefix(&f.opt.Path) + "x")
	if rel, err := filepath.Rel(root, path); err != nil || !filepath.IsLocal(rel) || rel == "." {
		return nil, flow.Typed("path", fmt.Errorf("the path %q leads out of the folder that the template begins with, %s", path, root))
	}
	return f.file(path)
}

// hold counts bytes that were added to what is held for a file.
func (f *fileWriter) hold(o *outFile, n int) {
	f.held += n
	if !o.dirty {
		o.dirty = true
		f.dirty = append(f.dirty, o)
	}
}

// write writes what is held for a file.
func (f *fileWriter) write(o *outFile) error {
	if len(o.w.Buf) == 0 {
		return nil
	}
	if err := f.use(o); err != nil {
		return err
	}
	f.held -= len(o.w.Buf)
	err := o.write()
	if len(f.order) > f.opt.MaxOpen {
		o.w.Buf = nil // its memory is needed elsewhere
	}
	return err
}

// writeAll writes what is held for all files.
func (f *fileWriter) writeAll() error {
	for _, o := range f.dirty {
		if err := f.write(o); err != nil {
			return err
		}
		o.dirty = false
	}
	f.dirty = f.dirty[:0]
	return nil
}

func (f *fileWriter) Encodes() bool {
	_, constant := f.opt.Path.Constant()
	return constant
}

func (f *fileWriter) Encode() func(dst []byte, it flow.Item) ([]byte, error) {
	return f.order[0].w.Encode()
}

func (f *fileWriter) WriteEncoded(_ context.Context, data []byte) error {
	o := f.order[0]
	if err := f.write(o); err != nil {
		return err
	}
	return o.pack(data)
}

// Flush shows what was written, where it is to be seen at once.
func (f *fileWriter) Flush(context.Context) error {
	if !f.live {
		return nil
	}
	if err := f.writeAll(); err != nil {
		return err
	}
	for _, o := range f.open {
		if err := o.show(); err != nil {
			return err
		}
	}
	return nil
}

// Prepare completes the files, which have only to take their names.
func (f *fileWriter) Prepare(context.Context) error {
	for _, o := range f.order {
		f.open = slices.DeleteFunc(f.open, func(x *outFile) bool { return x == o })
		if err := o.finish(); err != nil {
			return err
		}
	}
	return syncFiles(f.order)
}

// Close gives the files their names. Without commit it writes what is held to those that are partial, as far as it can.
func (f *fileWriter) Close(_ context.Context, commit bool) error {
	var errs []error
	if !commit {
		errs = append(errs, f.writeAll())
	}
	for _, o := range f.order {
		errs = append(errs, o.close(commit))
	}
	return errors.Join(errs...)
}
