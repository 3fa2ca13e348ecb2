package flowrun_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// begin starts a pipeline that is written here.
func begin(t testing.TB, pipeline string, opt runtime.Options, components ...*flow.Component) *runtime.Run {
	t.Helper()
	p, files, list := dsl.Load("test.yaml", []byte(pipeline), dsl.Settings{Registry: flowrun.Registry(components...), Dir: t.TempDir()})
	if p == nil {
		var text bytes.Buffer
		diag.Text(&text, list, files, false)
		t.Fatalf("%s\n%s", pipeline, text.String())
	}
	r, err := runtime.Start(context.Background(), p, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// result runs a pipeline to its end and gives what it wrote, on one line.
func result(t testing.TB, pipeline string, opt runtime.Options, components ...*flow.Component) (string, metrics.Report) {
	t.Helper()
	var out bytes.Buffer
	opt.Stdout = &out
	rep := begin(t, pipeline, opt, components...).Wait()
	for _, s := range rep.Steps {
		if s.In != s.Completed+s.Filtered+s.Dropped+s.Failures()+s.Fatal+s.Cancelled || s.Cancelled < 0 {
			t.Errorf("%s\n%s: %d items came in, which is not the sum of their fates: %+v", pipeline, s.ID, s.In, s)
		}
	}
	return strings.Join(strings.Fields(out.String()), " "), rep
}

// inEveryArrangement runs a pipeline, which may lose items as it says, however its plan is arranged.
func inEveryArrangement(t *testing.T, name, pipeline, want string) {
	for _, arrangement := range arrangements {
		t.Run(fmt.Sprintf("%s/%+v", name, arrangement), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, rep := result(t, pipeline, runtime.Options{Plan: arrangement})
				if got != want || rep.ExitCode != 0 && rep.ExitCode != 3 {
					t.Errorf("%s\ngot  %s (exit %d %s)\nwant %s", pipeline, got, rep.ExitCode, rep.Error, want)
				}
			})
		})
	}
}

// step gives the counts of a step.
func step(rep metrics.Report, id string) metrics.Step {
	for _, s := range rep.Steps {
		if s.ID == id {
			return s
		}
	}
	return metrics.Step{}
}

// arrangements are ways to run the same plan.
var arrangements = []plan.Options{{}, {Unfused: true}, {Unfused: true, Capacity: 1}, {Capacity: 2}}

// TestSeveralOutputs checks what goes where, over capacities and fused or not.
func TestSeveralOutputs(t *testing.T) {
	for name, c := range map[string]struct{ pipeline, want string }{
		"an item goes to the first case": {`
source: {range: {from: 1, to: 6}}
steps:
  - {id: r, route: {cases: {even: it % 2 == 0, three: it % 3 == 0}}}
  - {from: r.even, id: a, collect: {}}
  - {from: r.three, id: b, collect: {}}
  - {from: r.else, id: c, collect: {}}
  - concat: [a, b, c]
`, "[2,4,6] [3] [1,5]"},
		"an item goes to all cases": {`
source: {range: {from: 1, to: 6}}
steps:
  - {id: r, route: {all: true, else: discard, cases: {even: it % 2 == 0, three: it % 3 == 0}}}
  - {from: r.even, id: a, collect: {}}
  - {from: r.three, id: b, collect: {}}
  - concat: [a, b]
`, "[2,4,6] [3,6]"},
		"an item that no case takes fails": {`
source: {range: {from: 1, to: 3}}
steps:
  - {id: r, route: {else: fail, cases: {even: it % 2 == 0}}, on_error: {to: bad}}
  - {from: r.even, id: a, map: it}
  - {id: bad, map: it.item * 100}
  - merge: [a, bad]
  - sort: {}
`, "2 100 300"},
		"several readers of one output": {`
source: {range: {from: 1, to: 4}}
steps:
  - {id: r, route: {cases: {even: it % 2 == 0}}}
  - {from: r.even, id: a, map: it}
  - {from: r.even, id: b, map: it * 10}
  - from: [a, b, r.else]
    sort: {}
`, "1 2 3 4 20 40"},
		"one output that is cut short": {`
source: {range: {from: 1, to: 100}}
steps:
  - {id: r, route: {cases: {even: it % 2 == 0}}}
  - {from: r.even, id: a, take: 2}
  - {from: r.else, id: b, count: {}}
  - concat: [a, b]
`, "2 4 50"},
		"all outputs that are cut short": {`
source: {generate: {state: 1, next: state + 1}}
steps:
  - {id: r, route: {cases: {even: it % 2 == 0}}}
  - {from: r.even, id: a, take: 2}
  - {from: r.else, id: b, take: 1}
  - concat: [a, b]
`, "2 4 1"},
		"partitions are apart and whole": {`
source: {range: {from: 1, to: 1000}}
steps:
  - {id: p, partition: {n: 3, by: it % 10}}
  - {from: p.0, id: a, aggregate: {values: {n: count(), keys: distinct(it % 10)}}}
  - {from: p.1, id: b, aggregate: {values: {n: count(), keys: distinct(it % 10)}}}
  - {from: p.2, id: c, aggregate: {values: {n: count(), keys: distinct(it % 10)}}}
  - merge: [a, b, c]
  - aggregate: {values: {n: sum(it.n), keys: sum(it.keys)}}
`, `{"n":1000,"keys":10}`},
		"routes within steps": {`
source: {range: {from: 1, to: 3}}
steps:
  - each:
      - {id: r, route: {cases: {even: it % 2 == 0}}}
      - {from: r.even, id: a, map: it * 10}
      - {from: r.else, id: b, map: "-it"}
      - merge: [a, b]
`, "-1 20 -3"},
	} {
		inEveryArrangement(t, name, c.pipeline, c.want)
	}
}

// TestBalanceGivesToWhoHasRoom: of two readers one takes ten times as long, and gets a tenth.
func TestBalanceGivesToWhoHasRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, rep := result(t, `
source: {range: {from: 1, to: 110}}
steps:
  - {id: share, balance: 2}
  - {from: share.0, buffer: 1, id: b0}
  - {sleep: 100ms}
  - {id: slow, count: {}}
  - {from: share.1, buffer: 1, id: b1}
  - {sleep: 10ms}
  - {id: fast, count: {}}
  - concat: [slow, fast]
`, runtime.Options{})
		if got != "10 100" && got != "11 99" || rep.Elapsed > 1100*time.Millisecond {
			t.Errorf("%s after %v", got, rep.Elapsed)
		}
	})
}
