package runtime

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/policy"
)

// counts are the fates of a node's items. What was admitted and has no fate is held, or cancelled once the run is over.
type counts struct {
	in, out, completed, filtered, dropped, skipped, routed, substituted, fatal, cancelled int64
}

func (c counts) failures() int64 { return c.skipped + c.routed + c.substituted }

// add adds what was counted elsewhere.
func (c *counts) add(o counts) {
	c.in += o.in
	c.out += o.out
	c.completed += o.completed
	c.filtered += o.filtered
	c.dropped += o.dropped
	c.skipped += o.skipped
	c.routed += o.routed
	c.substituted += o.substituted
	c.fatal += o.fatal
	c.cancelled += o.cancelled
}

// held gives the items without a fate.
func (c counts) held() int64 {
	return c.in - c.completed - c.filtered - c.dropped - c.failures() - c.fatal - c.cancelled
}

// spoil counts the end of the run against an item, if there is one that has no fate yet.
func (c *counts) spoil() {
	if c.held() > 0 {
		c.fatal++
	}
}

// tally is the published counts of a node: of all heads that it has had. Anyone may read it.
type tally [10]atomic.Int64

// head is a node at work: its counts, and what becomes of the items that fail. One goroutine at a time uses it.
type head struct {
	st     *stage
	node   *graph.Node
	n      counts
	known  counts // as published
	pub    *tally
	traced bool               // what it leaves out is marked, for a zip by lineage
	scope  flow.Scope         // of `when`
	on     flow.Scope         // of on_error
	beside map[string][]*edge // the readers of outputs beside the main one: `error` is where on_error: to goes
	pins   flow.Unpinner      // of what goes there

	attempts int   // that the item made which catch decides
	of       *head // of hands: that of the stage
}

func newHead(s *stage, n *graph.Node) *head {
	return &head{st: s, node: n, pub: s.run.tally(n), traced: s.net.trace != nil && s.net.trace.Paths[n], on: flow.Scope{Vars: make([]value.Value, 1)}, attempts: 1}
}

// publish lets others see the counts. It costs a comparison where nothing has changed.
func (h *head) publish() {
	if h.n == h.known {
		return
	}
	for i, x := range [...]int64{
		h.n.in - h.known.in, h.n.out - h.known.out, h.n.completed - h.known.completed, h.n.filtered - h.known.filtered,
		h.n.dropped - h.known.dropped, h.n.skipped - h.known.skipped, h.n.routed - h.known.routed,
		h.n.substituted - h.known.substituted, h.n.fatal - h.known.fatal, h.n.cancelled - h.known.cancelled,
	} {
		if x != 0 {
			h.pub[i].Add(x)
		}
	}
	h.known = h.n
}

// tally gives a node's, and makes it before the run begins.
func (r *Run) tally(n *graph.Node) *tally {
	t := r.tallies[n]
	if t == nil {
		t = &tally{}
		r.tallies[n] = t
	}
	return t
}

// report gives the published counts of a node. What was admitted is published first and read last, so that no item has
// a fate before it was admitted.
func (t *tally) report(n *graph.Node) metrics.Step {
	p := func(i int) int64 { return t[i].Load() }
	s := metrics.Step{
		ID: n.ID, Kind: n.Component.Kind().Place(), Name: n.Component.Name,
		Out: p(1), Completed: p(2), Filtered: p(3), Dropped: p(4),
		Skipped: p(5), Routed: p(6), Substituted: p(7), Fatal: p(8), Cancelled: p(9),
	}
	s.In = p(0)
	return s
}

// passes reports whether an item goes by untouched: an error item past an operator that maps, or one for which `when` is
// false.
func (h *head) passes(it flow.Item) (bool, error) {
	if it.Meta != nil && it.Meta.Failed && (h.node.Component.Traits.Stateless || h.node.Component.Kind() == flow.KindCall) {
		return true, nil
	}
	if h.node.When == nil {
		return false, nil
	}
	ok, err := flow.Bool(h.node.When, h.scope.Set(it))
	return !ok, err
}

// outcome gives what becomes of an item that failed: what the node's on_error says, or the breaker that turned it away.
func outcome(n *graph.Node, cause error) graph.OnError {
	on := n.OnError
	if b := policy.IsOpen(cause); b != nil && (b.OnOpen == policy.Skip || b.OnOpen == policy.Value) {
		on.Action, on.Value = string(b.OnOpen), b.Value
	}
	if flow.IsFatal(cause) || on.Action == "" {
		on.Action = "fail"
	}
	return on
}

