package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// attempts notes when calls begin.
type attempts struct {
	start time.Time
	mu    sync.Mutex
	at    []time.Duration
	items []int64
}

func newAttempts() *attempts { return &attempts{start: time.Now()} }

// begin gives the number of the item's attempt, from 1.
func (a *attempts) begin(it flow.Item) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, time.Since(a.start))
	a.items = append(a.items, it.Value.Int())
	n := 0
	for _, i := range a.items {
		if i == it.Value.Int() {
			n++
		}
	}
	return n
}

// fails is a call that fails until its nth attempt.
func (a *attempts) fails(until int) callFunc {
	return func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
		if a.begin(it) < until {
			return nil, transient
		}
		return []flow.Item{it}, nil
	}
}

var transient = &flow.Fault{Err: errors.New("busy"), Type: "busy", Transient: true, Status: 503}

// steady gives a policy without jitter.
func steady(attempts int, initial time.Duration) *policy.Retry {
	r := policy.Default()
	r.MaxAttempts, r.Initial, r.Jitter = attempts, initial, policy.None
	return r
}

// Invariant 7.
func TestRetriesBackOff(t *testing.T) {
	for _, c := range []struct {
		initial time.Duration
		want    string
	}{
		{500 * time.Millisecond, "[0s 500ms 1.5s 3.5s]"},
		{40 * time.Second, "[0s 30s 1m0s 1m30s]"},
	} {
		bubble(t, func(t *testing.T) {
			p, a := newPipe(), newAttempts()
			p.ints("ints", 1)
			p.call("call", graph.Concurrency{}, a.fails(99)).Rules.Retry = steady(4, c.initial)
			p.sink("sink")
			rep := p.run(t, Options{})
			if got := fmt.Sprint(a.at); got != c.want {
				t.Errorf("attempts at %s, want %s", got, c.want)
			}
			if s := rep.Steps[1]; rep.Error != "test.yaml:0:0: call: after 4 attempts: busy" || s.Attempts != 4 || s.Retries != 3 {
				t.Errorf("%+v", rep)
			}
		})
	}
}

// Invariant 32.
func TestRetryStopsAtSuccessAndAtPermanentFailures(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"transient":       {transient, 3},
		"no fault":        {errItem, 3},
		"permanent":       {&flow.Fault{Err: errItem, Status: 404}, 1},
		"final":           {&flow.Fault{Err: errItem, Transient: true, Final: true}, 1},
		"wrong pipeline":  {flow.Typed("expression", errItem), 1},
		"wrapped":         {fmt.Errorf("get: %w", transient), 3},
		"fatal":           {flow.Fatal(errItem), 1},
		"cancelled there": {context.Canceled, 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p, a := newPipe(), newAttempts()
				p.ints("ints", 1)
				n := p.call("call", graph.Concurrency{}, func(_ context.Context, it flow.Item) ([]flow.Item, error) {
					if a.begin(it) < 3 {
						return nil, c.err
					}
					return []flow.Item{it}, nil
				})
				n.Rules.Retry = steady(4, time.Second)
				out := p.sink("sink")
				p.run(t, Options{})
				if len(a.at) != c.want || (len(out.values) == 1) != (c.want == 3) {
					t.Errorf("%d attempts, want %d; %v", len(a.at), c.want, out.values)
				}
			})
		})
	}
}

// Invariant 38: with one permit for all, others run while an item waits for its next attempt.
func TestNoPermitIsHeldBetweenAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		p.ints("ints", 3)
		n := p.call("call", graph.Concurrency{Max: 3, Order: graph.OrderCompletion}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if a.begin(it) == 1 && it.Value.Int() == 1 {
				return nil, transient
			}
			return wait(time.Second)(ctx, it)
		})
		n.Rules.Retry = steady(2, 10*time.Second)
		n.Rules.Limits = []policy.Use{{Limit: &policy.Limit{Name: "one", Concurrency: 1}}}
		out := p.sink("sink")
		p.run(t, Options{})
		if !slices.Equal(out.values, []int64{2, 3, 1}) || fmt.Sprint(out.at) != "[1s 2s 11s]" {
			t.Errorf("%v at %v", out.values, out.at)
		}
	})
}

