package runtime

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Ints of a source of ints become items where they leave the stage, or come to an operator that does not compute with
// columns. So whoever counts or sums ints pays for that, and not for items.

// gatherInts takes ints from a source, as gather takes items.
func (s *stage) gatherInts(ints []int64) error {
	for len(ints) > 0 {
		n := s.room(len(ints))
		if n == 0 { // with an item in hand, as ever
			if err := s.gather(flow.Item{Value: value.OfInt(ints[0])}); err != nil {
				return err
			}
			if err := s.deliver(); err != nil { // where there is room by now
				return err
			}
			ints = ints[1:]
			continue
		}
		if err := s.refused(); err != nil {
			return err
		}
		s.given(n)
		if s.refusal = s.columnThrough(s.links, flow.IntColumn(ints[:n])); s.refusal != nil {
			return s.refusal
		}
		s.idle()
		ints = ints[n:]
	}
	return nil
}

// columnThrough is through, of a column.
func (s *stage) columnThrough(links []*link, in flow.Column) error {
	for i, l := range links {
		if l.columns == nil {
			return s.itemsThrough(links[i:], in, 0)
		}
		l.busy = true
		n, out := l.columns.ProcessColumn(in, &l.room)
		l.busy = false
		l.n.in += int64(n)
		l.counted(n, out.Len())
		if n < in.Len() {
			if err := s.columnThrough(links[i+1:], out); err != nil {
				return err
			}
			return s.itemsThrough(links[i:], in, n)
		}
		in = out
	}
	return s.itemsThrough(nil, in, 0)
}

// itemsThrough makes items of a column, from one on, and takes these through operators.
func (s *stage) itemsThrough(links []*link, in flow.Column, from int) error {
	for end := in.Len(); from < end; {
		s.bulk = s.bulk[:0]
		for range min(lump, end-from) {
			s.bulk = append(s.bulk, flow.Item{Value: in.At(from, &s.slab)})
			from++
		}
		items := s.bulk
		s.bulk = s.bulk[:0]
		if err := s.through(links, items, false); err != nil {
			return err
		}
	}
	return nil
}
