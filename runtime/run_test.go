package runtime

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

func TestItemsArriveInOrderAtAnyCapacity(t *testing.T) {
	for _, capacity := range []int{0, 1, 2, 3, 16, 1000} {
		for _, unfused := range []bool{false, true} {
			bubble(t, func(t *testing.T) {
				p := newPipe()
				p.ints("ints", 5000)
				p.mapInt("double", func(i int64) int64 { return 2 * i })
				p.mapInt("half", func(i int64) int64 { return i / 2 })
				out := p.sink("sink")
				rep := p.run(t, Options{Plan: plan.Options{Unfused: unfused, Capacity: capacity}})
				if !slices.Equal(out.values, upTo(5000)) || rep.ExitCode != 0 || !out.committed {
					t.Fatalf("capacity %d: %d items, exit %d %s", capacity, len(out.values), rep.ExitCode, rep.Error)
				}
			})
		}
	}
}

func TestSumOfSquaresOfEvenNumbers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 10)
		p.op("even", func() flow.Op {
			return processFunc(func(it flow.Item, emit flow.Emit) error {
				if it.Value.Int()%2 != 0 {
					return nil
				}
				return emit(it)
			})
		})
		p.mapInt("square", func(i int64) int64 { return i * i })
		p.sum("sum")
		out := p.sink("sink")
		rep := p.run(t, Options{})
		if !slices.Equal(out.values, []int64{220}) {
			t.Fatal(out.values, rep)
		}
		if s := rep.Steps[1]; s.In != 10 || s.Filtered != 5 || s.Completed != 5 || s.Out != 5 {
			t.Fatalf("%+v", s)
		}
	})
}

// Invariant 5.
func TestCallsRunAtMostMaxAtOnce(t *testing.T) {
	for _, order := range []graph.Order{graph.OrderInput, graph.OrderCompletion} {
		bubble(t, func(t *testing.T) {
			p := newPipe()
			p.ints("ints", 20)
			p.call("call", graph.Concurrency{Max: 5, Order: order}, wait(100*time.Millisecond))
			out := p.sink("sink")
			rep := p.run(t, Options{})
			if rep.Elapsed != 400*time.Millisecond || rep.Steps[1].PeakRunning != 5 || len(out.values) != 20 {
				t.Fatalf("%s: %v, peak %d, %d items", order, rep.Elapsed, rep.Steps[1].PeakRunning, len(out.values))
			}
			if order == graph.OrderInput && !slices.Equal(out.values, upTo(20)) {
				t.Fatal(out.values)
			}
		})
	}
}

// Invariant 6.
func TestSemaphoreServesInOrderOfAdmission(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		p := newPipe()
		limit := &graph.Limit{Name: "jobs", Concurrency: 3}
		p.ints("ints", 10)
		n := p.call("job", graph.Concurrency{Max: 10, Order: graph.OrderCompletion}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			return wait(200*time.Millisecond)(ctx, it)
		})
		n.Limits = []graph.Use{{Limit: limit, Weight: 1}}
		out := p.sink("sink")
		rep := p.run(t, Options{})
		if rep.Elapsed != 800*time.Millisecond || time.Since(start) != 800*time.Millisecond {
			t.Fatal(rep.Elapsed)
		}
		for i, at := range out.at {
			if want := time.Duration(i/3+1) * 200 * time.Millisecond; at != want {
				t.Errorf("item %d at %v, want %v", out.values[i], at, want)
			}
		}
		for i, v := range out.values {
			if int(v-1)/3 != i/3 {
				t.Errorf("item %d came in round %d", v, i/3)
			}
		}
	})
}

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

// Invariant 10.
func TestOrderOfResults(t *testing.T) {
	latency := []time.Duration{30, 10, 20}
	for order, want := range map[graph.Order]string{
		graph.OrderCompletion: "[2 3 1] [10ms 20ms 30ms]",
		graph.OrderInput:      "[1 2 3] [30ms 30ms 30ms]",
	} {
		bubble(t, func(t *testing.T) {
			p := newPipe()
			p.ints("ints", 3)
			p.call("call", graph.Concurrency{Max: 3, Order: order}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
				return wait(latency[it.Value.Int()-1]*time.Millisecond)(ctx, it)
			})
			out := p.sink("sink")
			p.run(t, Options{})
			if got := fmt.Sprint(out.values, out.at); got != "["+want[1:] {
				t.Errorf("%s: %s, want %s", order, got, want)
			}
		})
	}
}

