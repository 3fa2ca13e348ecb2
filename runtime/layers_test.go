package runtime

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
	"github.com/flowrun/flowrun/runtime/policy"
)

// loop makes its own attempts by the policy that it is handed, as a library would that insists on the loop.
type loop struct {
	policy flow.Policy
	try    callFunc
}

func (l *loop) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	f := l.policy.Begin(ctx, it)
	for {
		out, err := f.Attempt(ctx, func(ctx context.Context) (any, error) { return l.try(ctx, it) })
		if err == nil {
			return out.([]flow.Item), nil
		}
		delay, again := f.Retry(err)
		if !again {
			return nil, fmt.Errorf("giving up: %w", err)
		}
		if !sleep(ctx, delay) {
			return nil, context.Cause(ctx)
		}
	}
}

func (p *pipe) loop(id string, limit graph.Concurrency, try callFunc) *graph.Node {
	n := p.add(id, flow.Component{Traits: flow.Traits{Loops: true}, Maker: flow.Makes(func(_ *none, env *flow.Env) (flow.Call, error) {
		return &loop{env.Policy, try}, nil
	})})
	n.Concurrency = limit
	return n
}

// A call that drives its attempts itself has the same policy around them.
func TestACallMayMakeItsAttemptsItself(t *testing.T) {
	for _, c := range []struct {
		attempts int
		want     string
	}{
		{4, "[0s 500ms 1.5s] 1 after 2s"},
		{2, "[0s 500ms] test.yaml:0:0: call: after 2 attempts: giving up: busy after 1s"},
	} {
		bubble(t, func(t *testing.T) {
			p, a := newPipe(), newAttempts()
			p.ints("ints", 1)
			n := p.loop("call", graph.Concurrency{}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
				if a.begin(it) < 3 {
					return nil, transient
				}
				return wait(500*time.Millisecond)(ctx, it)
			})
			n.Rules = policy.Rules{Retry: steady(c.attempts, 500*time.Millisecond), Limits: []policy.Use{{Limit: &policy.Limit{Name: "one", Concurrency: 1}}}}
			out := p.sink("sink")
			rep := p.run(t, Options{})
			what := fmt.Sprint(len(out.values))
			ends := rep.Elapsed
			if rep.Error != "" {
				what, ends = rep.Error, time.Second
			}
			if got := fmt.Sprintf("%v %s after %v", a.at, what, ends); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if s := rep.Steps[1]; int(s.Attempts) != len(a.at) || int(s.Retries) != len(a.at)-1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// So has a source, and a sink: between their attempts they hold no permits of what they share with others.
func TestSourcesAndSinksHavePolicies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		a, b := newAttempts(), newAttempts()
		one := []policy.Use{{Limit: &policy.Limit{Name: "one", Concurrency: 1}}}
		request := func(policy flow.Policy, ctx context.Context, try callFunc, it flow.Item) error {
			_, err := (&loop{policy, try}).Call(ctx, it)
			return err
		}
		p.add("source", flow.Component{Traits: flow.Traits{Loops: true}, Maker: flow.Makes(func(_ *none, env *flow.Env) (flow.Source, error) {
			return readFunc(func(ctx context.Context, emit flow.Emit) error {
				for i := int64(1); i <= 3; i++ {
					if err := request(env.Policy, ctx, a.fails(2), item(i)); err != nil {
						return err
					}
					if err := emit(item(i)); err != nil {
						return err
					}
				}
				return nil
			}), nil
		})}).Rules = policy.Rules{Retry: steady(3, time.Second), Limits: one}
		out := p.sink("sink")
		p.last.Component.Traits.Loops = true
		p.last.Component.Maker = flow.Makes(func(_ *none, env *flow.Env) (flow.Sink, error) {
			out.write = func(ctx context.Context, items []flow.Item) error {
				return request(env.Policy, ctx, b.fails(2), items[0])
			}
			return out, nil
		})
		p.last.Rules = policy.Rules{Retry: steady(3, 10*time.Second), Limits: one}
		rep := p.run(t, Options{})
		if !slices.Equal(out.values, upTo(3)) || fmt.Sprint(a.at) != "[0s 1s 1s 2s 2s 3s]" || fmt.Sprint(b.at) != "[1s 11s 11s 21s]" && fmt.Sprint(b.at) != "[1s 11s 11s 21s 21s 31s]" {
			t.Errorf("%v: %v, %v %s", out.values, a.at, b.at, rep.Error)
		}
	})
}

