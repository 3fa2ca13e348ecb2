package dsl_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
)

// FuzzLoad checks that no text makes the loader panic, and that what it reports is in order: each with a code and a
// message, at a place within its file, sorted, and the same every time.
func FuzzLoad(f *testing.F) {
	for _, w := range corpus(f) {
		f.Add(w.text(w.files[0]), false)
	}
	examples, err := filepath.Glob("../examples/pipelines/*.yaml")
	if err != nil || len(examples) == 0 {
		f.Fatal("no examples", err)
	}
	for _, name := range examples {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src, true)
	}
	for _, c := range registry().All() {
		for _, e := range c.Examples {
			f.Add([]byte(e.Pipeline), true)
		}
	}
	reg := registry()
	f.Fuzz(func(t *testing.T, src []byte, unbound bool) {
		s := dsl.Settings{Registry: reg, Unbound: unbound, Read: func(string) ([]byte, error) { return nil, os.ErrNotExist }}
		start := time.Now()
		plan, files, list := dsl.Load("pipeline.yaml", slices.Clone(src), s)
		if took := time.Since(start); took > time.Minute {
			t.Fatalf("it took %v", took)
		}
		if (plan == nil) != list.HasErrors() {
			t.Errorf("the plan is %v, and the list %v", plan, list)
		}
		if len(files) != 1 {
			t.Fatalf("%d files", len(files))
		}
		inOrder(t, files[0], list)
		used := s
		used.Read = func(name string) ([]byte, error) {
			if name != "used.yaml" {
				return nil, os.ErrNotExist
			}
			return src, nil
		}
		plan, _, by := dsl.Load("user.yaml", []byte("source: {items: [1]}\nsteps: [{use: used.yaml, retry: 3, on_error: skip}, {use: used.yaml}]\n"), used)
		if (plan == nil) != by.HasErrors() {
			t.Errorf("of the text as a file of steps, the plan is %v, and the list %v", plan, by)
		}
		if _, _, again := dsl.Load("pipeline.yaml", src, s); !reflect.DeepEqual(list, again) {
			t.Errorf("the first time:\n%+v\nthe second time:\n%+v", list, again)
		}
	})
}

// inOrder checks the diagnostics of one file.
func inOrder(t *testing.T, f *diag.File, list diag.List) {
	t.Helper()
	for i, d := range list {
		from, to := d.Range.Start, d.Range.End
		switch {
		case d.Code == "" || d.Message == "" || d.Severity == "" || d.File != f.Name || !utf8.ValidString(d.Message+d.Help):
			t.Errorf("unfinished: %+v", d)
		case from.Offset > to.Offset || to.Offset > len(f.Src) || f.Pos(from.Offset) != from || f.Pos(to.Offset) != to:
			t.Errorf("out of the file: %+v", d)
		case !utf8.RuneStart(at(f.Src, from.Offset)) || !utf8.RuneStart(at(f.Src, to.Offset)):
			t.Errorf("within a character: %+v", d)
		case i > 0 && from.Offset < list[i-1].Range.Start.Offset:
			t.Errorf("not sorted: %+v after %+v", d, list[i-1])
		}
	}
}

// at gives a byte, a blank past the end, where there is a file that is no text.
func at(src []byte, offset int) byte {
	if offset >= len(src) || !utf8.Valid(src) {
		return ' '
	}
	return src[offset]
}
