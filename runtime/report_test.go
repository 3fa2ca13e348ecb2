package runtime

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// still checks a snapshot taken while every goroutine waits: of a chain of steps, what one gave the next has admitted, or
// it is queued between them; and what was admitted has a fate, or is held.
func still(t *testing.T, p *pipe, r *Run) metrics.Report {
	t.Helper()
	synctest.Wait()
	rep := r.Snapshot()
	given := map[string]int64{}
	for _, s := range rep.Steps {
		given[s.ID], given[s.ID+".error"] = s.Out, s.Routed
		if s.Held < 0 || s.Queued < 0 || s.Queued > s.Capacity {
			t.Errorf("at %v: %+v", rep.Elapsed, s)
		}
	}
	for _, s := range rep.Steps {
		if s.Kind != "source" && givenTo(p.plan, s.ID, given) != s.In+s.Queued {
			t.Errorf("at %v, %s: %d were given, %d admitted and %d are queued", rep.Elapsed, s.ID, givenTo(p.plan, s.ID, given), s.In, s.Queued)
		}
	}
	for n, c := range r.calls {
		most, _ := plan.Width(n)
		running, tickets := int(c.running.Load()), int(c.tickets.Load())
		if c.st.in[0].queued() > 0 && running < most && tickets < c.window {
			t.Errorf("at %v, %s: an item waits, though only %d run and %d tickets are out", rep.Elapsed, n.ID, running, tickets)
		}
		if running > most || tickets > c.window || tickets < 0 {
			t.Errorf("at %v, %s: %d running of %d, %d tickets of %d", rep.Elapsed, n.ID, running, most, tickets, c.window)
		}
	}
	return rep
}

// grown checks that counters only grow.
func grown(t *testing.T, before, after metrics.Report) {
	t.Helper()
	for i, b := range before.Steps {
		a := after.Steps[i]
		for k, grew := range map[string]int64{
			"in": a.In - b.In, "out": a.Out - b.Out, "completed": a.Completed - b.Completed, "filtered": a.Filtered - b.Filtered,
			"dropped": a.Dropped - b.Dropped, "failures": a.Failures() - b.Failures(), "fatal": a.Fatal - b.Fatal, "peak": a.PeakRunning - b.PeakRunning,
		} {
			if grew < 0 {
				t.Errorf("%s: %s shrank by %d", a.ID, k, -grew)
			}
		}
	}
}

