package runtime

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// every is a source of 1, 2, 3 and so on, each after a wait.
func every(d time.Duration) readFunc {
	return func(ctx context.Context, emit flow.Emit) error {
		for i := int64(1); ; i++ {
			if _, err := wait(d)(ctx, flow.Item{}); err != nil {
				return err
			}
			if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
				return err
			}
		}
	}
}

// stuck makes the plan of a deadlock: two branches of one source are read one after the other, so that the second fills up
// while the first has not ended. Between stands in the first branch.
func stuck(read readFunc, between func(p *pipe)) *pipe {
	same := func(i int64) int64 { return i }
	p := newPipe()
	src := p.source("source", read)
	p.mapInt("first", same, src)
	between(p)
	first := p.last
	second := p.mapInt("second", same, src)
	p.join("concat", flow.Traits{Sequential: true}, first, second)
	p.sink("sink")
	return p
}

// Invariants 30 and 31: the deadlock is found at the instant at which it comes about, and not before. Whatever still waits
// for time or for a call may end it.
func TestDeadlockIsFoundAtItsInstant(t *testing.T) {
	nothing := func(*pipe) {}
	calls := func(p *pipe) { p.call("call", graph.Concurrency{Max: 1}, wait(time.Hour)) }
	for name, c := range map[string]struct {
		plan *pipe
		at   time.Duration
	}{
		// The second branch holds nine items: four before `second`, one in its hand, four behind. Of the tenth only `first`
		// gets its copy.
		"at once":       {stuck(endless, nothing), 0},
		"as items come": {stuck(every(time.Second), nothing), 10 * time.Second},
		// The call takes an hour for each of those ten.
		"when the last call ends": {stuck(endless, calls), 10 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				rep := c.plan.run(t, Options{Plan: plan.Options{Capacity: 4}})
				if rep.ExitCode != 5 || rep.Outcome != metrics.Deadlock || rep.Elapsed.Truncate(time.Second) != c.at {
					t.Fatalf("exit %d after %v, want 5 after %v", rep.ExitCode, rep.Elapsed, c.at)
				}
				before := "first"
				if name == "when the last call ends" {
					before = "call"
				}
				want := []metrics.Wait{
					{Step: "source", For: metrics.WaitSend, Of: "second", Buffer: 4, Text: "source waits to send to second: its buffer of 4 is full"},
					{Step: "second", For: metrics.WaitSend, Of: "concat", Buffer: 4, Text: "second waits to send to concat: its buffer of 4 is full"},
					{Step: "concat", For: metrics.WaitItem, Of: before, Text: "concat waits for an item of " + before},
				}
				if before == "call" {
					want = append(want, metrics.Wait{Step: "call", For: metrics.WaitItem, Of: "first", Text: "call waits for an item of first"})
				}
				want = append(want, metrics.Wait{Step: "first", For: metrics.WaitItem, Of: "source", Text: "first waits for an item of source"})
				if !slices.Equal(rep.Deadlock, want) {
					t.Errorf("got  %+v\nwant %+v", rep.Deadlock, want)
				}
				text := "every step waits for another:\n  source waits to send to second: its buffer of 4 is full\n  second waits to send to concat: its buffer of 4 is full\n" +
					"  concat waits for an item of " + before + "\n"
				if !strings.HasPrefix(rep.Error, text) || !strings.Contains(rep.Error, "\n  and 1 more step waits for these\n") {
					t.Errorf("%s\nshould begin with\n%s", rep.Error, text)
				}
			})
		})
	}
}

// A timeout of the run, or a drain, is no reason to wait for: what is stuck stays so.
func TestDeadlockIsFoundThoughATimeoutWouldComeLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := stuck(endless, func(*pipe) {})
		p.plan.Timeout = time.Hour
		if rep := p.run(t, Options{}); rep.ExitCode != 5 || rep.Elapsed >= time.Second {
			t.Fatalf("%+v", rep)
		}
	})
}

// Invariant 31: whoever waits for something outside may go on, however long it takes.
func TestNoDeadlockWhileSomethingOutsideIsAwaited(t *testing.T) {
	for name, build := range map[string]func(p *pipe){
		"a source": func(p *pipe) {
			p.source("source", idle)
			p.sink("sink")
		},
		"a call": func(p *pipe) {
			p.ints("ints", 3)
			p.call("call", graph.Concurrency{Max: 2}, func(ctx context.Context, _ flow.Item) ([]flow.Item, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
			p.sink("sink")
		},
		"a sink": func(p *pipe) {
			p.ints("ints", 3)
			out := p.sink("sink")
			out.write = func(ctx context.Context, _ []flow.Item) error { <-ctx.Done(); return ctx.Err() }
		},
		"standard input": func(p *pipe) {
			p.add("source", flow.Component{Maker: flow.Makes(func(_ *none, env *flow.Env) (flow.Source, error) {
				return readFunc(func(context.Context, flow.Emit) error {
					_, err := env.Stdin.Read(make([]byte, 1))
					return err
				}), nil
			})})
			p.sink("sink")
		},
		"time": func(p *pipe) {
			p.source("source", idle)
			p.add("timed", makes[flow.Op](&hourly{time.Now()}))
			p.sink("sink")
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPipe()
				build(p)
				quiet := make(chan struct{})
				defer close(quiet)
				r := p.start(t, Options{Stdin: waiting{quiet}})
				time.Sleep(1000 * time.Hour)
				synctest.Wait()
				if rep := r.Snapshot(); rep.Outcome != metrics.Running {
					t.Errorf("%s after %v: %s", rep.Outcome, rep.Elapsed, rep.Error)
				}
				r.Stop()
				p.check(t, r)
			})
		})
	}
}

// hourly is an operator that has nothing to do but at every hour.
type hourly struct{ next time.Time }

func (*hourly) Process(it flow.Item, emit flow.Emit) error { return emit(it) }
func (h *hourly) Deadline() time.Time                      { return h.next }
func (h *hourly) Tick(now time.Time, _ flow.Emit) error {
	h.next = now.Add(time.Hour)
	return nil
}

// waiting is an input that nothing comes from.
type waiting struct{ until chan struct{} }

func (w waiting) Read([]byte) (int, error) { <-w.until; return 0, nil }
