package runtime

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
	"github.com/flowrun/flowrun/runtime/policy"
)

// want is what a goroutine waits for, as it is told when every one of them waits. It is made of what anyone may read.
type want struct {
	metrics.Wait // For is "" where it waits for another goroutine of its step
	node         *graph.Node
	of           []*waiter // any of them could end the wait; none where that is yet to be found
	within       *waiter   // of a step within a step: the goroutine of that one
}

// id is that of the step with which the stage begins; of what gives to steps within a step and takes from them, that of the
// step.
func (s *stage) id() string {
	if s.spec.Kind == plan.Entry || s.spec.Kind == plan.Exit {
		return s.net.inner.nest.node.ID
	}
	return s.spec.Name()
}

// label names the steps of the stage.
func (s *stage) label() string {
	first := s.id()
	if len(s.spec.Nodes()) == 1 {
		return first
	}
	return first + " … " + s.spec.Last().ID
}

// block notes for which of some edges the stage waits, as it can send to none: the first that has no room.
func (s *stage) block(edges []*edge) {
	for _, e := range edges {
		if !e.done.Load() && !e.room() {
			s.blocked.Store(e)
			return
		}
	}
}

// seek notes which of its inputs a join waits for.
func (s *stage) seek() {
	if s.spec.Kind != plan.Join {
		return
	}
	ports := uint64(0)
	for i := range min(len(s.in), 64) {
		if s.sequential() && i == s.next || !s.sequential() && s.wants(i) {
			ports |= 1 << i
		}
	}
	s.sought.Store(ports)
}

// waits gives what the stage waits for: its receiving side, where it has two.
func (s *stage) waits() want {
	w := s.want()
	full := false
	switch {
	case s.rw == s.ww && s.sends(&w):
		return w
	case s.calls != nil:
		full = !s.calls.seeking.Load()
	case s.split != nil:
		full = s.split.full()
	}
	switch {
	case full:
		w.of = []*waiter{s.ww}
	case s.inside.Load():
		w.For, w.Text = metrics.WaitSteps, s.label()+" waits for its own steps"
	case s.gate != nil && !s.begun.Load():
		w.For, w.Of, w.of = metrics.WaitTurn, s.gate.to.id(), []*waiter{s.gate.reader}
		w.Text = fmt.Sprintf("%s waits until %s comes to it", s.label(), s.gate.to.label())
	default:
		s.receives(&w)
	}
	return w
}

// gives gives what the sending side of a stage waits for that has two.
func (s *stage) gives() want {
	w := s.want()
	switch {
	case s.sends(&w):
	case s.calls == nil || !s.calls.busy():
		w.of = []*waiter{s.rw}
	}
	return w
}

func (s *stage) want() want {
	w := want{Wait: metrics.Wait{Step: s.id()}, node: s.spec.Nodes()[0]}
	if s.net.inner != nil {
		w.within = s.net.inner.w
	}
	return w
}

// sends adds that the stage waits to send, and reports whether it does.
func (s *stage) sends(w *want) bool {
	e := s.blocked.Load()
	if e == nil {
		return false
	}
	w.Step, w.For, w.Of, w.Buffer, w.of = e.giver, metrics.WaitSend, e.to.id(), int64(e.capacity), []*waiter{e.reader}
	w.Text = fmt.Sprintf("%s waits to send to %s: its buffer of %d is full", s.label(), e.to.label(), e.capacity)
	if e.capacity == 0 {
		w.Text = fmt.Sprintf("%s waits to send to %s, which takes nothing", s.label(), e.to.label())
	}
	return true
}

// receives adds for whose items the stage waits.
func (s *stage) receives(w *want) {
	ports := s.sought.Load()
	var from []string
	for i, e := range s.in {
		if e.end.Load() == uint32(open) && e.queued() == 0 && (ports == 0 || i >= 64 || ports&(1<<i) != 0) {
			w.For, w.Of, w.of, from = metrics.WaitItem, cmp.Or(w.Of, e.giver), append(w.of, e.writer), append(from, e.from.label())
		}
	}
	w.Text = fmt.Sprintf("%s waits for an item of %s", s.label(), strings.Join(from, " or "))
}

// permit gives what an item waits for on its way through the policies of its step.
func (f *flight) permit(a *policy.Admission) func() want {
	return func() want {
		of := a.WaitsFor()
		return want{Wait: metrics.Wait{Step: f.node.ID, For: metrics.WaitPermit, Of: of, Text: fmt.Sprintf("%s waits for %s", f.node.ID, of)}, node: f.node}
	}
}

// steps gives what a call waits for that takes an item through steps of its own.
func (e *each) steps() want {
	id := e.nest.node.ID
	return want{Wait: metrics.Wait{Step: id, For: metrics.WaitSteps, Text: id + " waits for its own steps"}, node: e.nest.node}
}
