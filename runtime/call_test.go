package runtime

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/plan"
	"github.com/flowrun/flowrun/runtime/policy"
)

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
		limit := &policy.Limit{Name: "jobs", Concurrency: 3}
		p.ints("ints", 10)
		n := p.call("job", graph.Concurrency{Max: 10, Order: graph.OrderCompletion}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			return wait(200*time.Millisecond)(ctx, it)
		})
		n.Rules.Limits = []policy.Use{{Limit: limit, Weight: 1}}
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

// Invariant 2.
func TestOneCallAfterAnother(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 3)
		p.call("call", graph.Concurrency{}, wait(50*time.Millisecond))
		out := p.sink("sink")
		p.run(t, Options{})
		if got := fmt.Sprint(out.values, out.at); got != "[1 2 3] [50ms 100ms 150ms]" {
			t.Error(got)
		}
	})
}

// Invariant 16: at every event, no more run than may, and no more are under way than there are tickets.
func TestTicketsBoundWhatIsUnderWay(t *testing.T) {
	for _, order := range []graph.Order{graph.OrderInput, graph.OrderCompletion, graph.OrderKey} {
		bubble(t, func(t *testing.T) {
			var running, underWay atomic.Int32
			p := newPipe()
			p.ints("ints", 300)
			n := p.call("call", graph.Concurrency{Max: 3, Window: 8, Order: order}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
				if r := running.Add(1); r > 3 {
					t.Errorf("%s: %d run at once", order, r)
				}
				defer running.Add(-1)
				return wait(time.Duration(spread(it.Value.Int(), 40))*time.Millisecond)(ctx, it)
			})
			if order == graph.OrderKey {
				n.Concurrency.Key = exprFunc(func(it value.Value) value.Value { return value.OfInt(it.Int() % 4) })
			}
			n.When = exprFunc(func(value.Value) value.Value { // asked when an item was taken
				if u := underWay.Add(1); u > 8 {
					t.Errorf("%s: %d are under way", order, u)
				}
				return value.OfBool(true)
			})
			p.mapInt("after", func(i int64) int64 { underWay.Add(-1); return i })
			p.buffer("buffer", 1, "block")
			out := p.sink("sink")
			out.write = func(context.Context, []flow.Item) error { <-time.After(5 * time.Millisecond); return nil }
			p.run(t, Options{})
			if len(out.values) != 300 || underWay.Load() != 0 {
				t.Fatal(len(out.values), underWay.Load())
			}
		})
	}
}

// makespan gives how long it takes to make calls of these latencies, in milliseconds, one step after another.
func makespan(t *testing.T, latency []int, c graph.Concurrency, capacity int, steps ...string) (d time.Duration) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", len(latency))
		for i, id := range steps {
			p.call(id, c, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
				return wait(time.Duration(latency[(int(it.Value.Int())*(i+1)-1)%len(latency)])*time.Millisecond)(ctx, it)
			})
		}
		p.sink("sink")
		d = p.run(t, Options{Plan: plan.Options{Capacity: capacity}}).Elapsed
	})
	return d
}

// Invariant 18.
func TestOrderOfInputNeverEndsSoonerThanOfCompletion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		latency := rapid.SliceOfN(rapid.IntRange(1, 50), 1, 30).Draw(rt, "latency")
		most := rapid.IntRange(1, 8).Draw(rt, "max")
		c := graph.Concurrency{Max: most, Window: rapid.SampledFrom([]int{most, most + 2, len(latency) + most}).Draw(rt, "window")}
		c.Order = graph.OrderInput
		input := makespan(t, latency, c, 0, "call")
		c.Order = graph.OrderCompletion
		completion := makespan(t, latency, c, 0, "call")
		if completion > input || c.Window >= len(latency) && completion < input {
			rt.Errorf("with a window of %d as completed %v, in order %v", c.Window, completion, input)
		}
	})
}

// Invariant 53.
func TestLargerCapacityIsNeverSlower(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		latency := rapid.SliceOfN(rapid.IntRange(1, 50), 1, 30).Draw(rt, "latency")
		c := graph.Concurrency{Max: rapid.IntRange(1, 5).Draw(rt, "max"), Order: graph.OrderInput}
		small := rapid.IntRange(1, 10).Draw(rt, "capacity")
		large := small + rapid.IntRange(1, 10).Draw(rt, "more")
		a, b := makespan(t, latency, c, small, "one", "two", "three"), makespan(t, latency, c, large, "one", "two", "three")
		if b > a {
			rt.Errorf("%v with room for %d, %v for %d", a, small, b, large)
		}
	})
}