// What the other side asks for is a pause of the named rate as well, for all who share it.
func TestRetryAfterPausesTheRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		p.ints("ints", 4)
		n := p.call("call", graph.Concurrency{Max: 4}, func(_ context.Context, it flow.Item) ([]flow.Item, error) {
			if a.begin(it) == 1 && it.Value.Int() == 1 {
				return nil, &flow.Fault{Err: errItem, Transient: true, Status: 429, After: 10 * time.Second}
			}
			return []flow.Item{it}, nil
		})
		r := &policy.Limit{Name: "rps", Rate: flow.Rate{Count: 1, Per: time.Second}, Burst: 1, Initial: 1}
		n.Rules = policy.Rules{Retry: steady(2, time.Second), Limits: []policy.Use{{Limit: r}}}
		p.sink("sink")
		p.run(t, Options{Seed: 1})
		if got := fmt.Sprint(a.at[:4]); got != "[0s 11s 12s 13s]" || a.items[4] != 1 && a.at[4] < 10*time.Second {
			t.Errorf("%v of %v", a.at, a.items)
		}
	})
}

// Two steps share a limit, first come, first served across both.
func TestStepsShareALimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		src := p.ints("ints", 6)
		shared := []policy.Use{{Limit: &policy.Limit{Name: "s", Concurrency: 2}}}
		for _, id := range []string{"a", "b"} {
			n := p.add(id, flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Call, error) {
				return callFunc(func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
					a.begin(it)
					return wait(time.Second)(ctx, it)
				}), nil
			})}, src)
			n.Concurrency, n.Rules.Limits = graph.Concurrency{Max: 6}, shared
			p.sink("sink of " + id)
		}
		rep := p.run(t, Options{})
		if got := fmt.Sprint(a.at); got != "[0s 0s 1s 1s 2s 2s 3s 3s 4s 4s 5s 5s]" || rep.Elapsed != 6*time.Second {
			t.Errorf("%s, %v", got, rep.Elapsed)
		}
		for _, s := range rep.Steps {
			if s.Kind == "step" && s.LimitWait == 0 {
				t.Errorf("%+v", s)
			}
		}
	})
}

// A wider window than max lets items run while others wait between their attempts.
func TestABackingOffItemMakesRoomForOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p, a := newPipe(), newAttempts()
		p.ints("ints", 4)
		n := p.call("call", graph.Concurrency{Max: 1, Window: 4, Order: graph.OrderCompletion}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if _, err := wait(time.Second)(ctx, it); err != nil {
				return nil, err
			}
			if a.begin(it) == 1 && it.Value.Int() == 1 {
				return nil, transient
			}
			return []flow.Item{it}, nil
		})
		n.Rules.Retry = steady(2, 1500*time.Millisecond)
		out := p.sink("sink")
		rep := p.run(t, Options{})
		if fmt.Sprint(out.values, out.at) != "[2 3 4 1] [2s 3s 4s 5s]" || rep.Steps[1].PeakRunning != 1 {
			t.Errorf("%v %v, %+v", out.values, out.at, rep.Steps[1])
		}
	})
}

func TestAdaptiveConcurrency(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 500)
		n := p.call("call", graph.Concurrency{Max: 10, Adaptive: &policy.Adaptive{Min: 1, Max: 10}, Order: graph.OrderCompletion}, wait(100*time.Millisecond))
		out := p.sink("sink")
		rep := p.run(t, Options{})
		// One more each interval of 100 ms: 1, 1, 2, 3, … 10, and then fifty rounds of ten.
		if len(out.values) != 500 || rep.Steps[1].PeakRunning != 10 || rep.Elapsed > 6*time.Second || rep.Elapsed < 5*time.Second {
			t.Errorf("%d items, %+v", len(out.values), rep)
		}
		_ = n
	})
}