func TestKeysRunSerially(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var running [3]atomic.Int32
		p := newPipe()
		p.ints("ints", 30)
		p.call("call", graph.Concurrency{Max: 5, Window: 20, Order: graph.OrderKey, Key: exprFunc(func(it value.Value) value.Value {
			return value.OfInt(it.Int() % 3)
		})}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			k := it.Value.Int() % 3
			if running[k].Add(1) > 1 {
				t.Errorf("two of key %d run at once", k)
			}
			defer running[k].Add(-1)
			return wait(time.Duration(rand.IntN(50))*time.Millisecond)(ctx, it)
		})
		out := p.sink("sink")
		p.run(t, Options{})
		if len(out.values) != 30 {
			t.Fatal(out.values)
		}
		var last [3]int64
		for _, v := range out.values {
			if v <= last[v%3] {
				t.Errorf("%d came after %d", v, last[v%3])
			}
			last[v%3] = v
		}
	})
}

type exprFunc func(value.Value) value.Value

func (f exprFunc) Eval(s *flow.Scope) (value.Value, error) { return f(s.It), nil }
func (f exprFunc) String() string                          { return "f(it)" }

// Invariant 21, over sources that never end and sources that never give.
func TestEarlyStop(t *testing.T) {
	idle := readFunc(func(ctx context.Context, emit flow.Emit) error {
		for i := 1; i <= 3; i++ {
			if err := emit(flow.Item{Value: value.OfInt(int64(i))}); err != nil {
				return err
			}
		}
		<-ctx.Done()
		return ctx.Err()
	})
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

// Invariant 25.
func TestMergeIsFair(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		a := p.ints("a", 400)
		b := p.source("b", func(_ context.Context, emit flow.Emit) error {
			for i := 1; i <= 400; i++ {
				if err := emit(flow.Item{Value: value.OfInt(int64(-i))}); err != nil {
					return err
				}
			}
			return nil
		})
		p.last = p.op("start", func() flow.Op { return processFunc(func(it flow.Item, emit flow.Emit) error { return emit(it) }) }, a, b)
		out := p.sink("sink")
		p.run(t, Options{})
		var lastA, lastB int64
		for _, v := range out.values {
			if v > 0 && v != lastA+1 || v < 0 && v != lastB-1 {
				t.Fatalf("%d is out of order", v)
			}
			if v > 0 {
				lastA = v
			} else {
				lastB = v
			}
		}
		if lastA != 400 || lastB != -400 {
			t.Fatal(lastA, lastB)
		}
	})
}

// Invariant 26.
func TestConcatOpensInTurn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		ended := false
		a := p.source("a", func(ctx context.Context, emit flow.Emit) error {
			_ = emit(flow.Item{Value: value.OfInt(1)})
			<-time.After(time.Second)
			ended = true
			return nil
		})
		p.source("b", func(ctx context.Context, emit flow.Emit) error {
			if !ended {
				t.Error("the second source was opened before the first ended")
			}
			return emit(flow.Item{Value: value.OfInt(2)})
		})
		b := p.mapInt("map", func(i int64) int64 { return i })
		p.join("concat", flow.Traits{Sequential: true}, a, b)
		out := p.sink("sink")
		rep := p.run(t, Options{})
		if !slices.Equal(out.values, []int64{1, 2}) || rep.Elapsed != time.Second {
			t.Fatal(out.values, rep)
		}
	})
}

// Invariant 27.
func TestBroadcastCopies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		src := p.ints("ints", 3000)
		p.mapInt("a", func(i int64) int64 { return i }, src)
		a := p.sink("sinkA")
		p.take("b", 10, src)
		b := p.sink("sinkB")
		rep := p.run(t, Options{})
		if !slices.Equal(a.values, upTo(3000)) || !slices.Equal(b.values, upTo(10)) {
			t.Fatal(len(a.values), len(b.values), rep)
		}
	})
}

// Invariants 30 and 31: the second branch fills while the first is still read.
func TestDeadlockIsDetectedAtTheInstant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		src := p.source("source", func(ctx context.Context, emit flow.Emit) error {
			for i := 1; i <= 100; i++ {
				<-time.After(time.Millisecond)
				if err := emit(flow.Item{Value: value.OfInt(int64(i))}); err != nil {
					return err
				}
			}
			return nil
		})
		a := p.mapInt("a", func(i int64) int64 { return i }, src)
		b := p.mapInt("b", func(i int64) int64 { return i }, src)
		p.join("concat", flow.Traits{Sequential: true}, a, b)
		p.sink("sink")
		rep := p.run(t, Options{Plan: plan.Options{Capacity: 4}})
		if rep.ExitCode != 5 || rep.Outcome != metrics.Deadlock || !strings.Contains(rep.Error, "concat") {
			t.Fatalf("%d %s", rep.ExitCode, rep.Error)
		}
		if rep.Elapsed > 15*time.Millisecond {
			t.Fatal(rep.Elapsed)
		}
	})
}

