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
	run        *Run
	node       *graph.Node
	effort     *effort
	repeatable bool
	free       *policy.Step // of what is asked for without a stage of calls: by sources and sinks

	mu      sync.Mutex
	asleep  map[*flight]time.Time // items between two attempts, and until when
	drainBy time.Time             // the end of the drain; zero: there is none
}

// layersOf gives the layers around a node, made before the run begins; nil where each item is one call, at once and
// without a bound.
func (r *Run) layersOf(n *graph.Node) *layers {
	if l := r.layers[n]; l != nil || ceiling(n) == nil && !n.Component.Traits.Loops && !surrounded(&n.Rules) {
		return l
	}
	l := &layers{run: r, node: n, effort: r.effort(n), repeatable: true, asleep: map[*flight]time.Time{}}
	l.free = l.step(nil)
	if p, ok := n.Options.(flow.Repeater); ok {
		l.repeatable, _, _ = p.Repeatable()
	}
	r.layers[n] = l
	return l
}

// step gives the policy of a stage of the node. Ceiling is its bound on attempts.
func (l *layers) step(ceiling *policy.Limit) *policy.Step {
	return l.run.policies.Step(uint64(l.run.number(l.node)), l.node.Rules, ceiling)
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
	f := &flight{layers: l, step: l.free, net: &l.run.net, ctx: ctx, it: it, account: l.free.Account(l.effort.admitted.Add(1), now())}
	f.w.crew = &l.run.crew
	f.keys, f.verdict = l.free.Keys((&flow.Scope{}).Set(it))
	return f
}

// drain says that the run ends at the given time at the latest: items whose next attempt would come later are given up.
func (l *layers) drain(by time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drainBy = by
	for f, until := range l.asleep {
		if f.span != nil && !until.Before(by) {
			f.gaveUp = true
			f.span.end(errAbandoned)
		}
	}
}

func (l *layers) sleeping() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.asleep))
}
