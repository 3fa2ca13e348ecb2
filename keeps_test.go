package flowrun_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators"
	"github.com/flowrun/flowrun/runtime"
)

// Whatever counts what it keeps against the run's memory says so, and nothing else does: where there is no memory, the
// examples of these fail.
func TestKeepersSayThatTheyKeep(t *testing.T) {
	for _, c := range operators.All() {
		if c.Kind() != flow.KindOp && c.Kind() != flow.KindJoin {
			continue
		}
		refused := false
		for _, e := range c.Examples {
			if len(e.Files) > 0 {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				p, _, list := dsl.Load("example.yaml", []byte(e.Pipeline), dsl.Settings{Registry: operatorsRegistry()})
				if p == nil {
					t.Fatal(list)
				}
				others := slices.ContainsFunc(p.Nodes, func(n *graph.Node) bool { return n.Component.Name != c.Name && n.Component.Traits.Keeps })
				if others {
					return
				}
				p.Memory = 1
				var out bytes.Buffer
				r, err := runtime.Start(context.Background(), p, runtime.Options{Stdin: strings.NewReader(e.Input), Stdout: &out})
				if err != nil {
					t.Fatal(err)
				}
				r.Wait()
				refused = refused || r.Err() != nil && strings.Contains(r.Err().Error(), "memory")
			})
		}
		if refused != c.Traits.Keeps {
			t.Errorf("%s: keeps: %v, and was refused memory: %v", c.Name, c.Traits.Keeps, refused)
		}
	}
}

func operatorsRegistry() *flow.Registry { return flow.NewRegistry(operators.All()...) }
