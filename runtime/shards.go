package runtime

import (
	"math/bits"
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// An operator that keeps things by key works in a split stage, too: they are in shards, by the hash of the key. The
// goroutine of a part has looked at all items of the part that come to the operator; then it goes through the shards, and
// at each waits for its turn, has the shard keep what is of its keys, and passes the turn on. So every shard sees its items
// in the order of the input, and several goroutines are at work in different shards. What may pass goes on through the
// operators behind, in the same goroutine; what is given at the end is merged by the emitter.
//
// An operator that makes one result of all items is whole, as if it were one shard: each part takes its items to it in turn.

// kept is what an operator of a split stage keeps.
type kept struct {
	link   *link        // of the stage
	shards []flow.Keyed // as many as a power of two, the first of which is the link's operator; none where it is whole
	shift  int          // of a hash: what is left says which shard
}

// shard makes what the operators of the stage keep.
func (c *split) shard() error {
	for _, spec := range c.st.spec.Kept {
		at := slices.IndexFunc(c.st.links, func(l *link) bool { return l.node == spec.By })
		by := &kept{link: c.st.links[at]}
		c.kept = append(c.kept, by)
		if c.turns++; spec.Shards == 1 {
			continue
		}
		by.shards = append(by.shards, by.link.op.(flow.Keyed))
		for range spec.Shards - 1 {
			op, err := c.st.run.make(spec.By)
			if err != nil {
				return c.st.run.stepError(spec.By, err)
			}
			by.shards = append(by.shards, op.(flow.Keyed))
		}
		by.shift = 64 - bits.TrailingZeros(uint(spec.Shards))
		c.turns += spec.Shards
	}
	return nil
}

// merge puts together what gives results at the end.
func (c *split) merge() {
	for _, by := range c.kept {
		if m, ok := by.link.op.(flow.Merger); ok && by.shards != nil {
			by.link.busy = true
			m.Merge(by.shards[1:])
			by.link.busy = false
		}
	}
}

// keepWhole takes the items of a part to an operator that takes them whole, which the last of the leg that hands are at
// stands for.
func (w *hands) keepWhole(p *part, by *kept, k *looked) error {
	l := w.st.links[len(w.st.links)-1]
	l.n.in -= int64(len(k.items)) // counted as they are taken
	l.held = 0
	p.await(w.waiter)
	looker := l.op
	l.op = by.link.op
	defer func() { l.op = looker }()
	var err error
	for items := k.items; len(items) > 0 && err == nil; {
		if w.of.halt.Load() >= haltDone {
			return flow.Done
		}
		n := min(lump, len(items))
		_, err = l.all(items[:n], hasMeta(items[:n]))
		items = items[n:]
	}
	p.pass()
	if k.count = int(l.held); err == nil || err == errStopped {
		return err
	}
	l.n.fatal++
	p.fail(l.node, err)
	return nil
}

func hasMeta(items []flow.Item) bool {
	return slices.ContainsFunc(items, func(it flow.Item) bool { return it.Meta != nil })
}

// keep takes the part through the shards of a keyed operator, the last of the leg that hands are at. Then it takes its turn
// to reserve memory for what these hold more: whether that is too much, and from which item on, is a matter of the items
// before, and not of which part was kept first.
func (w *hands) keep(p *part, by *kept, k *looked) error {
	if by.shards == nil {
		return w.keepWhole(p, by, k)
	}
	l := w.st.links[len(w.st.links)-1]
	l.held, l.busy = 0, true
	k.seen.Ready()
	k.seen.From = p.number<<32 + uint64(k.early)
	k.sort(by)
	count, fault := k.seen.Len(), error(nil)
	for s, shard := range by.shards {
		p.await(w.waiter)
		if which := k.of(s); len(which) > 0 && w.of.halt.Load() < haltDone {
			if n, err := shard.Keep(&k.seen, which); err != nil && int(which[n]) < count {
				count, fault = int(which[n]), err
			}
		}
		p.pass()
	}
	p.await(w.waiter)
	if w.of.halt.Load() >= haltDone {
		return flow.Done
	}
	if n, err := flow.HoldAll(by.shards[0], k.seen.Held[:count]); err != nil {
		count, fault = n, err
	}
	p.pass()
	if k.count = count; by.gives() {
		passed := k.passed()
		l.n.out += int64(passed)
		l.n.completed += int64(passed)
		l.n.filtered += int64(count - passed)
	}
	if l.busy = false; fault != nil {
		l.n.fatal++
		p.fail(l.node, fault)
	}
	return nil
}

// gives reports whether the operator lets items pass; else it gives results at the end.
func (by *kept) gives() bool { return by.link.flusher == nil }

// goOn takes what passed a keyed operator through the operators of the leg behind it.
func (w *hands) goOn(p *part, by *kept, k *looked) error {
	s := w.st
	if !by.gives() {
		return nil
	}
	passed := k.items[:0]
	for i := range k.count {
		if k.seen.Pass[i] {
			passed = append(passed, k.items[i])
		}
	}
	most := lump
	if s.singly() != "" {
		most = 1
	}
	for n := 0; len(passed) > 0; passed = passed[n:] {
		if w.of.halt.Load() >= haltDone {
			return flow.Done
		}
		n = min(most, len(passed))
		var err error
		switch {
		case len(s.links) == 0:
			err = s.sendMany(passed[:n], func(int) {})
		case most == 1:
			err = s.links[0].process(passed[0])
		default:
			err = s.through(s.links, passed[:n], hasMeta(passed[:n]))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
