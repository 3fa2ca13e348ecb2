package flowrun_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators"
	"github.com/flowrun/flowrun/operators/connector"
)

// TestComponents runs every example of every component through the loader and the runtime. A component must have one,
// and an option must say what it is for.
func TestComponents(t *testing.T) {
	dial := exampleServer(t)
	for _, c := range operators.All() {
		t.Run(string(c.Kind())+" "+c.Name, func(t *testing.T) {
			if len(c.Examples) == 0 || c.Doc == "" || c.Group == "" {
				t.Error("it lacks an example, a doc or a group")
			}
			for _, other := range operators.All() {
				if other.Name != c.Name && other.Kind().Place() == c.Kind().Place() && slices.ContainsFunc(c.Also, func(name string) bool { return name == other.Name || slices.Contains(other.Also, name) }) {
					t.Errorf("%s goes by a name of %s", c.Name, other.Name)
				}
			}
			documented(t, config.Options(c.Maker.Options()))
			outside := slices.ContainsFunc(connector.All(), func(o *flow.Component) bool { return o.Name == c.Name && o.Kind() == c.Kind() })
			for _, e := range c.Examples {
				if outside { // programs and servers keep their own time
					example(t, e, dial)
				} else {
					synctest.Test(t, func(t *testing.T) { example(t, e, dial) })
				}
			}
		})
	}
}

// TestJoinsSayWhenTheyHold: what does not read all of its inputs at all times must tell, or nobody knows what may hang.
func TestJoinsSayWhenTheyHold(t *testing.T) {
	for _, c := range operators.All() {
		if c.Kind() != flow.KindJoin {
			continue
		}
		options := reflect.New(c.Maker.Options()).Interface()
		built, err := c.Maker.Build(options, &flow.Env{})
		if err != nil {
			t.Fatal(err)
		}
		_, choosy := built.(flow.Choosy)
		if _, says := options.(flow.Holder); says != (choosy || c.Traits.Sequential) {
			t.Errorf("%s is choosy or sequential: %v; its options are a Holder: %v", c.Name, !says, says)
		}
	}
}

// example runs one, in a folder of its own.
func example(t *testing.T, e flow.Example, dial flow.Dial) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range e.Files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := flowrun.Parse(filepath.Join(dir, "example.yaml"), []byte(e.Pipeline), flowrun.Options{})
	if err != nil {
		t.Fatalf("%s\n%v", e.Pipeline, err)
	}
	var out bytes.Buffer
	if _, err := p.Run(context.Background(), flowrun.Options{Stdin: strings.NewReader(e.Input), Stdout: &out, Dial: dial}); err != nil {
		t.Fatalf("%s\n%v", e.Pipeline, err)
	}
	if out.String() != e.Output {
		t.Errorf("%s\n got  %s\n want %s", e.Pipeline, out.String(), e.Output)
	}
	for name, want := range e.Written {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q %v, want %q", name, got, err, want)
		}
	}
}

func documented(t *testing.T, options []config.Option) {
	t.Helper()
	for _, o := range options {
		if o.Doc == "" {
			t.Errorf("the option %s has no doc", o.Name)
		}
		documented(t, o.Fields)
	}
}
