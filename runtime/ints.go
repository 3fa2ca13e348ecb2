package runtime

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Ints of a source of ints become items where they leave the stage, or come to an operator that does not compute with
// columns of them. So whoever counts or sums ints pays for that, and not for items.

// gatherInts takes ints from a source, as gather takes items.
func (s *stage) gatherInts(ints []int64) error {
	for len(ints) > 0 {
		if s.room() == 0 { // with an item in hand, as ever
			if err := s.gather(flow.Item{Value: value.OfInt(ints[0])}); err != nil {
				return err
			}
			ints = ints[1:]
			continue
		}
		switch {
		case s.refusal != nil:
			return s.refusal
		case s.halt.Load() == haltFeed:
			return errDraining
		case s.halt.Load() != proceed:
			return s.stopped()
		}
		n := min(len(ints), s.room())
		s.given(n)
		if s.refusal = s.intsThrough(s.links, ints[:n]); s.refusal != nil {
			return s.refusal
		}
		s.idle()
		ints = ints[n:]
	}
	return nil
}

// intsThrough is through, of ints.
func (s *stage) intsThrough(links []*link, ints []int64) error {
	for i, l := range links {
		op, ok := l.op.(flow.IntOp)
		if !ok || l.node.When != nil {
			return s.through(links[i:], s.items(ints), false)
		}
		l.busy = true
		n, out := op.ProcessInts(ints, l.ints[:0])
		l.busy = false
		l.ints = out
		l.n.in += int64(n)
		l.counted(n, len(out))
		if left := ints[n:]; len(left) > 0 {
			if err := s.intsThrough(links[i+1:], out); err != nil {
				return err
			}
			return s.through(links[i:], s.items(left), false)
		}
		ints = out
	}
	return s.sendAll(s.items(ints))
}

// items makes items of ints, for now.
func (s *stage) items(ints []int64) []flow.Item {
	s.bulk = s.bulk[:0]
	for _, x := range ints {
		s.bulk = append(s.bulk, flow.Item{Value: value.OfInt(x)})
	}
	items := s.bulk
	s.bulk = s.bulk[:0]
	return items
}
