package runtime

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Invariant 9.
func TestBackpressureHoldsExactlyTheBounds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		var sent atomic.Int64
		p.source("source", func(ctx context.Context, emit flow.Emit) error {
			for i := 1; i <= 200; i++ {
				if err := emit(flow.Item{Value: value.OfInt(int64(i))}); err != nil {
					return err
				}
				sent.Add(1)
			}
			return nil
		})
		p.buffer("b1", 64, "block")
		p.mapInt("w1", func(i int64) int64 { return i })
		p.buffer("b2", 32, "block")
		p.mapInt("w2", func(i int64) int64 { return i })
		p.buffer("b3", 16, "block")
		out := p.sink("sink")
		gate := make(chan struct{})
		out.write = func(context.Context, []flow.Item) error { <-gate; return nil }
		r := p.start(t, Options{})
		synctest.Wait()
		if n := sent.Load(); n != 64+32+16+2 {
			t.Errorf("the source has sent %d items, want 114", n)
		}
		close(gate)
		p.check(t, r)
		if !slices.Equal(out.values, upTo(200)) {
			t.Fatal(len(out.values))
		}
	})
}

// Invariant 54.
func TestOverflow(t *testing.T) {
	for overflow, want := range map[string]string{
		"drop_newest": "[1 2 3 4] dropped 6",
		"drop_oldest": "[1 8 9 10] dropped 6",
		"latest":      "[1 10] dropped 8",
	} {
		bubble(t, func(t *testing.T) {
			p := newPipe()
			p.source("ints", func(_ context.Context, emit flow.Emit) error {
				for i := int64(1); i <= 10; i++ {
					if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
						return err
					}
					if i == 1 {
						<-time.After(time.Millisecond)
					}
				}
				return nil
			})
			p.buffer("buffer", 3, overflow)
			p.call("slow", graph.Concurrency{Max: 1}, wait(time.Second))
			p.last.Component.Traits.Prompt = true
			out := p.sink("sink")
			rep := p.run(t, Options{})
			if got := fmt.Sprintf("%v dropped %d", out.values, rep.Steps[1].Dropped); got != want {
				t.Errorf("%s: %s, want %s", overflow, got, want)
			}
		})
	}
}
