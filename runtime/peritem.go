package runtime

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// drain hands on what came out of an instance, up to a lump, and reports whether something did and whether nothing more
// will. An error says that what follows wants no more.
func (s *stage) drain(in *instance) (moved, over bool, err error) {
	for range lump {
		over = in.over() // before the last look
		it, epoch, ok := in.result()
		if !ok {
			return moved, over, nil
		}
		moved = true
		if in.ignored {
			continue
		}
		in.given++
		s.epoch = epoch
		if s.keyed && in.nest.how.Mode == flow.ByKey { // back in the group around
			it.Meta = keyed(it.Meta, s.key)
		}
		if err := s.pass(it); err != nil {
			return true, false, err
		}
	}
	if in.bell != nil {
		in.bell.ring(in)
	}
	return true, false, nil
}

// perItem is the body of a step that runs steps of its own anew for each item. One goroutine gives items to instances
// and hands on what comes out of them.
type perItem struct {
	st    *stage
	nest  *nest
	bell  bell    // of Merge
	open  []*turn // in the order of the items
	unfed []*turn // of these, those whose steps could not take the item yet
	next  *turn   // of Latest: begins when the one before has ended
}

// turn is an item, and the instance that works on it; none where the item passes by.
type turn struct {
	*instance
	item   flow.Item
	epoch  uint32
	passes bool
}

func (h *perItem) run() ending {
	s := h.st
	defer h.end()
	for {
		if s.halt.Load() >= haltDone {
			return failed
		}
		moved, err := h.work()
		if err != nil {
			return complete
		}
		if moved {
			continue
		}
		if h.admits() {
			if e := s.pick(); e != nil {
				it, epoch := e.take()
				s.turn()
				e.release()
				if err := h.admit(&turn{item: it, epoch: epoch}); err != nil {
					return complete
				}
				continue
			}
			if how := s.over(); how != open && len(h.open) == 0 {
				return how
			}
		}
		s.idle()
		s.inside.Store(len(h.open) > 0)
		s.rw.wait(func() bool {
			return s.halt.Load() >= haltDone || h.news() || h.admits() && (s.pickable() || len(h.open) == 0 && s.inputEnd() != open)
		})
		s.turn()
	}
}

// end stops what is still at work.
func (h *perItem) end() {
	for _, t := range h.open {
		if !t.passes {
			t.stop(errStopped)
			t.close()
		}
	}
}

// admits reports whether another item may begin.
func (h *perItem) admits() bool {
	switch h.nest.how.Mode {
	case flow.Concat:
		return len(h.open) == 0
	case flow.Latest:
		return true
	}
	return h.nest.how.Max <= 0 || len(h.open) < h.nest.how.Max
}

// admit begins with an item.
func (h *perItem) admit(t *turn) error {
	s := h.st
	n := &s.head.n
	n.in++
	var err error
	if t.passes, err = s.head.passes(t.item); err != nil {
		return h.failed(t, err)
	}
	if t.passes && (h.nest.how.Mode == flow.Latest || h.nest.how.Mode == flow.Merge) {
		n.completed++
		s.epoch = t.epoch
		return s.pass(t.item)
	}
	if h.nest.how.Mode != flow.Latest || len(h.open) == 0 {
		return h.begin(t)
	}
	if h.next != nil {
		n.cancelled++
	}
	h.next = t
	if old := h.open[0]; !old.ignored {
		n.cancelled++
		old.ignored = true
		old.stop(errSuperseded)
	}
	return nil
}

// begin sets the instance of an item going.
func (h *perItem) begin(t *turn) error {
	if !t.passes {
		in, err := h.nest.instance(h.st.ctx, h.st.rw, t.item.Meta)
		if err != nil {
			return h.failed(t, err)
		}
		in.next, in.has, in.epoch, in.owner = t.item, true, t.epoch, t
		if h.nest.how.Mode == flow.Merge {
			in.bell = &h.bell
		}
		t.instance = in
		in.start()
		h.unfed = append(h.unfed, t)
	}
	h.open = append(h.open, t)
	return nil
}

// work feeds instances and hands on what they give. It reports whether there was anything to do.
func (h *perItem) work() (moved bool, err error) {
	h.unfed = slices.DeleteFunc(h.unfed, func(t *turn) bool {
		if !t.feed() {
			return false
		}
		t.shut(complete)
		moved = true
		return true
	})
	if h.nest.how.Mode != flow.Merge {
		if len(h.open) > 0 {
			return h.look(h.open[0], moved)
		}
		if t := h.next; t != nil {
			h.next = nil
			return true, h.begin(t)
		}
		return moved, nil
	}
	for in := h.bell.next(); in != nil; in = h.bell.next() {
		if moved, err = h.look(in.owner.(*turn), moved); err != nil {
			return true, err
		}
	}
	return moved, nil
}

// look hands on what comes out of an item, and settles it at the end.
func (h *perItem) look(t *turn, before bool) (moved bool, err error) {
	if t.passes {
		h.st.head.n.completed++
		h.st.epoch = t.epoch
		h.open = h.open[1:]
		return true, h.st.pass(t.item)
	}
	moved, over, err := h.st.drain(t.instance)
	if err != nil || !over {
		return moved || before, err
	}
	i := slices.Index(h.open, t)
	h.open = slices.Delete(h.open, i, i+1)
	h.unfed = slices.DeleteFunc(h.unfed, func(u *turn) bool { return u == t })
	return true, h.settle(t)
}

// settle gives an item its fate when its steps have ended.
func (h *perItem) settle(t *turn) error {
	n := &h.st.head.n
	t.close()
	switch {
	case t.ignored: // counted already
	case t.err != nil:
		return h.failed(t, t.err)
	case t.given > 0:
		n.completed++
	default:
		n.filtered++
	}
	return nil
}

// failed gives an item to the step's on_error.
func (h *perItem) failed(t *turn, err error) error {
	instead, has, err := h.st.head.catch(t.item, err)
	if err == nil && has {
		h.st.epoch = t.epoch
		err = h.st.pass(instead)
	}
	return err
}

// news reports whether there is anything to do.
func (h *perItem) news() bool {
	for _, t := range h.unfed {
		if t.feeds() {
			return true
		}
	}
	if h.nest.how.Mode == flow.Merge {
		return !h.bell.silent()
	}
	if len(h.open) == 0 {
		return h.next != nil
	}
	return h.open[0].passes || h.open[0].news()
}
