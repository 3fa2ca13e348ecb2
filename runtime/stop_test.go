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
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
	"sync"
	"testing/synctest"
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

// Invariant 22: whoever hears of the end first, it is no failure of any step.
func TestCancelledRunIsStoppedAndNotFailed(t *testing.T) {
	for range 50 {
		bubble(t, func(t *testing.T) {
			p := newPipe()
			src := p.source("idle", idle)
			p.call("skips", graph.Concurrency{Max: 4, Order: graph.OrderInput}, wait(time.Hour), src)
			p.last.OnError.Action = "skip"
			p.call("fails", graph.Concurrency{Max: 4, Order: graph.OrderInput}, wait(time.Hour), src)
			out := p.sink("sink", p.plan.Nodes[1:]...)
			slow := p.sink("slow", src)
			slow.write = func(ctx context.Context, _ []flow.Item) error { <-ctx.Done(); return ctx.Err() }
			ctx, cancel := context.WithCancel(context.Background())
			r, err := Start(ctx, p.plan, Options{})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			cancel()
			rep := p.check(t, r)
			if rep.Elapsed != time.Second || rep.ExitCode != 130 || rep.Outcome != metrics.Stopped || rep.Error != "" || out.committed {
				t.Fatalf("%+v", rep)
			}
			for _, s := range rep.Steps {
				if s.Failures() > 0 || s.Fatal > 0 {
					t.Errorf("an item of %s failed: %+v", s.ID, s)
				}
			}
		})
	}
}

func TestLimitOfSourceItemsEndsEverySource(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		a := p.source("idle", idle)
		b := p.source("endless", func(ctx context.Context, emit flow.Emit) error {
			<-time.After(time.Second)
			return endless(ctx, emit)
		})
		p.sum("sum", a, b)
		out := p.sink("sink")
		rep := p.run(t, Options{Limit: 10})
		if rep.ItemsIn != 10 || len(out.values) != 1 || rep.Elapsed != time.Second || rep.ExitCode != 0 {
			t.Fatalf("%v %+v", out.values, rep)
		}
	})
}

// Invariant 22: a stop cancels every call at that instant, and nothing is given after it.
func TestStopCancelsEveryCallAtThatInstant(t *testing.T) {
	for _, order := range []graph.Order{graph.OrderInput, graph.OrderCompletion} {
		bubble(t, func(t *testing.T) {
			var begun, ended []time.Duration
			var mu sync.Mutex
			first := time.Now()
			p := newPipe()
			p.ints("ints", 0)
			p.call("call", graph.Concurrency{Max: 7, Order: order}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
				mu.Lock()
				begun = append(begun, time.Since(first))
				mu.Unlock()
				if it.Value.Int() < 3 {
					return []flow.Item{it}, nil
				}
				<-ctx.Done()
				mu.Lock()
				ended = append(ended, time.Since(first))
				mu.Unlock()
				return []flow.Item{it}, nil // too late
			})
			out := p.sink("sink")
			r := p.start(t, Options{})
			time.Sleep(35 * time.Millisecond)
			synctest.Wait()
			given := len(out.values)
			r.Stop()
			rep := p.check(t, r)
			if len(ended) != 7 || given != 2 || len(out.values) != given || rep.Elapsed != 35*time.Millisecond || len(begun) != 9 {
				t.Fatalf("%v: %d begun, %v ended, %d given, then %d, after %v", order, len(begun), ended, given, len(out.values), rep.Elapsed)
			}
			for _, at := range ended {
				if at != 35*time.Millisecond {
					t.Errorf("%v: a call was cancelled after %v", order, at)
				}
			}
		})
	}
}

// worker is an operator that works so long that the run is stopped meanwhile, on an item or at the end.
type worker struct {
	runs  <-chan *Run
	env   *flow.Env
	atEnd bool
}

func (w *worker) work() error {
	(<-w.runs).Stop()
	return w.env.Ended()
}

func (w *worker) Process(it flow.Item, _ flow.Emit) error {
	if err := w.env.Ended(); err != nil || w.atEnd || it.Value.Int() < 3 {
		return err
	}
	return w.work()
}

func (w *worker) Flush(flow.Emit) error { return w.work() }

// An operator that works long hears that the run has been stopped; no item failed by that.
func TestStopWhileAnOperatorWorks(t *testing.T) {
	for _, atEnd := range []bool{false, true} {
		for _, bulk := range []bool{false, true} {
			for _, action := range []string{"fail", "skip"} {
				bubble(t, func(t *testing.T) {
					runs := make(chan *Run, 1)
					p := newPipe()
					p.ints("ints", 5)
					n := p.add("worker", flow.Component{
						Traits: flow.Traits{Total: bulk},
						Maker:  flow.Makes(func(_ *none, env *flow.Env) (flow.Op, error) { return &worker{runs, env, atEnd}, nil }),
					})
					n.OnError.Action = action
					out := p.sink("sink")
					r := p.start(t, Options{})
					runs <- r
					rep := p.check(t, r)
					if rep.Outcome != metrics.Stopped || rep.ExitCode != 130 || rep.Error != "" || len(out.values) > 0 {
						t.Fatalf("%+v", rep)
					}
					for _, s := range rep.Steps {
						if s.Failures() > 0 || s.Fatal > 0 || s.ID == "worker" && s.Cancelled != s.In {
							t.Errorf("at end %v, bulk %v, %s: %+v", atEnd, bulk, action, s)
						}
					}
				})
			}
		}
	}
}
