package runtime

import (
	"context"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

func TestPanicNamesTheStep(t *testing.T) {
	boom := func() flow.Op {
		return processFunc(func(it flow.Item, emit flow.Emit) error {
			if it.Value.Int() == 3 {
				var none []int
				none[it.Value.Int()]++
			}
			return emit(it)
		})
	}
	for _, unfused := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			p := newPipe()
			p.ints("ints", 0)
			p.mapInt("before", func(i int64) int64 { return i })
			p.op("boom", boom)
			p.mapInt("after", func(i int64) int64 { return i })
			out := p.sink("sink")
			rep := p.run(t, Options{Plan: plan.Options{Unfused: unfused}})
			if rep.ExitCode != 70 || !strings.Contains(rep.Error, "boom: panic: runtime error: index out of range [3]") || out.committed {
				t.Fatalf("%+v", rep)
			}
		})
	}
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 0)
		p.call("call", graph.Concurrency{Max: 4, Order: graph.OrderInput}, func(context.Context, flow.Item) ([]flow.Item, error) { panic("oh") })
		p.sink("sink")
		if rep := p.run(t, Options{}); rep.ExitCode != 70 || !strings.Contains(rep.Error, "call: panic: oh") {
			t.Fatalf("%+v", rep)
		}
	})
}
