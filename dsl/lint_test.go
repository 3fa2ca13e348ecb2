package dsl_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/lint"
)

// TestRules checks that each rule finds its bad example, and nothing at all in its good one.
func TestRules(t *testing.T) {
	s := dsl.Settings{Registry: registry()}
	for _, r := range lint.Rules() {
		t.Run(r.ID, func(t *testing.T) {
			if r.Title == "" || r.Doc == "" || r.Severity != diag.Error && r.Severity != diag.Warning {
				t.Error("it lacks a title, a doc or a severity")
			}
			_, _, list := dsl.Load("bad.yaml", []byte(r.Bad), s)
			n := 0
			for _, d := range list {
				if d.Code == r.ID {
					n++
				}
				if d.Code == r.ID && (d.Severity != r.Severity || d.Message == "" || d.Help == "" || d.Range.Start.Line < 2 && r.ID != "X03") {
					t.Errorf("%+v", d)
				}
			}
			if n != 1 {
				t.Errorf("it finds this %d times:\n%s\n%+v", n, r.Bad, list)
			}
			if _, _, list := dsl.Load("good.yaml", []byte(r.Good), s); len(list) > 0 {
				t.Errorf("in the good example there is\n%s\n%+v", r.Good, list)
			}
		})
	}
}

// TestALimitedRunEnds checks that a source without an end is none where the command line ends it.
func TestALimitedRunEnds(t *testing.T) {
	src := []byte("source: {interval: 1s}\nsteps:\n  - count: {}\n")
	if _, _, list := dsl.Load("x.yaml", src, dsl.Settings{Registry: registry(), Limited: true}); len(list) > 0 {
		t.Error(list)
	}
}

func TestRulesHaveNamesOfTheirOwn(t *testing.T) {
	var ids []string
	for _, r := range lint.Rules() {
		ids = append(ids, r.ID)
		if lint.Named(r.ID).Title != r.Title {
			t.Errorf("%s names two rules", r.ID)
		}
	}
	if !slices.IsSorted(ids) || lint.Named("R99") != nil {
		t.Error(ids)
	}
}

// TestExamplesAreClean checks that what people begin with has neither errors nor warnings.
func TestExamplesAreClean(t *testing.T) {
	names, err := filepath.Glob("../examples/pipelines/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no examples", err)
	}
	s := dsl.Settings{Registry: registry(), Unbound: true}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, list := dsl.Load(name, src, s); len(list) > 0 {
			t.Errorf("%s: %+v", name, list)
		}
	}
	for _, c := range registry().All() {
		for _, e := range c.Examples {
			s.Read = func(name string) ([]byte, error) { return []byte(e.Files[name]), nil }
			if _, _, list := dsl.Load("example.yaml", []byte(e.Pipeline), s); len(list) > 0 {
				t.Errorf("%s\n%s\n%+v", c.Name, e.Pipeline, list)
			}
		}
	}
}
