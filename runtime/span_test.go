package runtime

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/plan"
	"github.com/flowrun/flowrun/runtime/policy"
)

// One clock serves the attempts of many items, one after another, and runs on between them: each still ends in its own
// time, to the nanosecond.
func TestAttemptsEndInTheirTimeWhateverCameBeforeThem(t *testing.T) {
	const ms = time.Millisecond
	rapid.Check(t, func(rt *rapid.T) {
		latency := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 12), 1, 3), 1, 20).Draw(rt, "latency") // of each item's attempts: those before the last fail, and the last is repeated
		pause := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 3, 40}), len(latency), len(latency)).Draw(rt, "pause")
		limits := flow.Timeouts{
			Attempt: time.Duration(rapid.SampledFrom([]int{0, 5, 8}).Draw(rt, "attempt")) * ms,
			Item:    time.Duration(rapid.SampledFrom([]int{0, 4, 9, 17}).Draw(rt, "item")) * ms,
		}
		delay := time.Duration(rapid.IntRange(0, 4).Draw(rt, "delay")) * ms

		var want, got []time.Duration
		var passed, came []int64
		at, given := time.Duration(0), time.Duration(0)
		for i, attempts := range latency {
			given += time.Duration(pause[i]) * ms
			at = max(at, given)
			over, ok := at+limits.Item, false
			for n := 0; n < 3; n++ {
				last := min(n, len(attempts)-1)
				took, late := time.Duration(attempts[last])*ms, false
				if limits.Attempt > 0 && took > limits.Attempt {
					took, late = limits.Attempt, true
				}
				if limits.Item > 0 && at+took > over {
					at = over
					break
				}
				at += took
				if ok = last == len(attempts)-1 && !late; ok || n == 2 || limits.Item > 0 && at+delay >= over {
					break
				}
				at += delay
			}
			if want = append(want, at); ok {
				passed = append(passed, int64(i))
			}
		}

		bubble(t, func(t *testing.T) {
			p, start := newPipe(), time.Now()
			p.source("source", func(ctx context.Context, emit flow.Emit) error {
				for i := range latency {
					time.Sleep(time.Duration(pause[i]) * ms)
					if err := emit(item(int64(i))); err != nil {
						return err
					}
				}
				return nil
			})
			tried := make([]int, len(latency))
			n := p.call("call", graph.Concurrency{}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
				i := it.Value.Int()
				last := min(tried[i], len(latency[i])-1)
				l := latency[i][last]
				if tried[i]++; last == len(latency[i])-1 {
					return wait(time.Duration(l)*ms)(ctx, it)
				}
				if _, err := wait(time.Duration(l)*ms)(ctx, it); err != nil {
					return nil, err
				}
				return nil, transient
			})
			n.Rules = policy.Rules{Timeouts: limits, Retry: &policy.Retry{Strategy: policy.Fixed, Initial: delay, MaxDelay: delay, MaxAttempts: 3}}
			n.OnError = graph.OnError{Action: "value", Value: exprFunc(func(value.Value) value.Value { return value.OfInt(-1) })}
			out := p.sink("sink")
			p.run(t, Options{Plan: plan.Options{Capacity: len(latency)}})
			for _, end := range out.at {
				got = append(got, end-out.start.Sub(start))
			}
			came = slices.DeleteFunc(out.values, func(v int64) bool { return v < 0 })
		})
		if !slices.Equal(got, want) || !slices.Equal(came, passed) {
			rt.Errorf("items ended at %v, and %v of them well: want %v, %v", got, came, want, passed)
		}
	})
}

// Where a breaker has kept one item waiting, the next of its lane may be due sooner.
func TestAClockThatRunsOnIsSetForward(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClock(context.Background())
		c.kept = true
		defer c.close()
		c.start(now(), time.Hour, overdue{attempt: time.Hour})
		c.stop()
		began := now()
		c.start(began, time.Minute, overdue{item: time.Minute})
		<-c.ctx.Done()
		if took, o := time.Since(began), context.Cause(c.ctx).(*overdue); took != time.Minute || o.item != time.Minute {
			t.Errorf("%v after %v", o, took)
		}
	})
}
