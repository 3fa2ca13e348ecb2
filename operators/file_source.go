package operators

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators/codec"
)

type fileSourceOptions struct {
	Path []string `flow:"path,required,short" doc:"The file, a pattern with *, ?, [abc], {a,b} or ** (any folders; links to folders are not followed), or a list of such. The files of a pattern come in the order of their names."`
	codec.ReadOptions
	Follow bool `flow:"follow" doc:"Go on waiting for what is appended, as tail -F does, over rotation and truncation. Of one file."`
}

func (o *fileSourceOptions) Endless() bool { return o.Follow }

func (o *fileSourceOptions) Check(report func(option, message, help string)) {
	o.CheckRead(report, o.Path...)
	if len(o.Path) == 0 {
		report("path", "there is no file to read", "name a file, or several")
	}
	for _, p := range o.Path {
		e := o.For(p)
		switch {
		case p == "":
			report("path", "a file has a name", "")
		case !doublestar.ValidatePattern(filepath.ToSlash(p)):
			report("path", fmt.Sprintf("%q is no pattern of file names", p), "a bracket or a brace is not closed")
		case e.Format == "" && !isPattern(filepath.Ext(p)):
			report("path", fmt.Sprintf("the format of %s cannot be told from its name", filepath.Base(p)), "add `format: jsonl`, or whatever it is")
		case o.Follow && (len(o.Path) > 1 || isPattern(p)):
			report("follow", "one file can be followed, not several", "name one file")
		case o.Follow && (e.Compression != "" && e.Compression != "none" || e.Format == "bytes"):
			report("follow", "a file that is compressed, or read as a whole, cannot be followed", "")
		}
	}
}

func isPattern(p string) bool { return strings.ContainsAny(p, "*?[{") }

func fileSource() *flow.Component {
	return &flow.Component{
		Name: "file", Also: []string{"csv"}, Group: "source",
		Doc:    "Reads files, one after another. Relative names start at the pipeline's own folder. A file that is not there, or a pattern that matches none, fails the run.",
		Gives:  flow.Gives(func(o *fileSourceOptions, t *flow.Typing) flow.Type { return o.gives(t.Dir) }),
		Likely: flow.Likely(func(o *fileSourceOptions, t *flow.Typing) flow.Guess { return o.sample(t.Dir) }),
		Maker: flow.Makes(func(o *fileSourceOptions, env *flow.Env) (flow.Source, error) {
			return &fileReader{opt: o, env: env}, nil
		}),
		Examples: []flow.Example{
			{
				Pipeline: "source: {file: \"in/*.csv\"}\nsteps:\n  - map: it.name\n",
				Files:    map[string]string{"in/a.csv": "name,n\nAda,1\n", "in/b.csv": "name,n\n\"Bob, jr\",2\n"},
				Output:   "\"Ada\"\n\"Bob, jr\"\n",
			},
			{
				Doc:      "Cells are text unless told otherwise.",
				Pipeline: "source:\n  file: {path: in.csv, types: {n: int}}\n",
				Files:    map[string]string{"in.csv": "name,n\nAda,1\nBob,\n"},
				Output:   "{\"name\":\"Ada\",\"n\":1}\n{\"name\":\"Bob\",\"n\":null}\n",
			},
		},
	}
}

// gives is what a file tells before it is read: the columns that its first row names. Of several files it is the first
// that tells, where there is no other.
func (o *fileSourceOptions) gives(dir string) flow.Type {
	if len(o.Path) != 1 || isPattern(o.Path[0]) {
		return flow.Any
	}
	name := o.Path[0]
	if f := o.For(name).Format; f != "csv" && f != "tsv" {
		return codec.Gives(f)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	file, err := os.Open(name)
	if err != nil {
		return flow.Any
	}
	defer file.Close() //nolint:errcheck // it was read only
	return codec.Columns(name, file, &o.ReadOptions)
}

// sample looks at the first items of the first file, of a format that says nothing before its items.
func (o *fileSourceOptions) sample(dir string) flow.Guess {
	if o.Infer == 0 || len(o.Path) == 0 {
		return flow.Guess{}
	}
	names, err := (&fileReader{opt: o, env: &flow.Env{Dir: dir}}).names(o.Path[0])
	if err != nil {
		return flow.Guess{}
	}
	if f := o.For(names[0]).Format; f != "jsonl" && f != "json" {
		return flow.Guess{}
	}
	if info, err := os.Stat(names[0]); err != nil || !info.Mode().IsRegular() { // reading a pipe would take from it
		return flow.Guess{}
	}
	file, err := os.Open(names[0])
	if err != nil {
		return flow.Guess{}
	}
	defer file.Close() //nolint:errcheck // it was read only
	of, n := codec.Sample(names[0], file, &o.ReadOptions)
	if n == 0 {
		return flow.Guess{}
	}
	return flow.Guess{Type: of, By: fmt.Sprintf("the first %d items of %s", n, filepath.Base(names[0]))}
}

type fileReader struct {
	opt *fileSourceOptions
	env *flow.Env
}

func (f *fileReader) Steady() bool { return !f.opt.Follow }

func (f *fileReader) Read(ctx context.Context, emit flow.Emit) error {
	return f.each(ctx, func(name string, r io.Reader) error {
		return codec.Items(name, r, &f.opt.ReadOptions, f.env, emit)
	})
}

func (f *fileReader) Splits() bool {
	for _, p := range f.opt.Path {
		if !f.opt.ReadOptions.Splits(p) {
			return false
		}
	}
	return true
}

func (f *fileReader) ReadBlocks(ctx context.Context, give func(flow.Block) error) error {
	return f.each(ctx, func(name string, r io.Reader) error {
		return codec.Blocks(name, r, &f.opt.ReadOptions, f.env, give)
	})
}

// each opens one file after another.
func (f *fileReader) each(ctx context.Context, read func(name string, r io.Reader) error) error {
	for _, p := range f.opt.Path {
		names, err := f.names(p)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := f.open(ctx, name, read); err != nil {
				return err
			}
		}
	}
	return nil
}

// names gives the files that a path stands for: the one of that very name, or all that it matches.
func (f *fileReader) names(p string) ([]string, error) {
	name := p
	if !filepath.IsAbs(p) {
		name = filepath.Join(f.env.Dir, p)
	}
	if _, err := os.Lstat(name); err == nil || !isPattern(p) {
		return []string{name}, nil
	}
	if !filepath.IsAbs(p) {
		name = filepath.Join(literal.Replace(f.env.Dir), p)
	}
	options := []doublestar.GlobOption{doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors()}
	if strings.Contains(p, "**") {
		options = append(options, doublestar.WithNoFollow()) // links may lead round in a circle
	}
	names, err := doublestar.FilepathGlob(name, options...)
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", p, err)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.IsDir()
	})
	if len(names) == 0 {
		return nil, fmt.Errorf("no file matches %s", name)
	}
	slices.Sort(names)
	return names, nil
}

// literal quotes what patterns are made of.
var literal = strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, "{", `\{`, `\`, `\\`)

func (f *fileReader) open(ctx context.Context, name string, read func(name string, r io.Reader) error) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a directory: write %s to read what is in it", name, filepath.Join(name, "*"))
	case f.opt.Follow:
		return follow(ctx, name, read)
	case !info.Mode().IsRegular():
		p := &pipe{name: name}
		defer p.close()
		return read(name, f.env.Waits(p))
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was read only
	if addedTo(name) {
		return read(name, io.LimitReader(file, info.Size())) // else it could go on for ever
	}
	return read(name, file)
}
