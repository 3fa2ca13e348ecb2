package runtime

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/policy"
)

func newBreaker(on policy.OnOpen) *policy.Breaker {
	return &policy.Breaker{
		Name: "api", Window: 10 * time.Second, MinCalls: 4, FailureRatio: 0.5, OpenFor: 15 * time.Second, HalfOpen: 2,
		OnOpen: on, MaxWait: 5 * time.Minute,
	}
}

// outage is a call of a second that fails from one time to another.
func (a *attempts) outage(from, to time.Duration) callFunc {
	return func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
		a.begin(it)
		if !sleep(ctx, time.Second) {
			return nil, context.Cause(ctx)
		}
		if at := time.Since(a.start); from <= at && at < to {
			return nil, transient
		}
		return []flow.Item{it}, nil
	}
}

// Invariants 41 and 45: an outage of a minute costs nothing but time. The item's clock stands still meanwhile.
func TestItemsWaitWhileTheBreakerIsOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		p.ints("ints", 20)
		n := p.call("call", graph.Concurrency{Max: 4, Order: graph.OrderCompletion}, a.outage(3*time.Second, time.Minute))
		n.Rules = policy.Rules{Breaker: newBreaker(policy.Wait), Retry: steady(9, time.Second), Timeouts: flow.Timeouts{Item: 20 * time.Second}}
		n.Rules.Retry.Strategy = policy.Fixed
		out := p.sink("sink")
		rep := p.run(t, Options{})
		slices.Sort(out.values)
		if !slices.Equal(out.values, upTo(20)) || rep.ExitCode != 0 {
			t.Fatalf("%v %s", out.values, rep.Error)
		}
		// Four calls at a time. The third four fail at 3 s, which is 4 of 12 and no half; so do their retries, at 5 s, and it
		// opens. Then two probe every 16 s, until two succeed at 69 s, and the others go on.
		want := "[0s 0s 0s 0s 1s 1s 1s 1s 2s 2s 2s 2s 4s 4s 4s 4s 20s 20s 36s 36s 52s 52s 68s 68s 69s 69s 69s 69s 70s 70s 70s 70s 71s 71s]"
		if got := fmt.Sprint(seconds(a.at)); got != want {
			t.Errorf("calls at %s, want %s", got, want)
		}
		if b := rep.Breakers; len(b) != 1 || b[0].Name != "call" || b[0].Position != "closed" || b[0].Opens != 4 {
			t.Errorf("%+v", b)
		}
	})
}

func seconds(list []time.Duration) (out []string) {
	for _, d := range list {
		out = append(out, fmt.Sprintf("%gs", d.Seconds()))
	}
	return out
}

func TestOnOpen(t *testing.T) {
	for on, want := range map[policy.OnOpen]string{
		policy.Fail:  "routed 5 breaker_open 4; skipped 0; substituted 0; out 0",
		policy.Skip:  "routed 1 breaker_open 0; skipped 4; substituted 0; out 0",
		policy.Value: "routed 1 breaker_open 0; skipped 0; substituted 4; out 4",
	} {
		t.Run(string(on), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p, a := newPipe(), newAttempts()
				p.ints("ints", 5)
				n := p.call("call", graph.Concurrency{}, a.outage(0, time.Hour))
				b := newBreaker(on)
				b.MinCalls = 1
				b.Value = exprFunc(func(value.Value) value.Value { return value.OfInt(-1) })
				n.Rules.Breaker = b
				n.OnError = graph.OnError{Action: "to"}
				out := p.sink("sink")
				open := 0
				failures := &got{write: func(_ context.Context, items []flow.Item) error {
					for _, it := range items {
						e, _ := it.Value.Field("error")
						typ, _ := e.Field("type")
						attempts, _ := e.Field("attempts")
						if typ.Str() == "breaker_open" {
							open++
						}
						if (typ.Str() == "breaker_open") != (attempts.Int() == 0) {
							t.Errorf("%s after %d attempts", typ.Str(), attempts.Int())
						}
					}
					return nil
				}}
				p.add("failures", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Sink, error) { return failures, nil })}, n)
				p.last.In[0].Output = "error"
				rep := p.run(t, Options{})
				s := rep.Steps[1]
				if got := fmt.Sprintf("routed %d breaker_open %d; skipped %d; substituted %d; out %d", s.Routed, open, s.Skipped, s.Substituted, len(out.values)); got != want {
					t.Errorf("%s, want %s", got, want)
				}
				if rep.Elapsed != time.Second || len(a.at) != 1 || rep.ExitCode != 3 {
					t.Errorf("%v, %d calls, exit %d", rep.Elapsed, len(a.at), rep.ExitCode)
				}
			})
		})
	}
}

