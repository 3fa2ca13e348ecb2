package runtime

import (
	"container/list"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// perKey is the body of a step that runs steps of its own for each key. One goroutine gives items to the instances of
// their keys and hands on what comes out of them, as it comes.
type perKey struct {
	st    *stage
	nest  *nest
	scope flow.Scope
	byKey map[string]*group
	bell  bell
	all   list.List // of *group, in the order in which they began
	order list.List // of *group, the one that got nothing for longest first

	next  flow.Item // an item that could not be given to its group yet
	has   bool
	key   string // of next
	epoch uint32
}

// group is the instance of a key.
type group struct {
	*instance // nil where its steps wanted no more: they have ended, and the key takes nothing
	key       string
	fed       time.Time // when it got an item last
	ending    bool      // it gets no more, and is forgotten when its steps have ended
	began     *list.Element
	place     *list.Element
}

func (h *perKey) run() ending {
	s := h.st
	defer h.end()
	for {
		if s.halt.Load() >= haltDone {
			return failed
		}
		h.expire()
		moved, err := h.work()
		if err != nil {
			return complete
		}
		if moved {
			continue
		}
		if !h.has {
			if e := s.pick(); e != nil {
				h.next, h.epoch = e.take()
				s.turn()
				e.release()
				if err := h.admit(); err != nil {
					return complete
				}
				continue
			}
			if how := s.over(); how != open {
				for e := h.all.Front(); e != nil; {
					g := e.Value.(*group)
					e = e.Next()
					h.finish(g, how)
				}
				if len(h.byKey) == 0 {
					return how
				}
			}
		}
		h.wait()
	}
}

// wait waits for anything to do, or for a group to expire.
func (h *perKey) wait() {
	s := h.st
	ended := s.inputEnd() != open
	ready := func() bool {
		return s.halt.Load() >= haltDone || h.news() || !h.has && (s.pickable() || !ended && s.inputEnd() != open)
	}
	s.idle()
	s.inside.Store(h.has)
	if first := h.order.Front(); h.nest.how.Idle > 0 && first != nil {
		s.rw.waitUntil(first.Value.(*group).fed.Add(h.nest.how.Idle), ready)
	} else {
		s.rw.wait(ready)
	}
	s.turn()
}

// admit finds the key of the item that has come.
func (h *perKey) admit() error {
	s, it := h.st, h.next
	n := &s.head.n
	n.in++
	s.epoch = h.epoch
	passes, err := s.head.passes(it)
	if err == nil && passes {
		n.completed++
		return s.pass(it)
	}
	var v value.Value
	if err == nil {
		v, err = h.nest.how.Key.Eval(h.scope.Set(it))
	}
	if err != nil {
		instead, has, err := s.head.catch(it, err)
		if err == nil && has {
			err = s.pass(instead)
		}
		return err
	}
	h.key, h.has = string(value.AppendKey(nil, v)), true
	if h.nest.sub.Keyed {
		h.next.Meta = keyed(it.Meta, &flow.Meta{Key: v})
	}
	return h.give()
}

// give gives the item that has come to its group, if that can take it.
func (h *perKey) give() error {
	if !h.placeable() {
		return nil
	}
	g := h.byKey[h.key]
	n := &h.st.head.n
	if g == nil {
		if most := h.nest.how.Max; most > 0 && len(h.byKey) >= most {
			return h.makeRoom(most)
		}
		in, err := h.nest.instance(h.st.ctx, h.st.rw, h.next.Meta)
		if err != nil {
			return h.st.fail(h.st.head.node, err)
		}
		g = &group{instance: in, key: h.key}
		g.began, g.place = h.all.PushBack(g), h.order.PushBack(g)
		h.byKey[h.key] = g
		in.owner, in.bell = g, &h.bell
		in.start()
		if !h.placeable() { // its first channel holds nothing, and nobody waits there yet
			return nil
		}
	}
	h.order.MoveToBack(g.place)
	g.fed = now()
	if g.instance == nil || g.entry.halt.Load() >= haltDone {
		n.filtered++
		h.has, h.next = false, flow.Item{}
		return nil
	}
	g.next, g.has, g.instance.epoch = h.next, true, h.epoch
	g.feed()
	n.completed++
	h.has, h.next = false, flow.Item{}
	return nil
}

// makeRoom ends the group that got nothing for longest, or the run.
func (h *perKey) makeRoom(most int) error {
	if !h.nest.how.Evict {
		h.st.head.n.spoil()
		return h.st.fail(h.st.head.node, tooManyGroups(most))
	}
	h.finish(h.order.Front().Value.(*group), complete)
	return nil
}

// expire ends the groups that got nothing for too long.
func (h *perKey) expire() {
	if h.nest.how.Idle <= 0 {
		return
	}
	late := now().Add(-h.nest.how.Idle)
	for e := h.order.Front(); e != nil && !e.Value.(*group).fed.After(late); e = h.order.Front() {
		h.finish(e.Value.(*group), complete)
	}
}

// finish lets a group end with what it got.
func (h *perKey) finish(g *group, how ending) {
	if g.ending {
		return
	}
	g.ending = true
	h.order.Remove(g.place)
	if g.instance == nil {
		h.forget(g)
	} else {
		g.shut(how)
	}
}

func (h *perKey) forget(g *group) {
	h.all.Remove(g.began)
	delete(h.byKey, g.key)
}

// work hands on what groups give, and gives the item that waits to its own. It reports whether there was anything to do.
func (h *perKey) work() (moved bool, err error) {
	for in := h.bell.next(); in != nil; in = h.bell.next() {
		some, over, err := h.st.drain(in)
		if moved = moved || some || over; err != nil {
			return true, err
		}
		if over {
			in.close()
			g := in.owner.(*group)
			if g.instance = nil; g.ending {
				h.forget(g)
			}
		}
	}
	if h.has && h.placeable() {
		return true, h.give()
	}
	return moved, nil
}

// placeable reports whether give would do something with the item that waits.
func (h *perKey) placeable() bool {
	g := h.byKey[h.key]
	if g == nil {
		most := h.nest.how.Max
		return most <= 0 || len(h.byKey) < most || h.order.Len() == len(h.byKey)
	}
	return !g.ending && (g.instance == nil || g.entry.halt.Load() >= haltDone || roomIn(g.entry.out))
}

// news reports whether there is anything to do.
func (h *perKey) news() bool { return !h.bell.silent() || h.has && h.placeable() }

// end stops what is still at work.
func (h *perKey) end() {
	for e := h.all.Front(); e != nil; e = e.Next() {
		if g := e.Value.(*group); g.instance != nil {
			g.stop(errStopped)
			g.close()
		}
	}
}
