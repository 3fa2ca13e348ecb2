package runtime

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// givers are sources that end in different ways, or do not. Each gives its first three items at once.
var givers = map[string]func(p *pipe){
	"idle":    func(p *pipe) { p.source("source", idle) },
	"endless": func(p *pipe) { p.source("source", endless) },
	"finite":  func(p *pipe) { p.ints("source", 5) },
	"stdin": func(p *pipe) {
		p.add("source", flow.Component{Maker: flow.Makes(func(_ *none, env *flow.Env) (flow.Source, error) {
			return readFunc(func(_ context.Context, emit flow.Emit) error {
				lines := bufio.NewScanner(env.Stdin)
				for lines.Scan() {
					i, err := strconv.ParseInt(lines.Text(), 10, 64)
					if err != nil {
						return err
					}
					if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
						return err
					}
				}
				return lines.Err()
			}), nil
		})})
	},
}

// Every way to end, with every source: two calls of 10 ms at once, room for one before them.
//
// Items 1 and 2 run from 0 on, 3 and 4 from 10 ms, 5 and 6 from 20 ms. At 25 ms, of the endless source one more is queued
// and one in its hand, so that a drain ends at 40 ms; of the finite one item 5 is the last, which ends at 30 ms.
func TestEveryEndComesAtItsInstant(t *testing.T) {
	third := func(err error) func(p *pipe) {
		return func(p *pipe) {
			p.op("op", func() flow.Op {
				return processFunc(func(it flow.Item, emit flow.Emit) error {
					if it.Value.Int() == 3 {
						return err
					}
					return emit(it)
				})
			})
			p.sink("sink")
		}
	}
	plain := func(p *pipe) { p.sink("sink") }
	at := 25 * time.Millisecond
	for end, c := range map[string]struct {
		build     func(p *pipe)
		meanwhile func(r *Run, cancel func())
		exit      int
		at        map[string]int // ms, where it is not that of all others
		all       int
	}{
		"take":       {func(p *pipe) { p.take("take", 3); p.sink("sink") }, nil, 0, nil, 20},
		"done":       {third(flow.Done), nil, 0, nil, 20},
		"failing op": {third(errItem), nil, 1, nil, 20},
		"failing call": {func(p *pipe) {
			p.call("bad", graph.Concurrency{Max: 2}, func(_ context.Context, it flow.Item) ([]flow.Item, error) {
				if it.Value.Int() == 3 {
					return nil, errItem
				}
				return []flow.Item{it}, nil
			})
			p.sink("sink")
		}, nil, 1, nil, 20},
		"failing sink": {func(p *pipe) {
			out := p.sink("sink")
			out.write = func(_ context.Context, items []flow.Item) error {
				if items[0].Value.Int() == 3 {
					return errItem
				}
				return nil
			}
		}, nil, 1, nil, 20},
		"sink that wants no more": {func(p *pipe) {
			out := p.sink("sink")
			out.write = func(_ context.Context, items []flow.Item) error {
				if items[0].Value.Int() == 3 {
					return flow.Done
				}
				return nil
			}
		}, nil, 0, nil, 20},
		"drain":   {plain, func(r *Run, _ func()) { time.Sleep(at); r.Drain() }, 130, map[string]int{"endless": 40, "finite": 30}, 25},
		"stop":    {plain, func(r *Run, _ func()) { time.Sleep(at); r.Stop() }, 130, nil, 25},
		"cancel":  {plain, func(_ *Run, cancel func()) { time.Sleep(at); cancel() }, 130, nil, 25},
		"timeout": {func(p *pipe) { p.plan.Timeout = at; p.sink("sink") }, nil, 4, map[string]int{"endless": 40, "finite": 30}, 25},
		"two signals": {plain, func(r *Run, _ func()) {
			time.Sleep(at)
			r.Drain()
			time.Sleep(time.Millisecond)
			r.Stop()
		}, 130, map[string]int{"endless": 26, "finite": 26}, 25},
	} {
		for source, give := range givers {
			for _, unfused := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/unfused=%v", end, source, unfused), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						p := newPipe()
						give(p)
						p.call("call", graph.Concurrency{Max: 2, Order: graph.OrderInput}, wait(10*time.Millisecond))
						c.build(p)
						in, out := io.Pipe()
						defer out.Close() // which ends the read that a source was stopped in
						go func() { _, _ = io.WriteString(out, "1\n2\n3\n") }()
						ctx, cancel := context.WithCancel(context.Background())
						defer cancel()
						r, err := Start(ctx, p.plan, Options{Stdin: in, Plan: plan.Options{Unfused: unfused, Capacity: 1}})
						if err != nil {
							t.Fatal(err)
						}
						if c.meanwhile != nil {
							c.meanwhile(r, cancel)
						}
						rep := p.check(t, r)
						want, exit := c.all, c.exit
						if end == "drain" && source == "finite" { // all was given when it came
							exit = 0
						}
						if ms, other := c.at[source]; other {
							want = ms
						}
						if rep.Elapsed != time.Duration(want)*time.Millisecond || rep.ExitCode != exit || rep.Outcome == metrics.Running {
							t.Errorf("ended at %v with %d (%s %s), want %d ms with %d", rep.Elapsed, rep.ExitCode, rep.Outcome, rep.Error, want, exit)
						}
					})
				})
			}
		}
	}
}
