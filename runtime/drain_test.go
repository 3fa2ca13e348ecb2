package runtime

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Invariants 60 and 63.
func TestDrainFinishesWhatIsUnderWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		given := 0
		src := p.source("ticks", func(ctx context.Context, emit flow.Emit) error {
			for i := 1; ; i++ {
				if err := emit(flow.Item{Value: value.OfInt(int64(i))}); err != nil {
					return err
				}
				given = i
				select {
				case <-time.After(10 * time.Millisecond):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		})
		p.call("call", graph.Concurrency{Max: 8, Order: graph.OrderInput}, wait(35*time.Millisecond))
		all := p.last
		out := p.sink("sink")
		p.sum("sum", all)
		total := p.sink("total")
		r := p.start(t, Options{})
		time.Sleep(101 * time.Millisecond)
		r.Drain()
		rep := p.check(t, r)
		if len(out.values) != given || given != 11 || rep.Elapsed != 135*time.Millisecond || !out.committed {
			t.Errorf("%d of %d items, %v", len(out.values), given, rep.Elapsed)
		}
		if len(total.values) != 0 || !slices.Equal(rep.Withheld, []string{"sum"}) {
			t.Errorf("a total over half of the input was given: %v %v", total.values, rep.Withheld)
		}
		if rep.ExitCode != 130 || !rep.Drained {
			t.Error(rep.ExitCode)
		}
		_ = src
	})
}

func TestDrainHasAnEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.plan.Drain = 50 * time.Millisecond
		p.ints("ints", 0)
		p.call("call", graph.Concurrency{Max: 1}, wait(time.Hour))
		out := p.sink("sink")
		r := p.start(t, Options{})
		time.Sleep(time.Second)
		r.Drain()
		rep := p.check(t, r)
		if rep.Elapsed != 1050*time.Millisecond || rep.ExitCode != 130 || out.committed || rep.Abandoned == 0 {
			t.Fatalf("%+v", rep)
		}
	})
}

func TestRunTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.plan.Timeout = time.Second
		p.source("idle", func(ctx context.Context, _ flow.Emit) error { <-ctx.Done(); return ctx.Err() })
		p.sink("sink")
		if rep := p.run(t, Options{}); rep.Elapsed != time.Second || rep.ExitCode != 4 {
			t.Fatalf("%+v", rep)
		}
	})
}