func TestFailureEndsEverythingAtThatInstant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 0)
		n := p.call("call", graph.Concurrency{Max: 8, Order: graph.OrderInput}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if it.Value.Int() == 20 {
				return nil, errItem
			}
			return wait(10*time.Millisecond)(ctx, it)
		})
		n.Pos.Line, n.Pos.Column = 7, 5
		p.sum("sum")
		out := p.sink("sink")
		rep := p.run(t, Options{})
		if rep.ExitCode != 1 || rep.Error != "test.yaml:7:5: call: item is bad" || out.committed || len(out.values) != 0 {
			t.Fatalf("%+v", rep)
		}
		if rep.Elapsed > 30*time.Millisecond {
			t.Fatal(rep.Elapsed)
		}
	})
}

func TestOnError(t *testing.T) {
	for action, want := range map[string]string{
		"skip":  "[1 2 4 5] exit 3",
		"value": "[1 2 -1 4 5] exit 3",
		"fail":  "[] exit 1",
	} {
		bubble(t, func(t *testing.T) {
			p := newPipe()
			p.ints("ints", 5)
			n := p.op("op", func() flow.Op {
				return processFunc(func(it flow.Item, emit flow.Emit) error {
					if it.Value.Int() == 3 {
						return errItem
					}
					return emit(it)
				})
			})
			n.OnError = graph.OnError{Action: action, Value: exprFunc(func(value.Value) value.Value { return value.OfInt(-1) })}
			p.op("all", func() flow.Op { return &hold{} })
			out := p.sink("sink")
			rep := p.run(t, Options{})
			if got := fmt.Sprintf("%v exit %d", out.values, rep.ExitCode); got != want {
				t.Errorf("%s: %s, want %s", action, got, want)
			}
		})
	}
}

// hold gives everything at the end.
type hold struct{ items []flow.Item }

func (h *hold) Process(it flow.Item, _ flow.Emit) error { h.items = append(h.items, it); return nil }
func (h *hold) Flush(emit flow.Emit) error {
	for _, it := range h.items {
		if err := emit(it); err != nil {
			return err
		}
	}
	return nil
}

func TestFailedItemsGoToTheirSink(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 500)
		n := p.call("call", graph.Concurrency{Max: 3, Order: graph.OrderInput}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if it.Value.Int()%5 == 0 {
				return nil, flow.Typed("bad", errItem)
			}
			return []flow.Item{it}, nil
		})
		n.OnError.Action = "to"
		out := p.sink("sink")
		failures := &got{}
		var types []string
		failures.write = func(_ context.Context, items []flow.Item) error {
			for _, it := range items {
				e, _ := it.Value.Field("error")
				typ, _ := e.Field("type")
				types = append(types, typ.Str())
			}
			return nil
		}
		p.add("failures", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Sink, error) { return failures, nil })}, n)
		p.last.In[0].Output = "error"
		rep := p.run(t, Options{})
		if len(out.values) != 400 || len(types) != 100 || types[0] != "bad" || rep.ExitCode != 3 || !failures.committed {
			t.Fatal(len(out.values), types, rep)
		}
	})
}

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

func TestEpochsTravelWithTheItems(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		var r *Run
		epochOf := map[int64]uint32{}
		started := make(chan struct{})
		p.source("ints", func(ctx context.Context, emit flow.Emit) error {
			<-started
			for i := int64(1); i <= 1000; i++ {
				if i%100 == 0 {
					r.epoch.Add(1)
				}
				epochOf[i] = r.epoch.Load()
				if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
					return err
				}
			}
			return nil
		})
		p.call("call", graph.Concurrency{Max: 7, Order: graph.OrderInput}, wait(time.Millisecond))
		p.mapInt("map", func(i int64) int64 { return i })
		out := p.sink("sink")
		var epochs []uint32
		r = p.start(t, Options{})
		r.seen = func(_ *graph.Node, epoch uint32) { epochs = append(epochs, epoch) }
		close(started)
		p.check(t, r)
		for i, v := range out.values {
			if epochs[i] != epochOf[v] {
				t.Fatalf("item %d of epoch %d came as of epoch %d", v, epochOf[v], epochs[i])
			}
		}
		if len(epochs) != 1000 || epochs[999] != 10 {
			t.Fatal(len(epochs))
		}
	})
}
