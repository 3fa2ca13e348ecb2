package runtime

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// routing makes an operator of a router.
type routing struct {
	router flow.Router
	link   *link
	ports  [][]*edge
	next   int // the port that is asked first for room
	give   func(port int, it flow.Item) error
}

// operator gives a component as an operator of a chain.
func operator(c any) flow.Op {
	if r, ok := c.(flow.Router); ok {
		return &routing{router: r}
	}
	return c.(flow.Op)
}

// Process gives an item to the outputs that the router chooses.
func (r *routing) Process(it flow.Item, _ flow.Emit) error {
	if r.ports == nil {
		h := r.link.head
		for _, name := range h.node.Outputs() {
			r.ports = append(r.ports, h.beside[name])
		}
		r.give = r.send
	}
	return r.router.Route(it, r.give)
}

// send hands an item to the readers of a port, waiting for room.
func (r *routing) send(port int, it flow.Item) error {
	l, s := r.link, r.link.st
	if port == flow.AnyPort {
		if port = r.free(); port < 0 {
			s.idle()
			s.block(slices.Concat(r.ports...))
			s.ww.wait(func() bool { port = r.free(); return port >= 0 || s.halt.Load() >= haltDone })
			s.blocked.Store(nil)
		}
		if err := s.stopped(); err != nil {
			l.down, l.refused = err, true
			return err
		}
	}
	if s.unpins {
		it.Value = s.pins.Unpin(it.Value)
	}
	wanted := false
	for _, e := range r.ports[port] {
		wanted = wanted || !e.done.Load()
		if err := s.sendTo(e, it); err != nil {
			l.down, l.refused = err, true
			return err
		}
	}
	if wanted {
		l.n.out++
		l.emitted++
	}
	return nil
}

// free gives the next port whose readers have room; -1 if there is none. A port whose readers want no more has none.
func (r *routing) free() int {
	for k := range r.ports {
		port := (r.next + k) % len(r.ports)
		wanted := false
		for _, e := range r.ports[port] {
			wanted = wanted || !e.done.Load()
		}
		if wanted && roomIn(r.ports[port]) {
			r.next = port + 1
			return port
		}
	}
	return -1
}

// branch gives an operator with outputs beside its main one the ways to their readers.
func (l *link) branch() {
	op, ok := l.op.(flow.Branching)
	if !ok {
		return
	}
	for _, name := range l.node.Outputs() {
		edges := l.beside[name]
		if edges == nil {
			continue
		}
		op.Beside(name, func(it flow.Item) error {
			for _, e := range edges {
				if err := l.st.sendTo(e, it); err != nil {
					l.down, l.refused = err, true
					return err
				}
			}
			l.n.out++
			l.n.completed++
			l.held-- // it is counted when Process is over
			return nil
		})
	}
}
