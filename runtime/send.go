package runtime

import "github.com/flowrun/flowrun/flow"

// send hands an item to every reader of the stage's output, waiting for room. An error says that it was refused.
func (s *stage) send(it flow.Item) error {
	if s.part != nil {
		return s.part.take(it)
	}
	if s.to != nil {
		return s.to(it)
	}
	if s.halt.Load() >= haltDone {
		return s.stopped()
	}
	if s.unpins {
		it.Value = s.pins.Unpin(it.Value)
	}
	for _, e := range s.out {
		if err := s.sendTo(e, it); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) sendTo(e *edge, it flow.Item) error {
	if !e.room() {
		s.idle()
		s.blocked.Store(e)
		s.ww.wait(func() bool { return e.room() || e.done.Load() || s.halt.Load() >= haltDone })
		s.blocked.Store(nil)
		if err := s.stopped(); err != nil {
			return err
		}
	}
	if e.done.Load() {
		return s.stopped()
	}
	if !e.marks && isGone(it) {
		return nil
	}
	e.put(it, s.epoch)
	if e.filled-e.tail.Load() >= lump {
		e.publish()
	} else {
		e.show()
	}
	return nil
}

// show lets readers that wait have what was sent to them. It is called often, as the stage may work on many more items
// before it comes to wait itself.
func (s *stage) show() {
	for _, e := range s.out {
		e.show()
	}
	for _, e := range s.beside {
		e.show()
	}
}

// idle is called by the sending side before it waits: everything it did becomes visible.
func (s *stage) idle() {
	for _, e := range s.out {
		e.publish()
	}
	for _, e := range s.beside {
		e.publish()
	}
	if s.rw == s.ww {
		for _, e := range s.in {
			e.release()
		}
	}
	switch {
	case s.calls != nil:
		s.calls.publish()
	case s.head != nil:
		s.head.publish()
	}
	for _, l := range s.links {
		l.publish()
	}
	for _, b := range s.benches {
		b.publish()
	}
}
