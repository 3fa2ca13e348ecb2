package runtime

import (
	"errors"
	"testing"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/runtime/plan"
)

// TestNoEndIsMissed has edges end when a stage has just looked for items: it hears of each end before it ends itself, and so of
// a failure that travels behind the items.
func TestNoEndIsMissed(t *testing.T) {
	first, second := newEdge(0, 4), newEdge(0, 4)
	s := &stage{spec: &plan.Stage{Kind: plan.Chain}, in: []*edge{first, second}, closed: make([]bool, 2)}
	for _, e := range s.in {
		e.reader, e.writer = &waiter{}, &waiter{}
	}
	if s.pick() != nil || s.over() != open {
		t.Fatal("nothing has ended")
	}
	failure := errors.New("oh")
	first.close(complete)
	second.breach = breach{&graph.Node{}, failure}
	second.close(broken)
	if how := s.over(); how != broken || !s.severed || s.breach.err != failure || !s.closed[0] {
		t.Errorf("it ends %d, and has heard of %v", how, s.breach.err)
	}
}
