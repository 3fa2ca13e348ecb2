package runtime

import (
	"errors"
	"runtime/debug"

	"github.com/flowrun/flowrun/flow"
)

// hands are a set of the stage's operators, which work on one block at a time.
type hands struct {
	of    *stage // whose part they do
	st    *stage // their own
	sink  *encoding
	heads []*head
}

// heads gives the nodes of a split stage at work, in the order of the flow.
func heads(s *stage, sink *head) []*head {
	var all []*head
	if s.head != nil {
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

// hire makes hands with operators of their own.
func (c *split) hire() (*hands, error) {
	s := c.st
	own := &stage{net: s.net, run: s.run, spec: s.spec}
	if s.head != nil {
		own.head = newHead(own, s.spec.Head)
	}
	for _, n := range s.spec.Links {
		op, err := s.run.make(n)
		if err != nil {
			return nil, err
		}
		own.links = append(own.links, newLink(newHead(own, n), op.(flow.Op)))
	}
	chain(own.links)
	w := &hands{of: s, st: own}
	if c.sink != nil {
		w.sink = &encoding{newHead(own, s.spec.Sink), c.sink}
		w.heads = heads(own, w.sink.head)
	} else {
		w.heads = heads(own, nil)
	}
	return w, nil
}

// do decodes a block and takes its items through the operators.
func (w *hands) do(p *part) {
	s, h := w.st, w.st.head
	s.part, s.refusal = p, nil
	defer func() {
		if x := recover(); x != nil {
			node, n := s.busy()
			n.spoil()
			p.fail(node, &PanicError{Value: x, Stack: debug.Stack()})
		}
		for _, h := range w.heads {
			p.counts = append(p.counts, h.n)
			h.n = counts{}
		}
		s.part, s.sink, p.block = nil, nil, nil
	}()
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
	if err != nil && !errors.Is(err, flow.Done) {
		node, _ := s.busy()
		p.fail(node, err)
	}
}