// With nobody waiting at the breaker, the step itself waits to begin the next item, and its end is not held up.
func TestAnOpenBreakerStopsThePulling(t *testing.T) {
	for name, c := range map[string]struct {
		items int
		ends  time.Duration
	}{
		"more to come":    {3, 18 * time.Second},
		"nothing to come": {1, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p, a := newPipe(), newAttempts()
				p.ints("ints", c.items)
				n := p.call("call", graph.Concurrency{}, a.outage(0, 2*time.Second))
				n.Rules.Breaker = newBreaker(policy.Wait)
				n.Rules.Breaker.MinCalls = 1
				n.OnError.Action = "skip"
				out := p.sink("sink")
				rep := p.run(t, Options{})
				if rep.Elapsed != c.ends || len(out.values) != c.items-1 || rep.Steps[1].Skipped != 1 {
					t.Errorf("%v, %v, %+v", rep.Elapsed, out.values, rep.Steps[1])
				}
			})
		})
	}
}

func TestMaxWaitEndsTheWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		p.ints("ints", 4)
		n := p.call("call", graph.Concurrency{Max: 4}, a.outage(0, time.Hour))
		b := newBreaker(policy.Wait)
		b.OpenFor, b.MaxWait = 2*time.Minute, time.Minute
		n.Rules = policy.Rules{Breaker: b, Retry: steady(99, time.Second)}
		p.sink("sink")
		rep := p.run(t, Options{})
		if want := "test.yaml:0:0: call: the breaker `api` stayed open for more than the max_wait of 1m"; rep.Error != want || rep.Elapsed != 62*time.Second {
			t.Errorf("%v: %s", rep.Elapsed, rep.Error)
		}
	})
}

// Whatever the outage and the policy: no call begins while the breaker is open, no item is lost, nothing is left over.
func TestBreakersInOutages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBreaker(policy.Wait)
		b.MinCalls = rapid.IntRange(1, 5).Draw(rt, "min")
		b.FailureRatio = rapid.SampledFrom([]float64{0.1, 0.5, 1}).Draw(rt, "ratio")
		b.OpenFor = time.Duration(rapid.IntRange(1, 20).Draw(rt, "open")) * time.Second
		b.HalfOpen = rapid.IntRange(1, 3).Draw(rt, "half")
		b.MaxWait = time.Hour
		from := time.Duration(rapid.IntRange(0, 10).Draw(rt, "from")) * time.Second
		to := from + time.Duration(rapid.IntRange(1, 60).Draw(rt, "for"))*time.Second
		items := rapid.IntRange(1, 30).Draw(rt, "items")
		limit := graph.Concurrency{Max: rapid.IntRange(1, 5).Draw(rt, "max"), Order: rapid.SampledFrom([]graph.Order{graph.OrderInput, graph.OrderCompletion}).Draw(rt, "order")}
		rules := policy.Rules{Breaker: b, Retry: policy.Default()}
		rules.Retry.MaxAttempts = 100
		if rapid.Bool().Draw(rt, "limited") {
			rules.Limits = []policy.Use{{Limit: &policy.Limit{Name: "l", Concurrency: rapid.IntRange(1, 3).Draw(rt, "permits")}}, {Limit: &policy.Limit{Name: "r", Rate: flow.Rate{Count: 2, Per: time.Second}, Burst: 2}}}
		}
		seed := rapid.Uint64Min(1).Draw(rt, "seed")
		bubble(t, func(t *testing.T) {
			p, a := newPipe(), newAttempts()
			p.ints("ints", items)
			p.call("call", limit, a.outage(from, to)).Rules = rules
			out := p.sink("sink")
			rep := p.run(t, Options{Seed: seed})
			slices.Sort(out.values)
			if !slices.Equal(out.values, upTo(items)) {
				t.Errorf("%d of %d items: %s", len(out.values), items, rep.Error)
			}
			// A second of calls fails, then silence for as long as the breaker is open; only probes break it.
			for i := 1; i < len(a.at); i++ {
				if gap := a.at[i] - a.at[i-1]; gap > b.OpenFor+31*time.Second {
					t.Errorf("nothing was tried for %v", gap)
				}
			}
		})
	})
}
