package runtime

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/plan"
)

// Invariant 21, over sources that never end and sources that never give.
func TestEarlyStop(t *testing.T) {
	between := map[string]func(p *pipe){
		"nothing": func(p *pipe) {},
		"map":     func(p *pipe) { p.mapInt("map", func(i int64) int64 { return i }) },
		"buffer":  func(p *pipe) { p.buffer("buffer", 4, "block") },
		"lossy":   func(p *pipe) { p.buffer("buffer", 4000, "drop_newest") },
		"call": func(p *pipe) {
			p.call("call", graph.Concurrency{Max: 4, Order: graph.OrderInput}, wait(time.Millisecond))
		},
		"calls": func(p *pipe) {
			p.call("call", graph.Concurrency{Order: graph.OrderCompletion, Max: 3}, wait(time.Millisecond))
			p.call("call2", graph.Concurrency{Order: graph.OrderInput, Max: 3}, wait(time.Millisecond))
		},
		"join": func(p *pipe) {
			a := p.last
			p.source("other", func(ctx context.Context, emit flow.Emit) error { <-ctx.Done(); return ctx.Err() })
			p.join("merge", flow.Traits{}, a, p.last)
		},
	}
	for name, middle := range between {
		for _, endless := range []bool{true, false} {
			for _, unfused := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/endless=%v/unfused=%v", name, endless, unfused), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						p := newPipe()
						if endless {
							p.ints("ints", 0)
						} else {
							p.source("idle", idle)
						}
						middle(p)
						p.take("take", 3)
						p.sum("sum")
						out := p.sink("sink")
						rep := p.run(t, Options{Plan: plan.Options{Unfused: unfused}})
						if rep.ExitCode != 0 || len(out.values) != 1 || rep.Elapsed > 2*time.Millisecond {
							t.Fatalf("%v after %v, exit %d %s", out.values, rep.Elapsed, rep.ExitCode, rep.Error)
						}
					})
				})
			}
		}
	}
}

func TestTakeNothingOpensNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, unfused := range []bool{false, true} {
			p := newPipe()
			p.source("source", func(context.Context, flow.Emit) error { t.Error("the source was opened"); return nil })
			p.mapInt("map", func(i int64) int64 { return i })
			p.take("take", 0)
			p.sum("sum")
			out := p.sink("sink")
			if rep := p.run(t, Options{Plan: plan.Options{Unfused: unfused}}); rep.ExitCode != 0 || !slices.Equal(out.values, []int64{0}) {
				t.Fatal(out.values, rep)
			}
		}
	})
}

func TestLimitOfSourceItems(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.source("ticks", func(ctx context.Context, emit flow.Emit) error {
			for i := int64(1); ; i++ {
				if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
					return err
				}
				<-time.After(time.Second)
			}
		})
		p.sum("sum")
		out := p.sink("sink")
		rep := p.run(t, Options{Limit: 3})
		if !slices.Equal(out.values, []int64{6}) || rep.Elapsed != 2*time.Second || rep.ExitCode != 0 {
			t.Fatalf("%v %+v", out.values, rep)
		}
	})
}
