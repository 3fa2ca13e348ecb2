package runtime

import (
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// deaf reports whether the stage receives no more.
func (s *stage) deaf() bool { return s.halt.Load() >= haltDone || s.shut.Load() }

// receive takes the next item of any in-edge, in turn, waiting for one until it is due to go on without, if that is not
// zero; how is open, or says that all have ended.
func (s *stage) receive(due time.Time) (it flow.Item, epoch uint32, from *edge, how ending) {
	for {
		if s.deaf() {
			return it, 0, nil, failed
		}
		e := s.pick()
		if s.join != nil && s.join.done { // as it heard of the end of an input
			return it, 0, nil, s.joinEnd()
		}
		if e != nil {
			it, epoch = e.take()
			s.turn()
			if e.started-e.head.Load() >= lump || s.rw != s.ww {
				e.release()
			}
			return it, epoch, e, open
		}
		if how = s.over(); s.severed {
			return it, 0, nil, broken
		} else if how != open {
			return it, 0, nil, how
		}
		if s.rw == s.ww {
			s.idle()
		}
		news := false
		ready := func() bool {
			news = s.deaf() || s.pickable() || s.inputEnd() != open
			return news
		}
		if due.IsZero() {
			s.seek()
			s.rw.wait(ready)
		} else if s.rw.waitUntil(due, ready); !news {
			s.turn()
			return it, 0, nil, open
		}
	}
}

// turn says on the edges that hold nothing that the stage does not wait for an item now.
func (s *stage) turn() {
	if s.meets {
		for _, e := range s.in {
			e.turn()
		}
	}
}

// pick gives the in-edge with an item whose turn it is; nil if none has one.
func (s *stage) pick() *edge {
	if len(s.in) == 1 && s.choosy == nil {
		if s.in[0].available() > 0 {
			return s.in[0]
		}
		if s.in[0].ended() != open {
			s.endOf(0)
		}
		return nil
	}
	if s.sequential() {
		for s.next < len(s.in) && s.in[s.next].ended() != open {
			s.endOf(s.next)
			if s.next++; s.next < len(s.in) {
				for _, source := range s.in[s.next].gated {
					source.begun.Store(true)
					source.rw.wake()
				}
			}
		}
		if s.next < len(s.in) && s.in[s.next].available() > 0 {
			return s.in[s.next]
		}
		return nil
	}
	for k := range s.in {
		i := s.next + k
		if i >= len(s.in) {
			i -= len(s.in)
		}
		if s.wants(i) && s.in[i].available() > 0 {
			s.next = i + 1
			if s.next == len(s.in) {
				s.next = 0
			}
			return s.in[i]
		}
		if !s.closed[i] && s.in[i].ended() != open {
			s.endOf(i)
		}
	}
	return nil
}

// wants reports whether a join that does not read all of its inputs at all times reads this one now.
func (s *stage) wants(i int) bool { return s.choosy == nil || s.choosy.Wants(s.in[i].port) }

func (s *stage) sequential() bool {
	return s.spec.Kind == plan.Join && s.spec.Head.Component.Traits.Sequential
}

// endOf notes that an in-edge has ended, once, and tells a join.
func (s *stage) endOf(i int) {
	if s.closed[i] {
		return
	}
	s.closed[i] = true
	if e := s.in[i]; e.ended() == broken {
		switch s.spec.Kind {
		case plan.Chain, plan.Join: // it goes on, behind the items that come before it
			if s.severed = true; s.split == nil {
				s.breach = e.breach
			} else {
				s.split.add(&part{node: e.breach.node, err: e.breach.err, finished: true})
			}
		default:
			s.net.fail(e.breach.node, e.breach.err)
		}
		return
	}
	if s.join != nil {
		s.join.portEnd(s.in[i].port)
	}
}

// pickable reports whether pick would give an edge or has news of one.
func (s *stage) pickable() bool {
	if s.sequential() {
		return s.next < len(s.in) && (s.in[s.next].available() > 0 || s.in[s.next].ended() != open)
	}
	for i, e := range s.in {
		if s.wants(i) && e.available() > 0 || !s.closed[i] && e.ended() != open {
			return true
		}
	}
	return false
}

// over is inputEnd once the stage has heard of each end: one may have come since pick looked for it, and there may be a failure
// behind it, or what a join still gives.
func (s *stage) over() ending {
	how := s.inputEnd()
	if how != open {
		for i := range s.in {
			s.endOf(i)
		}
	}
	return how
}

// inputEnd gives how the input ended, once every in-edge has: drained if any was.
func (s *stage) inputEnd() ending {
	worst := complete
	for _, e := range s.in {
		how := e.ended()
		if how == open {
			return open
		}
		worst = max(worst, how)
	}
	return worst
}

// joinEnd gives how a join ended that has heard that no further input matters: drained if one of its inputs was.
func (s *stage) joinEnd() ending {
	for _, e := range s.in {
		if e.ended() == drained {
			return drained
		}
	}
	return complete
}
