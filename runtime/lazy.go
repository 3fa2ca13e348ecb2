package runtime

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

// lazy gives the operator at the head of the stage that gives only where there is room; nil if there is none.
func (s *stage) lazy() flow.Lazy {
	if len(s.links) == 0 || s.head != nil {
		return nil
	}
	op, _ := s.links[0].op.(flow.Lazy)
	return op
}

// runLazy is the body of a stage whose first operator gives what it holds when what follows has room.
func (s *stage) runLazy() ending {
	first, op := s.links[0], s.lazy()
	for {
		if s.halt.Load() >= haltDone {
			return failed
		}
		if first.done {
			return complete
		}
		if first.held > 0 && roomIn(s.out) {
			if err := first.release(op.Room); err != nil {
				return complete
			}
			continue
		}
		if e := s.pick(); e != nil {
			var it flow.Item
			it, s.epoch = e.take()
			s.turn()
			e.release()
			if err := first.process(it); err != nil {
				return complete
			}
			continue
		}
		if how := s.over(); s.severed {
			return broken
		} else if how != open {
			return how
		}
		s.idle()
		if first.held > 0 {
			s.block(s.out)
		}
		s.rw.wait(func() bool {
			return s.halt.Load() >= haltDone || first.held > 0 && roomIn(s.out) || s.pickable() || s.inputEnd() != open
		})
		s.blocked.Store(nil)
		s.turn()
	}
}

// pause waits until a time, taking no items; it reports false if the stage has been stopped meanwhile.
func (s *stage) pause(until time.Time) bool {
	s.idle()
	s.rw.waitUntil(until, s.deaf)
	return !s.deaf()
}