// A retrying head delays what follows in order, and keeps its ticket: nothing more is begun than the window holds.
func TestABackingOffItemKeepsItsTicket(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		p.ints("ints", 9)
		n := p.call("call", graph.Concurrency{Max: 3, Order: graph.OrderInput}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if a.begin(it) == 1 && it.Value.Int() == 1 {
				return nil, transient
			}
			return wait(time.Second)(ctx, it)
		})
		n.Rules.Retry = steady(2, 10*time.Second)
		out := p.sink("sink")
		p.run(t, Options{})
		if !slices.Equal(out.values, upTo(9)) || out.at[0] != 11*time.Second || a.at[4] != 11*time.Second {
			t.Errorf("%v at %v, begun at %v", out.values, out.at, a.at)
		}
	})
}

// Invariant 51.
func TestAttemptTimeout(t *testing.T) {
	for _, c := range []struct {
		takes time.Duration
		want  string
	}{
		{10 * time.Second, "300 items 10s"}, // at the very deadline is in time
		{10*time.Second + 1, "after 2 attempts: no result within the attempt timeout of 10s 20.5s"},
	} {
		bubble(t, func(t *testing.T) {
			p := newPipe()
			p.ints("ints", 300)
			n := p.call("call", graph.Concurrency{Max: 300}, wait(c.takes))
			n.Rules.Timeouts.Attempt = 10 * time.Second
			n.Rules.Retry = steady(2, 500*time.Millisecond)
			out := p.sink("sink")
			rep := p.run(t, Options{})
			got := fmt.Sprint(len(out.values), " items ", rep.Elapsed)
			if rep.Error != "" {
				got = fmt.Sprint(rep.Error[len("test.yaml:0:0: call: "):], " ", rep.Elapsed)
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// Invariants 35 and 51.
func TestItemTimeoutBoundsAttemptsAndDelays(t *testing.T) {
	for name, c := range map[string]struct {
		takes, item time.Duration
		typ         string
		ends        time.Duration
		attempts    int
	}{
		"cuts an attempt short":    {4 * time.Second, 6 * time.Second, "timeout.item", 6 * time.Second, 2},
		"no delay into the end":    {4 * time.Second, 5 * time.Second, "busy", 4 * time.Second, 1},
		"no delay up to the end":   {4500 * time.Millisecond, 5500 * time.Millisecond, "busy", 4500 * time.Millisecond, 1},
		"completion at the end":    {2 * time.Second, 5 * time.Second, "", 5 * time.Second, 2},
		"names the tighter clock":  {time.Hour, 11 * time.Second, "timeout.item", 11 * time.Second, 2},
		"the attempt's is tighter": {time.Hour, 10500 * time.Millisecond, "timeout.attempt", 10 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p, a := newPipe(), newAttempts()
				p.ints("ints", 1)
				n := p.call("call", graph.Concurrency{}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
					first := a.begin(it) == 1
					out, err := wait(c.takes)(ctx, it)
					if err == nil && first {
						return nil, transient
					}
					return out, err
				})
				n.Rules.Retry = steady(9, time.Second)
				n.Rules.Timeouts = flow.Timeouts{Attempt: 10 * time.Second, Item: c.item}
				if c.takes == time.Hour {
					n.Rules.Retry.Initial = 500 * time.Millisecond
				}
				n.OnError = graph.OnError{Action: "to"}
				p.sink("sink")
				typ, attempts := "", int64(0)
				failures := &got{write: func(_ context.Context, items []flow.Item) error {
					e, _ := items[0].Value.Field("error")
					x, _ := e.Field("type")
					y, _ := e.Field("attempts")
					typ, attempts = x.Str(), y.Int()
					return nil
				}}
				p.add("failures", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Sink, error) { return failures, nil })}, n)
				p.last.In[0].Output = "error"
				rep := p.run(t, Options{})
				if typ != c.typ || rep.Elapsed != c.ends || len(a.at) != c.attempts || typ != "" && attempts != int64(c.attempts) {
					t.Errorf("%q after %v and %d attempts (%d said), want %q after %v and %d", typ, rep.Elapsed, len(a.at), attempts, c.typ, c.ends, c.attempts)
				}
			})
		})
	}
}

// Invariant 36.
func TestStopDuringBackoffEndsAtThatInstant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		p.ints("ints", 0)
		p.call("call", graph.Concurrency{Max: 5}, a.fails(99)).Rules.Retry = steady(4, 20*time.Second)
		p.sink("sink")
		r := p.start(t, Options{})
		time.Sleep(7 * time.Second)
		r.Stop()
		if rep := p.check(t, r); rep.Elapsed != 7*time.Second || len(a.at) != 5 {
			t.Errorf("%v, %d attempts", rep.Elapsed, len(a.at))
		}
	})
}