// catch decides an item that failed: it ends the run (errStopped), or the item goes where on_error says, or gives
// another item in its place.
func (h *head) catch(it flow.Item, cause error) (instead flow.Item, has bool, err error) {
	on := outcome(h.node, cause)
	if on.Action == "fail" || h.st.halt.Load() == haltStop {
		h.n.fatal++
		if h.attempts > 1 {
			cause = fmt.Errorf("after %d attempts: %w", h.attempts, cause)
		}
		return it, false, h.st.fail(h.node, cause)
	}
	switch on.Action {
	case "skip":
		h.n.skipped++
	case "value":
		h.on.Set(it).Vars[0] = h.errorValue(cause)
		v, err := on.Value.Eval(&h.on)
		if err != nil {
			h.n.fatal++
			return it, false, h.st.fail(h.node, fmt.Errorf("on_error: %w", err))
		}
		h.n.substituted++
		instead, has = it.With(v), true
	case "to":
		it.Value = h.pins.Unpin(it.Value) // few of many fail
		record := it.With(h.record(it, cause))
		if h.of != nil {
			if err := h.st.part.setAside(h, record); err != nil {
				return it, false, err
			}
			break
		}
		h.n.routed++
		for _, e := range h.beside["error"] {
			if err := h.st.sendTo(e, record); err != nil {
				return it, false, err
			}
		}
	case "emit":
		h.n.routed++
		meta := flow.Meta{}
		if it.Meta != nil {
			meta = *it.Meta
		}
		meta.Failed = true
		instead, has = flow.Item{Value: h.record(it, cause), Meta: &meta}, true
	}
	if err := h.tolerable(cause); err != nil {
		return it, false, h.st.fail(h.node, err)
	}
	return instead, has, nil
}

// tolerable gives the error that ends the run when more items failed than the step tolerates.
func (h *head) tolerable(last error) error {
	t := h.node.OnError.Tolerance
	failures := h.n.failures()
	if t.Errors > 0 && failures > t.Errors {
		return fmt.Errorf("%d items failed, and %d are tolerated; the last: %w", failures, t.Errors, last)
	}
	if t.Ratio > 0 && h.n.in >= t.MinItems && float64(failures) > t.Ratio*float64(h.n.in) {
		return fmt.Errorf("%d of %d items failed, more than the ratio of %g that is tolerated; the last: %w", failures, h.n.in, t.Ratio, last)
	}
	return nil
}

var (
	recordShape = value.NewShape([]string{"item", "error"})
	errorShape  = value.NewShape([]string{"type", "message", "step", "attempts", "at"})
)

// record gives {item, error}: what is routed of a failed item.
func (h *head) record(it flow.Item, cause error) value.Value {
	return value.OfShape(recordShape, []value.Value{it.Value, h.errorValue(cause)})
}

func (h *head) errorValue(cause error) value.Value { return errorOf(cause, h.node.ID, h.attempts) }

// errorOf gives `error` as expressions see it.
func errorOf(cause error, step string, attempts int) value.Value {
	return value.OfShape(errorShape, []value.Value{
		value.OfString(flow.ErrorType(cause)), value.OfString(cause.Error()), value.OfString(step),
		value.OfInt(int64(attempts)), value.OfTime(now().UTC()),
	})
}

// errStopped is what components get from an emit when the run is over.
var errStopped = errors.New("the run is over")

// errAbandoned is why an item that waited for another attempt was given up: that would have come after the drain's end.
var errAbandoned = errors.New("the run is stopping, and the next attempt would come too late")

// errSuperseded is the cause by which an item's steps are cancelled when only the latest item counts.
var errSuperseded = errors.New("a later item has come")

// errDraining is the cause by which a source's context ends when the run is to stop.
var errDraining = errors.New("the run is stopping")

// StepError is a failure with the step it happened in, and where that stands in the file.
type StepError struct {
	File         string
	Line, Column int
	Step         string
	Used         string // where the file is used that the step stands in; "" for the pipeline's own
	Err          error
}

// Error gives file:line:column: step: what went wrong.
func (e *StepError) Error() string {
	text := fmt.Sprintf("%s:%d:%d: %s: %v", e.File, e.Line, e.Column, e.Step, e.Err)
	if e.Used != "" {
		text += " (" + e.Used + ")"
	}
	return text
}

// Unwrap gives the failure itself.
func (e *StepError) Unwrap() error { return e.Err }

// reject decides a text that a source found to be no item.
func (r *Run) reject(n *graph.Node, it flow.Item, cause error) error {
	h := r.heads[n]
	if err := h.st.deliver(); err != nil { // what comes before it
		return err
	}
	h.n.in++
	instead, has, err := h.catch(it, cause)
	if err == nil && has {
		err = h.st.pass(instead)
	}
	h.publish()
	return err
}