// Invariant 40.
func TestTheSameSeedGivesTheSameRun(t *testing.T) {
	run := func(t *testing.T, seed uint64) (trace string) {
		p, a := newPipe(), newAttempts()
		p.ints("ints", 40)
		n := p.call("call", graph.Concurrency{Max: 7, Order: graph.OrderCompletion}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			attempt := a.begin(it)
			r := rand.New(rand.NewPCG(uint64(it.Value.Int()), uint64(attempt)))
			if !sleep(ctx, time.Duration(r.Int64N(int64(time.Second)))) {
				return nil, context.Cause(ctx)
			}
			if r.IntN(3) > 0 && attempt < 9 {
				return nil, transient
			}
			return []flow.Item{it}, nil
		})
		retry := policy.Default()
		retry.MaxAttempts = 9
		n.Rules = policy.Rules{Retry: retry, Limits: []policy.Use{{Limit: &policy.Limit{Name: "s", Concurrency: 3}}}}
		out := p.sink("sink")
		p.run(t, Options{Seed: seed})
		var lines []string // what happens at one instant has no order
		for i := range a.at {
			lines = append(lines, fmt.Sprintf("%20d item %d begins", a.at[i], a.items[i]))
		}
		for i := range out.at {
			lines = append(lines, fmt.Sprintf("%20d item %d comes out", out.at[i], out.values[i]))
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	var traces [3]string
	for i, seed := range []uint64{7, 7, 8} {
		bubble(t, func(t *testing.T) { traces[i] = run(t, seed) })
	}
	if traces[0] != traces[1] || traces[0] == traces[2] {
		t.Error("the same seed gave another run, or another seed the same")
	}
}

// The number of the attempt is in the item's meta, as the call and what follows see it.
func TestAttemptInMeta(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.plan.Meta = true
		p.ints("ints", 2)
		var mu sync.Mutex
		var seen []int
		n := p.call("call", graph.Concurrency{}, func(_ context.Context, it flow.Item) ([]flow.Item, error) {
			mu.Lock()
			defer mu.Unlock()
			if seen = append(seen, it.Meta.Attempt); it.Meta.Attempt < 3 || it.Value.Int() == 2 {
				return nil, transient
			}
			return []flow.Item{it}, nil
		})
		n.Rules.Retry = steady(4, time.Second)
		n.OnError = graph.OnError{Action: "value", Value: attemptExpr{}}
		out := p.sink("sink")
		var after []int
		out.write = func(_ context.Context, items []flow.Item) error {
			for _, it := range items {
				after = append(after, it.Meta.Attempt)
			}
			return nil
		}
		p.run(t, Options{})
		if fmt.Sprint(seen, after, out.values) != "[1 2 3 1 2 3 4] [3 4] [1 4]" {
			t.Error(seen, after, out.values)
		}
	})
}

type attemptExpr struct{}

func (attemptExpr) Eval(s *flow.Scope) (value.Value, error) {
	n, _ := s.Vars[0].Field("attempts")
	if int64(s.Meta.Attempt) != n.Int() {
		return n, errors.New("meta and error do not agree")
	}
	return n, nil
}
func (attemptExpr) String() string { return "error.attempts" }

// What waits for time is awake: nothing here is a deadlock, however long it takes.
func TestWaitingForTimeIsNoDeadlock(t *testing.T) {
	for name, rules := range map[string]policy.Rules{
		"backoff": {Retry: steady(2, 100*time.Hour)},
		"rate":    {Limits: []policy.Use{{Limit: &policy.Limit{Name: "r", Rate: flow.Rate{Count: 1, Per: 100 * time.Hour}, Burst: 1}}}},
		"breaker": {Breaker: &policy.Breaker{Window: time.Second, MinCalls: 1, FailureRatio: 1, OpenFor: 100 * time.Hour, HalfOpen: 1, OnOpen: policy.Wait, MaxWait: 1000 * time.Hour}, Retry: steady(2, time.Second)},
		"item":    {Timeouts: flow.Timeouts{Item: 100 * time.Hour}, Retry: steady(2, time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p, a := newPipe(), newAttempts()
				p.ints("ints", 2)
				n := p.call("call", graph.Concurrency{}, a.fails(2))
				rules := rules
				if rules.Retry == nil {
					rules.Retry = steady(2, time.Second)
				} else {
					r := *rules.Retry
					r.MaxDelay = 1000 * time.Hour
					rules.Retry = &r
				}
				n.Rules = rules
				out := p.sink("sink")
				if rep := p.run(t, Options{}); rep.Outcome != metrics.Complete || len(out.values) != 2 {
					t.Errorf("%v %s", out.values, rep.Error)
				}
			})
		})
	}
}

// A deadlock is found at its instant though the calls of a step have policies with timers of their own.
func TestDeadlockBesidePolicies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		src := p.ints("ints", 0)
		n := p.call("a", graph.Concurrency{Max: 2}, wait(time.Millisecond), src)
		n.Rules = policy.Rules{
			Retry: policy.Default(), Timeouts: flow.Timeouts{Attempt: time.Hour, Item: time.Hour},
			Limits:  []policy.Use{{Limit: &policy.Limit{Name: "s", Concurrency: 1}}},
			Breaker: newBreaker(policy.Wait),
		}
		b := p.mapInt("b", func(i int64) int64 { return i }, src)
		p.join("concat", flow.Traits{Sequential: true}, n, b)
		p.sink("sink")
		rep := p.run(t, Options{Plan: plan.Options{Capacity: 4}})
		if rep.Outcome != metrics.Deadlock || rep.Elapsed > 20*time.Millisecond {
			t.Errorf("%+v", rep)
		}
	})
}