// A drain lets a backoff go on that ends before the drain does, and gives up the others at once.
func TestDrainWaitsForBackoffsThatFit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		p.plan.Drain = 10 * time.Second
		p.ints("ints", 2)
		n := p.call("call", graph.Concurrency{Max: 2}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if a.begin(it) > 1 {
				return []flow.Item{it}, nil
			}
			if it.Value.Int() == 1 {
				return nil, &flow.Fault{Err: errItem, Transient: true, After: time.Minute}
			}
			return nil, transient
		})
		n.Rules.Retry = steady(4, 5*time.Second)
		out := p.sink("sink")
		p.source("idle", func(ctx context.Context, _ flow.Emit) error { <-ctx.Done(); return ctx.Err() })
		p.sink("other")
		r := p.start(t, Options{})
		time.Sleep(time.Second)
		r.Drain()
		rep := p.check(t, r)
		if !slices.Equal(out.values, []int64{2}) || rep.Elapsed != 5*time.Second || rep.Abandoned != 1 || rep.Drained || rep.ExitCode != 130 {
			t.Errorf("%v %+v", out.values, rep)
		}
	})
}

// A call that would begin to wait during the drain is given up as well.
func TestDrainBeginsNoBackoffThatDoesNotFit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		p.plan.Drain = 10 * time.Second
		p.ints("ints", 1)
		n := p.call("call", graph.Concurrency{}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			a.begin(it)
			if _, err := wait(3*time.Second)(ctx, it); err != nil {
				return nil, err
			}
			return nil, transient
		})
		n.Rules.Retry = steady(4, 9*time.Second)
		p.sink("sink")
		r := p.start(t, Options{})
		time.Sleep(time.Second)
		r.Drain()
		if rep := p.check(t, r); rep.Elapsed != 3*time.Second || rep.Abandoned != 1 || rep.ExitCode != 130 || rep.Error != "" {
			t.Errorf("%+v", rep)
		}
	})
}

// Invariant 57.
func TestAFailureBehindASlowHeadEndsTheRunAtThatInstant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 0)
		p.call("call", graph.Concurrency{Max: 4, Order: graph.OrderInput}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if it.Value.Int() == 1 {
				return wait(time.Hour)(ctx, it)
			}
			_, err := wait(time.Second)(ctx, it)
			return nil, errors.Join(err, fmt.Errorf("item %d is bad", it.Value.Int()))
		})
		p.sink("sink")
		if rep := p.run(t, Options{}); rep.Elapsed != time.Second || rep.Error != "test.yaml:0:0: call: item 2 is bad" {
			t.Errorf("%v %s", rep.Elapsed, rep.Error)
		}
	})
}

// Invariant 52.
func TestIdleTimeoutCountsOnlyTheWaitForItems(t *testing.T) {
	for name, c := range map[string]struct {
		clocks flow.Timeouts
		gaps   []time.Duration
		slow   time.Duration
		want   string
	}{
		"idle":            {flow.Timeouts{Idle: time.Second}, []time.Duration{5 * time.Second, time.Second, 2 * time.Second}, 0, "call: no item came within the idle timeout of 1s after 7s"},
		"first":           {flow.Timeouts{First: time.Second}, []time.Duration{2 * time.Second}, 0, "call: no item came within the first timeout of 1s after 1s"},
		"slow downstream": {flow.Timeouts{Idle: time.Second}, []time.Duration{0, 0, 0, 0}, time.Minute, "after 4m0s"},
		"end":             {flow.Timeouts{Idle: time.Second}, []time.Duration{0, time.Second}, 0, "after 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPipe()
				p.source("source", func(ctx context.Context, emit flow.Emit) error {
					for i, gap := range c.gaps {
						if !sleep(ctx, gap) {
							return ctx.Err()
						}
						if err := emit(item(int64(i))); err != nil {
							return err
						}
					}
					return nil
				})
				p.call("call", graph.Concurrency{}, wait(0)).Rules.Timeouts = c.clocks
				p.call("slow", graph.Concurrency{}, wait(c.slow)).Component.Traits.Prompt = true
				p.sink("sink")
				rep := p.run(t, Options{})
				got := fmt.Sprintf("after %v", rep.Elapsed)
				if rep.Error != "" {
					got = rep.Error[len("test.yaml:0:0: "):] + " " + got
				}
				if got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		})
	}
}
