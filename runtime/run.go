// Package runtime runs a plan: it makes stages of goroutines joined by bounded edges, drives the components, stops
// them, and accounts for every item.
//
// It starts from the sinks to the sources and stops from the sources to the sinks. The end of the input and of interest
// both travel along the edges; a failure, a second signal or a deadlock ends everything at once.
package runtime

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
	"github.com/flowrun/flowrun/runtime/policy"
)

// now is the one clock of the runtime, virtual in tests.
func now() time.Time { return time.Now() }

// Options are what a run needs beside its plan.
type Options struct {
	Stdin  io.Reader // nil: empty
	Stdout io.Writer // nil: nowhere
	Log    func(string)
	Limit  int64     // items that sources give, all together; 0 is no limit
	Seed   uint64    // of whatever is random; the same seed gives the same delays. 0 is any
	Dial   flow.Dial // makes connections; nil: the system's network

	Plan plan.Options // changes how the plan is arranged, not what it computes
}

// Run is a pipeline under way.
type Run struct {
	net
	plan     *graph.Plan
	opt      Options
	crew     crew
	closers  []closer
	tallies  map[*graph.Node]*tally  // what is published of each node
	efforts  map[*graph.Node]*effort // of each call
	layers   map[*graph.Node]*layers // of nodes with a policy
	policies *policy.State
	nests    map[*graph.Node]*nest
	unheld   map[*graph.Node]bool // joins that must take what comes, whatever they hold
	memory   *flow.Memory
	admitted atomic.Int64
	epoch    atomic.Uint32             // of the items that sources give now
	seen     func(*graph.Node, uint32) // tests: the epoch of each item that a sink takes
	started  time.Time
	finished chan struct{}

	mu       sync.Mutex
	outcome  metrics.Outcome
	err      error
	circle   []metrics.Wait // who waited for whom in a deadlock
	draining bool
	withheld []string
	elapsed  time.Duration
	final    *metrics.Report
}

type closer struct {
	node *graph.Node
	sink flow.Sink
}

// Start builds the plan's components, opens the sinks, and sets everything going. An error says that nothing was
// started. The run ends by itself, by Drain or Stop, or when ctx ends; Wait gives the report.
func Start(ctx context.Context, p *graph.Plan, opt Options) (*Run, error) {
	r := newRun(ctx, p, opt)
	if faults := r.build(); faults != nil {
		r.release()
		r.cancel(faults[0].Err)
		return nil, faults[0].Err
	}
	r.trace = p.Trace()
	r.wire(r.arrange())
	if err := r.open(ctx); err != nil {
		r.release()
		r.cancel(err)
		return nil, err
	}
	r.launch()
	go r.supervise(ctx)
	return r, nil
}

func newRun(ctx context.Context, p *graph.Plan, opt Options) *Run {
	r := &Run{
		plan: p, opt: opt, outcome: metrics.Running,
		crew: crew{waiters: map[*waiter]struct{}{}}, tallies: map[*graph.Node]*tally{}, efforts: map[*graph.Node]*effort{}, layers: map[*graph.Node]*layers{},
		nests:    map[*graph.Node]*nest{},
		unheld:   p.Unheld(),
		policies: policy.NewState(cmp.Or(opt.Seed, rand.Uint64())), memory: &flow.Memory{Limit: p.Memory},
		started: now(), finished: make(chan struct{}),
	}
	r.crew.stuck = r.deadlocked
	r.begin(context.WithoutCancel(ctx), r)
	return r
}

// open opens what must be open before the first item, sinks first.
func (r *Run) open(ctx context.Context) error {
	for _, n := range r.plan.Sinks() {
		r.closers = append(r.closers, closer{n, r.built[n].(flow.Sink)})
	}
	var nodes []*graph.Node
	r.plan.Walk(func(n *graph.Node) { nodes = append(nodes, n) })
	for _, n := range slices.Backward(nodes) {
		o, ok := r.built[n].(flow.Opener)
		if !ok {
			continue
		}
		if err := openComponent(ctx, o); err != nil {
			for _, c := range r.closers {
				_ = closeSink(context.WithoutCancel(r.ctx), c.sink, false) // the first error is the one to tell
			}
			return r.stepError(n, err)
		}
	}
	return nil
}

