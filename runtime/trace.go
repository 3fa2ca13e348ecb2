package runtime

import "github.com/flowrun/flowrun/flow"

// stamper numbers the items where branches part that are zipped by lineage.
type stamper struct {
	fork  int
	forks int
	next  int64
}

// Process numbers an item.
func (s *stamper) Process(it flow.Item, emit flow.Emit) error {
	m := flow.Meta{}
	if it.Meta != nil {
		m = *it.Meta
	}
	lineage := make([]int64, s.forks)
	copy(lineage, m.Lineage)
	lineage[s.fork] = s.next
	s.next++
	m.Lineage = lineage
	it.Meta = &m
	return emit(it)
}

// gone gives the mark of an item that was left out.
func gone(it flow.Item) flow.Item {
	m := *it.Meta
	m.Gone = true
	return flow.Item{Meta: &m}
}

func isGone(it flow.Item) bool { return it.Meta != nil && it.Meta.Gone }

// mark hands on the mark of an item that was left out, past the operator.
func (l *link) mark(it flow.Item) error {
	l.busy = false
	switch next := l.after; {
	case next == nil:
		return l.st.send(gone(it))
	case next.done:
		return flow.Done
	default:
		return next.process(gone(it))
	}
}

// mark hands on the mark of an item that was left out by the head.
func (s *stage) mark(it flow.Item) error {
	if len(s.links) > 0 {
		return s.links[0].process(gone(it))
	}
	return s.send(gone(it))
}
