package runtime

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// Where every operator of a stage gives at most one item for each while it takes it, or gives nothing before the end, the
// stage works on many items at a time: each operator takes all of them before the next one does. The order of the
// items, what becomes of each, and which failure comes first are as if they went one by one. So are the bounds: there
// are never more of them than the edges behind have room for. What ends its input with an item that nobody knows before
// comes first of such a stage: what it does not begin with stays where it came from.

// singly says why a stage takes one item after another; "" where it may work on many at a time.
func (s *stage) singly() string {
	switch {
	case s.spec.Kind == plan.Source && s.spec.Workers <= 1 && (s.run.plan.Meta || s.run.opt.Limit > 0):
		return "its items are counted one by one"
	case len(s.links) == 0:
	case s.spec.Kind == plan.Call:
		return "what calls give is handed on one by one"
	case s.spec.Kind == plan.Join:
		return "a join takes one item after another"
	case s.spec.Kind == plan.Chain && len(s.in) > 1:
		return "it reads several steps"
	case s.meets:
		return "nothing waits before it"
	}
	for i, l := range s.links {
		if why := l.singly(); why != "" {
			return why
		}
		if l.node.Component.Traits.Cuts && l.limited == nil && (i > 0 || s.spec.Kind != plan.Chain) {
			return "`" + l.node.ID + "` may end with any item, and what is before it in its stage takes none behind that"
		}
	}
	return ""
}

// singly says why an operator takes one item after another; "" where it may take many at a time.
func (l *link) singly() string {
	t, o, name := l.node.Component.Traits, &l.node.OnError, "`"+l.node.ID+"`"
	_, timed := l.op.(flow.Timed)
	_, stamps := l.op.(*stamper)
	_, bulk := l.op.(flow.Bulk)
	switch {
	case l.traced, stamps:
		return "its items are followed one by one, to a zip by lineage"
	case timed, !t.Single && (!t.Total || t.Early) && !(t.Cuts && t.One) && !bulk:
		return name + " takes one item after another"
	case l.done:
		return name + " wants none"
	case o.Action != "" && o.Action != "fail" && o.Action != "skip" || o.Tolerance.Errors > 0 || o.Tolerance.Ratio > 0:
		return "what fails in " + name + " is more than left out"
	}
	return ""
}

// gathers reports whether an operator gives nothing before the end.
func (l *link) gathers() bool {
	t := l.node.Component.Traits
	return t.Total && !t.Early && l.node.When == nil
}

// refused gives why nothing more is taken from the source; nil while it is.
func (s *stage) refused() error {
	switch {
	case s.refusal != nil:
		return s.refusal
	case s.halt.Load() == haltFeed:
		return errDraining
	}
	return s.stopped()
}

// gather is the Emit of a source whose items are worked on many at a time.
func (s *stage) gather(it flow.Item) error {
	if err := s.refused(); err != nil {
		return err
	}
	if len(s.bulk) == 0 {
		if s.space = s.room(lump); s.space == 0 {
			s.bulk, s.marked = append(s.bulk, it), it.Meta != nil
			return s.deliver() // and wait, with it in hand
		}
	}
	if s.bulk, s.marked = append(s.bulk, it), s.marked || it.Meta != nil; len(s.bulk) < s.space {
		return nil
	}
	return s.deliver()
}

// room gives how many items the stage can take without waiting to send what comes of them, up to a bound, and without any
// after one that an operator ends with.
func (s *stage) room(most int) int {
	n := uint64(most)
	for _, l := range s.links {
		if l.limited != nil {
			n = min(n, uint64(l.limited.Left()))
		}
	}
	if s.gathers {
		return int(n)
	}
	for _, e := range s.out {
		if !e.done.Load() {
			n = min(n, e.capacity-min(e.capacity, e.filled-e.head.Load()))
		}
	}
	return int(n)
}

// deliver takes what was gathered through the operators.
func (s *stage) deliver() error {
	if len(s.bulk) == 0 || s.refusal != nil {
		return s.refusal
	}
	s.given(len(s.bulk))
	s.refusal = s.through(s.links, s.bulk, s.marked)
	s.bulk, s.marked = s.bulk[:0], false
	if s.part == nil {
		s.idle()
	}
	return s.refusal
}

// given counts items that come from the source, and are about to be worked on.
func (s *stage) given(items int) {
	if s.part == nil {
		s.epoch = s.run.epoch.Load()
	}
	if s.head != nil {
		s.head.n.in += int64(items)
		if len(s.links) > 0 {
			s.head.sent(items)
		}
	}
}