// supervise waits for the end of the run, or for what ends it from outside; then it closes the sinks.
func (r *Run) supervise(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		r.group.Wait()
		close(ended)
	}()
	var timeout <-chan time.Time
	if r.plan.Timeout > 0 {
		t := time.NewTimer(r.plan.Timeout)
		defer t.Stop()
		timeout = t.C
	}
	cancelled := ctx.Done()
	for {
		select {
		case <-ended:
			r.conclude()
			return
		case <-timeout:
			r.drain(metrics.TimedOut)
		case <-cancelled:
			cancelled = nil
			r.stop(metrics.Stopped, nil)
		}
	}
}

// Drain stops the sources and lets everything under way finish, for as long as the plan's drain allows.
func (r *Run) Drain() { r.drain(metrics.Stopped) }

func (r *Run) drain(why metrics.Outcome) {
	r.mu.Lock()
	if r.draining || r.outcome != metrics.Running {
		r.mu.Unlock()
		return
	}
	r.draining, r.outcome = true, why
	r.mu.Unlock()
	end := now().Add(r.plan.Drain)
	for _, l := range r.layers {
		l.drain(end)
	}
	for _, s := range r.stages {
		if s.spec.Kind == plan.Source {
			s.tell(haltFeed, errDraining)
		}
	}
	go func() {
		t := time.NewTimer(r.plan.Drain)
		defer t.Stop()
		select {
		case <-t.C:
			r.stop(why, nil)
		case <-r.finished:
		}
	}()
}

// Stop ends everything at once: what is under way is cancelled.
func (r *Run) Stop() { r.stop(metrics.Stopped, nil) }

// stop ends the run at once. The first outcome stays; so does the first error.
func (r *Run) stop(outcome metrics.Outcome, err error) {
	r.crew.dismiss()
	r.mu.Lock()
	if r.stopped.Load() {
		r.mu.Unlock()
		return
	}
	r.stopped.Store(true)
	if err != nil {
		r.err = err
	}
	if r.outcome == metrics.Running || err != nil {
		r.outcome = outcome
	}
	r.mu.Unlock()
	cause := err
	if cause == nil {
		cause = errStopped
	}
	r.end(cause)
}

// fail ends the run with the failure of a node; only the first counts.
func (r *Run) fail(n *graph.Node, err error) {
	if err == errStopped {
		return
	}
	r.stop(metrics.Failed, r.stepError(n, err))
}

func (r *Run) stepError(n *graph.Node, err error) error {
	if inner := (*StepError)(nil); errors.As(err, &inner) {
		return err // of a step within this one
	}
	return &StepError{File: cmp.Or(n.File, r.plan.File), Line: n.Pos.Line, Column: n.Pos.Column, Step: n.ID, Used: n.UsedAt(), Err: err}
}

// withhold notes an operator whose total was not given, as the input was cut short.
func (r *Run) withhold(n *graph.Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.withheld, n.ID) {
		r.withheld = append(r.withheld, n.ID)
	}
}

// number gives the place of a node among all, in the order of the file.
func (r *Run) number(n *graph.Node) int {
	at, count := 0, 0
	r.plan.Walk(func(m *graph.Node) {
		if m == n {
			at = count
		}
		count++
	})
	return at
}

// admit counts an item that a source gives; false says that the run's limit is reached.
func (r *Run) admit() bool {
	return r.opt.Limit <= 0 || r.admitted.Add(1) <= r.opt.Limit
}

func (r *Run) exhausted() bool {
	return r.opt.Limit > 0 && r.admitted.Load() >= r.opt.Limit
}

// limited ends every source, as the run's limit is reached: for what follows, the input is complete.
func (r *Run) limited() {
	for _, s := range r.stages {
		if s.spec.Kind == plan.Source {
			s.tell(haltFeed, flow.Done)
		}
	}
}
