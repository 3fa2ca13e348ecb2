package flowrun_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime"
)

// witness holds what came where to what the checker said of it.
type witness struct {
	mu    sync.Mutex
	seen  int
	known int
	wrong string
}

type probeOptions struct{ says flow.Type }

// probe is a step that passes items, and looks at them.
func (w *witness) probe() *flow.Component {
	return &flow.Component{
		Name: "probe",
		Gives: flow.Gives(func(o *probeOptions, t *flow.Typing) flow.Type {
			o.says = t.It()
			return o.says
		}),
		Maker: flow.Makes(func(o *probeOptions, env *flow.Env) (flow.Op, error) { return &prober{w, o.says, env.Step}, nil }),
	}
}

type prober struct {
	*witness
	says flow.Type
	step string
}

func (p *prober) Process(it flow.Item, emit flow.Emit) error {
	p.mu.Lock()
	p.seen++
	if !p.says.IsAny() {
		p.known++
	}
	if p.says.Fault(it.Value) != "" && p.wrong == "" {
		p.wrong = fmt.Sprintf("at %s comes %s, which is not of %s", p.step, it.Value.Text(), p.says)
	}
	p.mu.Unlock()
	return emit(it)
}

// witnessed draws a pipeline, loads it, and runs it: it gives what is wrong, and what the probes saw.
func witnessed(t *testing.T, rt *rapid.T, components ...*flow.Component) (complaint string, w *witness) {
	a := &author{t: rt, files: map[string]string{}}
	ends := []stream{a.source()}
	for range rapid.IntRange(1, 6).Draw(rt, "steps") {
		i := a.pick(len(ends))
		grown := a.grow(ends[i])
		ends = append(append(ends[:i:i], ends[i+1:]...), grown...)
	}
	text := a.yaml(ends)
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range a.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	w = &witness{}
	p, files, list := dsl.Load(filepath.Join(dir, "test.yaml"), []byte(text), dsl.Settings{Registry: flowrun.Registry(append(components, w.probe())...)})
	if p == nil {
		var out bytes.Buffer
		diag.Text(&out, list, files, false)
		return text + "\n" + out.String(), w
	}
	synctest.Test(t, func(t *testing.T) {
		r, err := runtime.Start(context.Background(), p, runtime.Options{})
		if err != nil {
			complaint = text + "\n" + err.Error()
			return
		}
		if rep := r.Wait(); rep.ExitCode != 0 && rep.ExitCode != 3 {
			complaint = text + "\n" + rep.Error
		}
	})
	if w.wrong != "" {
		complaint = text + "\n" + w.wrong
	}
	return complaint, w
}

// TestTypesAreTrue draws pipelines in which everything is right: the checker finds no fault with them, and whatever comes at
// any place of a run is of the type that it said.
func TestTypesAreTrue(t *testing.T) {
	seen, known := 0, 0
	for range 4 {
		rapid.Check(t, func(rt *rapid.T) {
			complaint, w := witnessed(t, rt)
			if complaint != "" {
				rt.Fatal(complaint)
			}
			seen, known = seen+w.seen, known+w.known
		})
	}
	if known < seen*2/3 {
		t.Errorf("of %d items, something was known of %d only", seen, known)
	}
}

// TestWrongTypesAreFound replaces an operator by one that says something wrong of what it gives, which the probes must find.
func TestWrongTypesAreFound(t *testing.T) {
	says := func(of flow.Type) func(any, *flow.Typing) flow.Type {
		return func(any, *flow.Typing) flow.Type { return of }
	}
	for name, lie := range map[string]func(any, *flow.Typing) flow.Type{
		"map": says(flow.Only(value.String)), "flat_map": flow.GivesSame, "chunks": flow.GivesSame, "set": flow.GivesSame,
		"scan": says(flow.Only(value.Null)), "count": says(flow.ObjectOf(false)), "aggregate": says(flow.ObjectOf(true)), "enumerate": flow.GivesSame,
	} {
		wrong := *flowrun.Registry().Lookup("step", name)
		wrong.Gives = lie
		found := rapid.Custom(func(rt *rapid.T) bool {
			complaint, _ := witnessed(t, rt, &wrong)
			return strings.Contains(complaint, "which is not of")
		})
		seed := 0
		for seed < 500 && !found.Example(seed) {
			seed++
		}
		if seed == 500 {
			t.Errorf("what %s says is wrong, and nobody notices", name)
		}
	}
}
