package runtime

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// Invariant 39. Each row is what the calls of an item do, in the order in which they begin: take so long, and fail or
// not.
func TestHedge(t *testing.T) {
	type call struct {
		takes time.Duration
		err   error
	}
	ms := time.Millisecond
	permanent := &flow.Fault{Err: errItem, Status: 404}
	for name, c := range map[string]struct {
		calls []call
		most  int
		retry *policy.Retry
		want  string
	}{
		"fast enough":                             {[]call{{199 * ms, nil}}, 2, nil, "[0s] done at 199ms"},
		"just in time":                            {[]call{{200 * ms, nil}}, 2, nil, "[0s] done at 200ms"},
		"the copy wins":                           {[]call{{time.Hour, nil}, {50 * ms, nil}}, 2, nil, "[0s 200ms] done at 250ms"},
		"the first wins":                          {[]call{{300 * ms, nil}, {time.Hour, nil}}, 2, nil, "[0s 200ms] done at 300ms"},
		"the second copy wins":                    {[]call{{time.Hour, nil}, {time.Hour, nil}, {10 * ms, nil}}, 2, nil, "[0s 200ms 400ms] done at 410ms"},
		"no more copies than max":                 {[]call{{time.Second, nil}, {time.Hour, nil}}, 1, nil, "[0s 200ms] done at 1s"},
		"a failure is followed by a copy at once": {[]call{{50 * ms, transient}, {50 * ms, nil}}, 2, nil, "[0s 50ms] done at 100ms"},
		"the other goes on after a failure":       {[]call{{time.Second, nil}, {50 * ms, transient}}, 1, nil, "[0s 200ms] done at 1s"},
		"a permanent failure decides":             {[]call{{time.Hour, nil}, {50 * ms, permanent}}, 2, nil, "[0s 200ms] item is bad at 250ms"},
		"all fail, the first tells":               {[]call{{300 * ms, fmt.Errorf("first: %w", transient)}, {50 * ms, transient}}, 1, nil, "[0s 200ms] first: busy at 300ms"},
		"then the retry":                          {[]call{{100 * ms, transient}, {100 * ms, transient}, {100 * ms, nil}}, 1, steady(2, time.Second), "[0s 100ms 1.2s] done at 1.3s"},
		"who asks to wait is not asked at once":   {[]call{{100 * ms, &flow.Fault{Err: errItem, Transient: true, After: time.Second}}}, 2, nil, "[0s] item is bad at 100ms"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p, a := newPipe(), newAttempts()
				p.ints("ints", 1)
				lost := atomic.Int64{}
				n := p.call("call", graph.Concurrency{}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
					x := c.calls[a.begin(it)-1]
					if !sleep(ctx, x.takes) {
						lost.Add(1)
						return nil, context.Cause(ctx)
					}
					return []flow.Item{it}, x.err
				})
				n.Rules.Hedge = &policy.Hedge{Delay: 200 * ms, Max: c.most}
				n.Rules.Retry = c.retry
				out := p.sink("sink")
				rep := p.run(t, Options{})
				what := "done"
				if rep.Error != "" {
					what = rep.Error[len("test.yaml:0:0: call: "):]
				}
				if got := fmt.Sprintf("%v %s at %v", a.at, what, rep.Elapsed); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
				if ended := lost.Load(); len(out.values) > 1 || ended > 0 && rep.Elapsed > time.Second {
					t.Errorf("%d items came out; %d calls were cancelled", len(out.values), ended)
				}
			})
		})
	}
}

// Copies pay for themselves: they take permits, tokens and the budget of retries; the step's own bound is on items.
func TestCopiesPay(t *testing.T) {
	for name, c := range map[string]struct {
		rules policy.Rules
		want  string
	}{
		"free":      {policy.Rules{}, "[0s 100ms]"},
		"semaphore": {policy.Rules{Limits: []policy.Use{{Limit: &policy.Limit{Name: "one", Concurrency: 1}}}}, "[0s]"},
		"rate":      {policy.Rules{Limits: []policy.Use{{Limit: &policy.Limit{Name: "r", Rate: flow.Rate{Count: 2, Per: time.Second}, Burst: 1, Initial: 1}}}}, "[0s 500ms]"},
		"budget":    {policy.Rules{Retry: &policy.Retry{MaxAttempts: 1, Budget: &policy.Budget{Ratio: 0.5, Window: 10 * time.Second}}}, "[0s]"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p, a := newPipe(), newAttempts()
				p.ints("ints", 1)
				n := p.call("call", graph.Concurrency{Max: 1, Window: 3}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
					a.begin(it)
					return wait(time.Second)(ctx, it)
				})
				n.Rules = c.rules
				n.Rules.Hedge = &policy.Hedge{Delay: 100 * time.Millisecond, Max: 1}
				out := p.sink("sink")
				rep := p.run(t, Options{})
				if got := fmt.Sprint(a.at); got != c.want || len(out.values) != 1 || rep.Elapsed != time.Second {
					t.Errorf("calls at %s, want %s; %d items after %v", got, c.want, len(out.values), rep.Elapsed)
				}
			})
		})
	}
}
