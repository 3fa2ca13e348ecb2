package flowrun_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators"
	"github.com/flowrun/flowrun/operators/connector"
	"github.com/flowrun/flowrun/runtime"
)

// TestTypesOfExamplesAreTrue runs the examples of every component with a probe on every edge.
func TestTypesOfExamplesAreTrue(t *testing.T) {
	dial := exampleServer(t)
	for _, c := range operators.All() {
		outside := slices.ContainsFunc(connector.All(), func(o *flow.Component) bool { return o.Name == c.Name && o.Kind() == c.Kind() })
		for _, e := range c.Examples {
			w := &witness{}
			if outside {
				watched(t, e, dial, w)
			} else {
				synctest.Test(t, func(t *testing.T) { watched(t, e, dial, w) })
			}
			if w.wrong != "" || w.seen == 0 {
				t.Errorf("%s\nof %d items: %s", e.Pipeline, w.seen, w.wrong)
			}
		}
	}
}

// watched runs an example with probes.
func watched(t *testing.T, e flow.Example, dial flow.Dial, w *witness) {
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
	p, _, list := dsl.Load(filepath.Join(dir, "example.yaml"), []byte(e.Pipeline), dsl.Settings{Registry: flowrun.Registry()})
	if p == nil {
		t.Fatalf("%s\n%+v", e.Pipeline, list)
	}
	probes(p, w.probe())
	r, err := runtime.Start(context.Background(), p, runtime.Options{Stdin: strings.NewReader(e.Input), Dial: dial})
	if err != nil {
		t.Fatalf("%s\n%v", e.Pipeline, err)
	}
	r.Wait()
}

// probes puts a probe on every edge of a plan.
func probes(p *graph.Plan, probe *flow.Component) {
	sources := len(p.Sources())
	var added []*graph.Node
	for _, n := range p.Nodes {
		for i, in := range n.In {
			of := in.From.All()
			switch in.Output {
			case "":
			case "error":
				of = graph.Failure(in.From.Takes)
			default:
				of = in.From.Takes
			}
			through := &graph.Node{ID: fmt.Sprintf("probe_%d", len(added)), Component: probe, Options: &probeOptions{of}, In: []graph.Input{{From: in.From, Output: in.Output}}}
			added = append(added, through)
			n.In[i].From, n.In[i].Output = through, ""
		}
	}
	p.Nodes = slices.Insert(p.Nodes, sources, added...)
}
