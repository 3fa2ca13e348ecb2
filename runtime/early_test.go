package runtime_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// level is how many items were given and not taken, at most.
type level struct{ given, taken, most atomic.Int64 }

func (l *level) take(n int) {
	l.most.Store(max(l.most.Load(), l.given.Load()-l.taken.Add(int64(n))))
}

// burst gives each item many times.
type burst struct {
	*level
	times int64
}

func (b burst) Process(it flow.Item, emit flow.Emit) error {
	for range b.times {
		b.given.Add(1)
		if err := emit(it); err != nil {
			return err
		}
	}
	return nil
}

// drop takes items, as an operator that gives how many at the end, and as a sink.
type drop struct{ *level }

func (d drop) Process(flow.Item, flow.Emit) error { d.take(1); return nil }
func (d drop) Flush(emit flow.Emit) error {
	return emit(flow.Item{Value: value.OfInt(d.taken.Load())})
}

type dropSink struct{ *level }

func (d dropSink) Write(_ context.Context, items []flow.Item) error { d.take(len(items)); return nil }
func (d dropSink) Close(context.Context, bool) error                { return nil }

type burstOptions struct {
	Times int64 `flow:"times,required"`
}

type noOptions struct{}

func (l *level) components() []*flow.Component {
	return []*flow.Component{
		{Name: "burst", Traits: flow.Traits{Stateless: true}, Maker: flow.Makes(func(o *burstOptions, _ *flow.Env) (flow.Op, error) { return burst{l, o.Times}, nil })},
		{Name: "drop", Traits: flow.Traits{Total: true, Fresh: true}, Maker: flow.Makes(func(*noOptions, *flow.Env) (flow.Op, error) { return drop{l}, nil })},
		{Name: "drop_sink", Maker: flow.Makes(func(*noOptions, *flow.Env) (flow.Sink, error) { return dropSink{l}, nil })},
	}
}

// However many items come of one, no more are held than come of a few. In the end none is lost.
func TestWhatComesOfABlockIsBounded(t *testing.T) {
	const items, times, ahead = 40, 20_000, 100
	input := strings.Repeat("{}\n", items)
	for _, workers := range []int{2, 4} {
		// Parts under way hold so many, and each one more; the channel, and what its two ends have in hand.
		bound := int64(2*workers*(ahead+plan.AheadOfEach*items+1) + 1024 + 2*plan.Batch)
		for steps, all := range map[string]int64{
			"  - burst: {times: 20000}\nsink: {drop_sink: {}}\n":                                      items * times,
			"  - burst: {times: 20000}\n  - drop: {}\n":                                               items * times,
			"  - flat_map: \"map(1..100, #)\"\n  - burst: {times: 200}\nsink: {drop_sink: {}}\n":      items * times,
			"  - burst: {times: 20000}\n  - {distinct: 1, id: one}\nsink: {drop_sink: {}}\n":          1,
			"  - distinct: {}\n  - burst: {times: 800000}\nsink: {drop_sink: {}}\n":                   items * times,
			"  - burst: {times: 20000}\n  - filter: it.n == null\n  - drop: {}\nsink: {stdout: {}}\n": items * times,
		} {
			l := &level{}
			got := share(t, "source: {stdin: {}}\nsteps:\n"+steps, input, plan.Options{Workers: workers, Ahead: ahead}, 1, 0, l.components()...)
			if got.err != "" || l.taken.Load() != all {
				t.Errorf("%s by %d: %d taken, want %d; %s", steps, workers, l.taken.Load(), all, got.err)
			}
			if all > 1 && l.most.Load() > bound {
				t.Errorf("%s by %d: %d were held, want %d at most", steps, workers, l.most.Load(), bound)
			}
		}
	}
}

// picky reads nothing of its first input before its second has ended, and does not say so beforehand.
type picky struct{ ended bool }

type pickyOptions struct {
	With flow.Ref `flow:"with,required"`
}

func (p *picky) Wants(port int) bool                               { return port == 1 || p.ended }
func (p *picky) Process(_ int, it flow.Item, emit flow.Emit) error { return emit(it) }
func (p *picky) End(port int, _ flow.Emit) error                   { p.ended = p.ended || port == 1; return nil }

// A part that waits to hand on what it has, or for its turn behind one that does, is part of a deadlock like everyone else.
func TestPartsThatWaitAreInADeadlock(t *testing.T) {
	l := &level{}
	join := &flow.Component{Name: "picky", Traits: flow.Traits{Beside: true}, Maker: flow.Makes(func(*pickyOptions, *flow.Env) (flow.Join, error) { return &picky{}, nil })}
	for _, many := range []string{"burst: {times: 5000}}\n", "distinct: it.n}\n  - burst: {times: 3000}\n"} {
		text := "source: {stdin: {}}\nsteps:\n  - {id: many, " + many + "  - {id: first, set: {m: 1}}\n  - {id: kept, from: first, count: {}}\n  - {from: first, picky: {with: kept}}\n"
		var input strings.Builder
		for i := range 100 {
			fmt.Fprintf(&input, `{"n":%d}`+"\n", i)
		}
		got := share(t, text, input.String(), plan.Options{Workers: 4, Ahead: 100}, 1, 0, append(l.components(), join)...)
		if got.rep.Outcome != metrics.Deadlock {
			t.Errorf("%s\n%s: %s", text, got.rep.Outcome, got.err)
		}
	}
}