// manyWaits is a chain in which something waits at every kind of stage.
func manyWaits(steady bool) (*pipe, *got) {
	random := func(most int64) callFunc {
		return func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if it.Value.Int()%7 == 0 {
				return nil, errItem
			}
			return wait(time.Duration(spread(it.Value.Int(), most))*time.Millisecond)(ctx, it)
		}
	}
	p := newPipe()
	a := p.ints("ints", 200)
	if steady {
		a = p.add("steady", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Source, error) { return steadyInts(200), nil })})
		p.plan.Nodes = p.plan.Nodes[1:]
	}
	b := p.source("slow", func(ctx context.Context, emit flow.Emit) error {
		for i := int64(1); i <= 30; i++ {
			if _, err := wait(3*time.Millisecond)(ctx, flow.Item{}); err != nil {
				return err
			}
			if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	p.op("odd", func() flow.Op {
		return processFunc(func(it flow.Item, emit flow.Emit) error {
			if it.Value.Int()%2 == 0 {
				return nil
			}
			return emit(it)
		})
	}, a, b)
	p.mapInt("map", func(i int64) int64 { return i })
	skips := p.call("skips", graph.Concurrency{Max: 5, Order: graph.OrderInput}, random(20))
	skips.OnError.Action = "skip"
	p.buffer("buffer", 3, "block")
	p.mapInt("map2", func(i int64) int64 { return i })
	routes := p.call("routes", graph.Concurrency{Max: 3, Window: 7, Order: graph.OrderCompletion}, random(30))
	routes.OnError.Action = "to"
	p.buffer("lossy", 2, "drop_oldest")
	p.call("last", graph.Concurrency{Max: 1}, random(8))
	p.last.OnError.Action = "skip"
	out := p.sink("sink")
	out.write = func(context.Context, []flow.Item) error { <-time.After(2 * time.Millisecond); return nil }
	failures := p.sink("failures", routes)
	p.last.In[0].Output = "error"
	failures.write = func(context.Context, []flow.Item) error { <-time.After(40 * time.Millisecond); return nil }
	return p, out
}

// steadyInts is a source of the integers from 1 on that never waits.
type steadyInts int64

func (steadyInts) Steady() bool { return true }
func (n steadyInts) Read(_ context.Context, emit flow.Emit) error {
	for i := int64(1); i <= int64(n); i++ {
		if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
			return err
		}
	}
	return nil
}

// Invariants 11, 17, 53 and 64.
func TestAccountsAddUpAtEveryQuietInstant(t *testing.T) {
	for _, opt := range []plan.Options{{}, {Unfused: true}, {Capacity: 1}, {Capacity: 5, Unfused: true}, {Workers: 3}, {Workers: 2, Capacity: 2}} {
		for _, steady := range []bool{false, true} {
			bubble(t, func(t *testing.T) {
				p, _ := manyWaits(steady)
				if opt.Workers > 1 {
					for _, n := range p.plan.Nodes {
						n.Weight = 1e6
					}
				}
				r := p.start(t, Options{Plan: opt})
				before := r.Snapshot()
				for r.Err() == nil && before.Outcome == metrics.Running {
					rep := still(t, p, r)
					grown(t, before, rep)
					before = rep
					time.Sleep(time.Millisecond)
				}
				rep := p.check(t, r)
				grown(t, before, rep)
				for _, s := range rep.Steps {
					if s.Held != 0 || s.Queued != 0 || s.Running != 0 {
						t.Errorf("after the end: %+v", s)
					}
				}
				if rep.ExitCode != 3 || t.Failed() {
					t.Fatalf("exit %d: %s", rep.ExitCode, rep.Error)
				}
			})
		}
	}
}

// Snapshots may be taken at any time, outside virtual time too: an item has no fate before it was admitted.
func TestSnapshotsWhileItRuns(t *testing.T) {
	p := newPipe()
	p.ints("ints", 5000)
	p.mapInt("map", func(i int64) int64 { return i })
	p.call("call", graph.Concurrency{Max: 4, Order: graph.OrderInput}, wait(0))
	p.sink("sink")
	r := p.start(t, Options{Plan: plan.Options{Unfused: true}})
	before := r.Snapshot()
	for n := 0; before.Outcome == metrics.Running; n++ {
		rep := r.Snapshot()
		for _, s := range rep.Steps {
			if s.Held < 0 || s.Running < 0 || s.Queued < 0 {
				t.Fatalf("snapshot %d: %+v", n, s)
			}
		}
		grown(t, before, rep)
		before = rep
	}
	p.check(t, r)
}

// Invariant 55: the depth of an edge over time is what its items waited, all together. Items come and go at whole
// milliseconds, and the depth is looked at between them.
func TestDepthOverTimeIsWhatItemsWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		var sent, begun []time.Duration
		p := newPipe()
		p.source("source", func(ctx context.Context, emit flow.Emit) error {
			for i := int64(1); i <= 200; i++ {
				if _, err := wait(time.Duration(spread(i, 9))*time.Millisecond)(ctx, flow.Item{}); err != nil {
					return err
				}
				if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
					return err
				}
				sent = append(sent, time.Since(start))
			}
			return nil
		})
		p.call("call", graph.Concurrency{Max: 2, Window: 4, Order: graph.OrderCompletion}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			return wait(time.Duration(spread(-it.Value.Int(), 18))*time.Millisecond)(ctx, it)
		})
		p.last.When = exprFunc(func(value.Value) value.Value { // the dispatcher asks when it has taken an item
			begun = append(begun, time.Since(start))
			return value.OfBool(true)
		})
		p.sink("sink")
		run := p.start(t, Options{Plan: plan.Options{Capacity: 5}})
		depth := time.Duration(0)
		for run.Snapshot().Steps[1].In < 200 {
			time.Sleep(time.Millisecond / 2)
			synctest.Wait()
			depth += time.Duration(run.Snapshot().Steps[1].Queued) * time.Millisecond
			time.Sleep(time.Millisecond / 2)
			synctest.Wait()
		}
		p.check(t, run)
		waited := time.Duration(0)
		for i := range sent {
			waited += begun[i] - sent[i]
		}
		if depth != waited || waited < time.Second {
			t.Errorf("depth over time is %v, and the items waited %v", depth, waited)
		}
	})
}
