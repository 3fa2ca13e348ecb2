package runtime

import (
	"fmt"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// buffer is the stage of a buffer step that does more than bound an edge: it counts bytes, or doesn't wait when it is
// full. Its edges hold nothing, so that what it holds is what the step says.
type buffer struct {
	st    *stage
	opt   *flow.BufferOptions
	size  int
	queue []queued
	bytes int64
}

type queued struct {
	it    flow.Item
	epoch uint32
	bytes int64
}

func newBuffer(s *stage, n *graph.Node) *buffer {
	b := &buffer{st: s, opt: n.Options.(*flow.BufferOptions)}
	b.size = b.opt.Size
	if b.opt.Overflow == "latest" {
		b.size = 1
	}
	return b
}

// run is the body of the stage.
func (b *buffer) run() ending {
	s := b.st
	out := s.out
	n := &s.head.n
	for {
		if s.halt.Load() >= haltDone {
			return failed
		}
		moved := false
		for len(b.queue) > 0 && roomIn(out) {
			s.epoch = b.queue[0].epoch
			if err := s.pass(b.queue[0].it); err != nil {
				return failed
			}
			b.drop()
			n.completed++
			moved = true
		}
		if b.waits() || !moved {
			s.idle()
		}
		if !b.waits() {
			if e := s.pick(); e != nil {
				it, epoch := e.take()
				s.turn()
				e.release()
				n.in++
				if err := b.add(it, epoch); err != nil {
					n.fatal++
					s.net.fail(s.head.node, err)
					return failed
				}
				s.head.publish()
				continue
			}
		}
		how := s.over()
		if how != open && len(b.queue) == 0 {
			return how
		}
		s.head.publish()
		s.idle()
		if len(b.queue) > 0 {
			s.block(out)
		}
		s.rw.wait(func() bool {
			return s.halt.Load() >= haltDone || len(b.queue) > 0 && roomIn(out) ||
				!b.waits() && s.pickable() || len(b.queue) == 0 && s.inputEnd() != open
		})
		s.blocked.Store(nil)
	}
}

// waits reports whether a full buffer makes its writer wait.
func (b *buffer) waits() bool {
	return b.opt.Overflow == "block" && b.full(0)
}

// full reports whether an item of so many bytes is too much. One item is always let in.
func (b *buffer) full(bytes int64) bool {
	return len(b.queue) >= b.size || b.opt.Bytes > 0 && len(b.queue) > 0 && b.bytes+bytes >= int64(b.opt.Bytes)
}

// add queues an item, or does what overflow says.
func (b *buffer) add(it flow.Item, epoch uint32) error {
	q := queued{it: it, epoch: epoch}
	if b.opt.Bytes > 0 {
		q.bytes = int64(it.Value.Size())
	}
	for b.opt.Overflow != "block" && b.full(q.bytes) {
		switch b.opt.Overflow {
		case "fail":
			return fmt.Errorf("the buffer of %d items is full", b.size)
		case "drop_newest":
			b.st.head.n.dropped++
			return nil
		}
		b.drop()
		b.st.head.n.dropped++
	}
	b.queue = append(b.queue, q)
	b.bytes += q.bytes
	return nil
}

// drop takes the oldest item out. The queue moves on in its memory, and is moved to new memory when it comes to the end of
// that, which costs each item as much however many there are.
func (b *buffer) drop() {
	b.bytes -= b.queue[0].bytes
	b.queue[0] = queued{}
	b.queue = b.queue[1:]
}

// roomIn reports whether an item can be sent without waiting.
func roomIn(out []*edge) bool {
	for _, e := range out {
		if !e.done.Load() && !e.room() {
			return false
		}
	}
	return true
}
