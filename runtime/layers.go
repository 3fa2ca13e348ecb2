package runtime

import (
	"context"
	"sync"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// layers are the policies around the calls of a node, in their one order:
//
//	ticket ▸ on_error ▸ item timeout ▸ retry and budget ▸ hedge ▸ breaker ▸ rates ▸ semaphores ▸ breaker ▸ attempt timeout ▸ call
type layers struct {
	net        *net
	node       *graph.Node
	step       *policy.Step
	effort     *effort
	repeatable bool

	mu      sync.Mutex
	asleep  map[*flight]time.Time // items between two attempts, and until when
	drainBy time.Time             // the end of the drain; zero: there is none
}

func newLayers(nt *net, n *graph.Node, ceiling *policy.Limit) *layers {
	l := &layers{net: nt, node: n, effort: nt.run.effort(n), repeatable: true, asleep: map[*flight]time.Time{}}
	l.step = nt.run.policies.Step(nt.run.number(n), n.Rules, ceiling)
	if r, ok := n.Options.(flow.Repeater); ok {
		l.repeatable, _, _ = r.Repeatable()
	}
	return l
}

// surrounded reports whether the rules say more than one attempt, at once and without a bound.
func surrounded(r *policy.Rules) bool {
	t := r.Timeouts
	return r.Retry != nil || r.Breaker != nil || r.Limits != nil || r.Hedge != nil || t.Attempt > 0 || t.Item > 0
}

// flightKey finds the flight of a call that makes its attempts itself.
type flightKey struct{}

// Begin gives the flight of the item for which ctx was given to a call, or a new one for a source or a sink.
func (l *layers) Begin(ctx context.Context, it flow.Item) flow.Flight {
	if f, ok := ctx.Value(flightKey{}).(*flight); ok && f.layers == l {
		return f
	}
	f := l.flight(ctx, it, l.effort.admitted.Add(1), now())
	f.keys, f.verdict = l.step.Keys((&flow.Scope{}).Set(it))
	return f
}

func (l *layers) flight(ctx context.Context, it flow.Item, number int64, at time.Time) *flight {
	return &flight{layers: l, ctx: ctx, it: it, account: l.step.Account(number, at)}
}

// drain says that the run ends at the given time at the latest: items whose next attempt would come later are given up.
func (l *layers) drain(by time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drainBy = by
	for f, until := range l.asleep {
		if f.cancel != nil && !until.Before(by) {
			f.gaveUp = true
			f.cancel(errAbandoned)
		}
	}
}

func (l *layers) sleeping() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.asleep))
}
