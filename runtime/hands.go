package runtime

import (
	"errors"
	"runtime/debug"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// hands are a set of the stage's operators, which work on one block at a time.
type hands struct {
	of     *stage // whose part they do
	st     *stage // their own
	sink   *encoding
	heads  []*head
	legs   [][]*link // the operators up to one that keeps something, up to the next, and so on to the end
	waiter *waiter   // of the goroutine at work
}

// heads gives the nodes of a split stage at work, in the order of the flow.
func heads(s *stage, sink *head) []*head {
	var all []*head
	if s.head != nil && s.spec.Kind != plan.Join { // whose head is that of its first link
		all = append(all, s.head)
	}
	for _, l := range s.links {
		all = append(all, l.head)
	}
	if sink != nil {
		all = append(all, sink)
	}
	return all
}

// hire makes hands with operators of their own. Those of a join look its items up by the operator that is given.
func (c *split) hire(join flow.Op) (*hands, error) {
	s := c.st
	if c.fault != nil {
		return nil, c.fault
	}
	own := &stage{net: s.net, run: s.run, spec: s.spec}
	w := &hands{of: s, st: own, legs: [][]*link{nil}}
	w.waiter = &waiter{crew: &s.run.crew, what: w.waits}
	switch {
	case join != nil:
		own.links = append(own.links, newLink(newHead(own, s.spec.Head), join))
		w.legs[0] = append(w.legs[0], own.links[0])
	case s.head != nil:
		own.head = newHead(own, s.spec.Head)
	}
	for _, n := range s.spec.Links {
		op, err := s.run.make(n)
		if err != nil {
			return nil, s.run.stepError(n, err)
		}
		at := len(w.legs) - 1
		keeps := at < len(s.spec.Kept) && s.spec.Kept[at].By == n
		if keeps {
			op = newLooker(op, s.spec.Kept[at], w, at)
		}
		l := newLink(newHead(own, n), op.(flow.Op))
		own.links = append(own.links, l)
		if w.legs[at] = append(w.legs[at], l); keeps {
			w.legs = append(w.legs, nil)
		}
	}
	for _, leg := range w.legs {
		chain(leg)
	}
	if c.sink != nil {
		w.sink = &encoding{head: newHead(own, s.spec.Sink), by: c.sink}
		w.heads = heads(own, w.sink.head)
	} else {
		w.heads = heads(own, nil)
	}
	for i, h := range w.heads {
		h.of = c.heads[i]
	}
	return w, nil
}

// waits gives what the goroutine at work waits for: that what came of the parts before is handed on.
func (w *hands) waits() want {
	x := w.of.want()
	x.of = []*waiter{w.of.ww}
	return x
}

// do takes a block through the operators.
func (w *hands) do(p *part) {
	s := w.st
	s.part = p
	w.ready(p)
	w.phase(p, w.legs[0], w.decode)
	for i, by := range w.of.split.kept {
		k := &p.looked[i]
		w.phase(p, w.legs[i], func(p *part) error { return w.keep(p, by, k) })
		w.phase(p, w.legs[i+1], func(p *part) error { return w.goOn(p, by, k) })
	}
	for _, h := range w.heads {
		p.counts = append(p.counts, h.n)
		h.n = counts{}
	}
	s.part, p.block = nil, nil
	w.forget()
}

// forget lets go of the items of a block, which would hold on to its text until others take their place.
func (w *hands) forget() {
	clear(w.st.bulk[:cap(w.st.bulk)])
	for _, leg := range w.legs {
		for _, l := range leg {
			clear(l.out[:cap(l.out)])
		}
	}
}

// ready has the operators that keep something look for a part.
func (w *hands) ready(p *part) {
	kept := w.of.split.kept
	if p.looked == nil && len(kept) > 0 {
		p.looked = make([]looked, len(kept))
	}
	for i := range kept {
		leg := w.legs[i]
		leg[len(leg)-1].op.(*looker).to = &p.looked[i]
	}
}

// phase does some of the work. All items in it come before whatever failed in the phases before, so that what fails in it
// counts instead.
func (w *hands) phase(p *part, leg []*link, work func(*part) error) {
	s := w.st
	node, cause := p.node, p.err
	s.links, p.node, p.err = leg, nil, nil
	defer func() {
		if x := recover(); x != nil {
			node, n := s.busy()
			n.spoil()
			p.fail(node, &PanicError{Value: x, Stack: debug.Stack()})
		}
		if s.sink = nil; p.err == nil {
			p.node, p.err = node, cause
		}
	}()
	if err := work(p); err != nil && !errors.Is(err, flow.Done) {
		node, _ := s.busy()
		p.fail(node, err)
	}
}

// decode decodes a block and takes its items through the operators of the first leg.
func (w *hands) decode(p *part) error {
	s, h := w.st, w.st.head
	s.refusal = nil
	each := func(it flow.Item) error {
		if w.of.halt.Load() >= haltDone {
			return flow.Done
		}
		if h == nil {
			return s.links[0].process(it)
		}
		h.n.in++
		err := s.pass(it)
		h.n.completed++
		return err
	}
	if s.singly() == "" {
		each = s.gather
	}
	err := p.block.Decode(each, func(it flow.Item, cause error) error {
		if err := s.deliver(); err != nil {
			return err
		}
		h.n.in++
		instead, has, err := h.catch(it, cause)
		if err == nil && has {
			err = s.pass(instead)
		}
		return err
	})
	if e := s.deliver(); err == nil || e != nil { // what was gathered comes before what ended the block
		err = e
	}
	return err
}