// sent counts items that were handed on.
func (h *head) sent(items int) {
	h.n.out += int64(items)
	h.n.completed += int64(items)
}

// through takes items through operators, the last of the stage among them, and hands on what comes out. Marked says that
// some have a Meta. The slice is used again.
func (s *stage) through(links []*link, items []flow.Item, marked bool) error {
	var failed *link
	var cause error
	before := 0
	if s.part == nil { // else of all that comes out of the part
		before = bytesOf(items)
	}
	for _, l := range links {
		var err error
		if items, err = l.all(items, marked); err != nil {
			failed, cause = l, err // of an item before the one that failed above, if any did
		}
	}
	if bytesOf(items) <= before/thin {
		apart(items)
	}
	if err := s.sendAll(items); err != nil {
		return err
	}
	if cause == errStopped || cause == flow.Done {
		return cause
	}
	if failed != nil {
		failed.n.fatal++
		return s.fail(failed.node, cause)
	}
	return nil
}

// sendAll hands items on as send does, and counts those that nobody took.
func (s *stage) sendAll(items []flow.Item) error {
	left := len(items)
	err := s.sendMany(items, func(n int) {
		if left -= n; len(s.links) == 0 && s.head != nil {
			s.head.sent(n)
		}
	})
	if err != nil && len(s.links) > 0 {
		s.links[len(s.links)-1].sent(-left)
	}
	return err
}

// sendMany hands items on as send does, and tells of those that were taken.
func (s *stage) sendMany(items []flow.Item, taken func(n int)) error {
	single := len(s.out) == 1 && s.part == nil && s.to == nil
	for len(items) > 0 {
		n := 1
		if single && s.halt.Load() < haltDone && !s.out[0].done.Load() {
			n = min(s.out[0].free(), len(items))
		}
		if n > 1 {
			e := s.out[0]
			e.putAll(items[:n], s.epoch)
			if e.filled-e.tail.Load() >= lump {
				e.publish()
			} else {
				e.show()
			}
		} else if err := s.send(items[0]); err != nil {
			return err
		}
		n = max(n, 1)
		taken(n)
		items = items[n:]
	}
	return nil
}

// all takes items through one operator. An error is the failure of an item that ends the run; what came of those before
// it is given all the same.
func (l *link) all(items []flow.Item, marked bool) (out []flow.Item, err error) {
	before := len(l.out)
	l.out = l.out[:0]
	l.busy = true
	defer func() {
		if n := len(l.out); n < before { // the others hold on to what their text is a part of
			clear(l.out[n:before])
		}
	}()
	for len(items) > 0 {
		n, err := l.some(items, marked)
		l.n.in += int64(n)
		if err == flow.Done {
			l.done, l.busy = true, false
			return l.out, err
		}
		if err == nil {
			break
		}
		l.n.in++
		if err == errStopped || flow.IsFatal(err) || l.node.OnError.Action != "skip" {
			l.busy = false
			return l.out, err
		}
		l.n.skipped++
		items = items[n+1:]
	}
	l.busy = false
	return l.out, nil
}

// some takes items through the operator up to the first that fails.
func (l *link) some(items []flow.Item, marked bool) (n int, err error) {
	before := len(l.out)
	if b, ok := l.op.(flow.Bulk); ok && l.node.When == nil && !marked {
		n, l.out, err = b.ProcessAll(items, l.out)
		l.counted(n, len(l.out)-before)
		return n, err
	}
	for i, it := range items {
		before := len(l.out)
		if passes, err := l.passes(it); err != nil {
			return i, err
		} else if passes {
			l.out = append(l.out, it)
			l.n.out++
			l.n.completed++
			continue
		}
		err := l.op.Process(it, l.collect)
		if err != nil && err != flow.Done {
			l.out = l.out[:before]
			return i, err
		}
		l.counted(1, len(l.out)-before)
		if err != nil {
			return i + 1, err
		}
	}
	return len(items), nil
}

// counted counts the fates of n items of which so many came. Only a bulk of one may give several.
func (l *link) counted(n, out int) {
	l.n.out += int64(out)
	switch {
	case l.flusher != nil:
		l.held += int64(n)
	default:
		done := int64(min(n, out))
		l.n.completed += done
		l.n.filtered += int64(n) - done
	}
}

// keep is the Emit of an operator that works on many items.
func (l *link) keep(it flow.Item) error {
	l.out = append(l.out, it)
	return nil
}
