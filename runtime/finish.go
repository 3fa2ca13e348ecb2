package runtime

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// finish flushes what operators hold, if the ending allows it, and passes the ending on.
func (s *stage) finish(how ending) {
	if done := s.lastDone(); done >= 0 && s.halt.Load() < haltDone {
		s.close()
		if ended := done == 0 && s.spec.Kind == plan.Join; !ended { // by itself, whatever came of its input
			how = complete
		}
	}
	if s.halt.Load() < haltDone && !s.net.stopped.Load() && (how == complete || how == drained) {
		s.flush(how)
	}
	switch {
	case s.net.stopped.Load():
		how = failed
	case s.halt.Load() == haltDone: // nobody wants the output: that is no failure
		how = complete
	}
	s.ending = how
	s.idle()
	for _, e := range s.out {
		e.breach = s.breach
		e.close(how)
	}
	for _, e := range s.beside {
		e.breach = s.breach
		e.close(how)
	}
	s.close()
}

// close ends the receiving side: what is queued stays, and calls under way are cancelled.
func (s *stage) close() {
	s.shut.Store(true)
	if s.rw == s.ww {
		for _, e := range s.in {
			e.release()
		}
	}
	for _, e := range s.in {
		e.refuse()
	}
	s.cancel(flow.Done)
	if s.rw != s.ww {
		s.run.crew.wakeAll()
	}
}

// lastDone gives the position of the last operator that wants no more, or -1.
func (s *stage) lastDone() int {
	for i := len(s.links) - 1; i >= 0; i-- {
		if s.links[i].done {
			return i
		}
	}
	return -1
}

// flush lets the operators give what they hold, from the last one that said Done onwards.
func (s *stage) flush(how ending) {
	for i := s.lastDone() + 1; i < len(s.links); i++ {
		if l := s.links[i]; !l.done && !l.flush(how) {
			return
		}
	}
}
