package runtime

import (
	"math/bits"
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// An operator that keeps its state by key works in a split stage, too: the state is in shards, by the hash of the key. The
// goroutine of a part has looked at all items of the part that come to the operator; then it goes through the shards, and
// at each waits for its turn, has the shard keep what is of its keys, and passes the turn on. So every shard sees its items
// in the order of the input, and several goroutines are at work in different shards. What may pass goes on through the
// operators behind, in the same goroutine; what is given at the end is merged by the emitter.

// sharded is the state of a keyed operator of a split stage.
type sharded struct {
	link   *link        // of the stage
	shards []flow.Keyed // as many as a power of two; the first is the link's operator
	shift  int          // of a hash: what is left says which shard
}

// shard makes the shards.
func (c *split) shard() error {
	for _, l := range c.st.links {
		if !slices.Contains(c.st.spec.Keyed, l.node) {
			continue
		}
		by := &sharded{link: l, shards: []flow.Keyed{l.op.(flow.Keyed)}}
		n := c.st.spec.Shards()
		for range n - 1 {
			op, err := c.st.run.make(l.node)
			if err != nil {
				return err
			}
			by.shards = append(by.shards, op.(flow.Keyed))
		}
		by.shift = 64 - bits.TrailingZeros(uint(n))
		c.keyed = append(c.keyed, by)
		c.turns += n + 1
	}
	return nil
}

// merge puts together what gives results at the end.
func (c *split) merge() {
	for _, by := range c.keyed {
		if m, ok := by.shards[0].(flow.Merger); ok {
			by.link.busy = true
			m.Merge(by.shards[1:])
			by.link.busy = false
		}
	}
}

// looked is what is known of the items of a part that came to a keyed operator, and what became of them.
type looked struct {
	seen  flow.Seen
	items []flow.Item // where they may pass
	order []int32     // their positions, by shard
	ends  []int       // of each shard in that
	count int         // how many were kept: those before the first that failed
}

func (k *looked) reset() {
	k.seen.Reset()
	clear(k.items)
	k.items, k.count = k.items[:0], 0
}

// sort finds out which items are of which shard. Within a shard they stay in order.
func (k *looked) sort(by *sharded) {
	hashes := k.seen.Hash
	k.ends = append(k.ends[:0], make([]int, len(by.shards))...)
	for _, h := range hashes {
		k.ends[h>>by.shift]++
	}
	at := 0
	for i, n := range k.ends { // where each begins, which moves to its end
		k.ends[i] = at
		at += n
	}
	if cap(k.order) < len(hashes) {
		k.order = make([]int32, max(len(hashes), 2*cap(k.order)))
	}
	k.order = k.order[:len(hashes)]
	for i, h := range hashes {
		s := h >> by.shift
		k.order[k.ends[s]] = int32(i)
		k.ends[s]++
	}
}

// of gives the positions of the items of a shard.
func (k *looked) of(shard int) []int32 {
	if shard == 0 {
		return k.order[:k.ends[0]]
	}
	return k.order[k.ends[shard-1]:k.ends[shard]]
}

// looker stands for a keyed operator in hands: it looks at the items of a part, and holds them.
type looker struct {
	flow.Keyed
	to     *looked
	passes bool // the operator may let them pass
	item   [1]flow.Item
}

// Process looks at an item.
func (k *looker) Process(it flow.Item, _ flow.Emit) error {
	k.item[0] = it
	_, _, err := k.ProcessAll(k.item[:], nil)
	return err
}

// ProcessAll looks at items.
func (k *looker) ProcessAll(items, out []flow.Item) (n int, _ []flow.Item, err error) {
	n, err = k.Look(items, &k.to.seen)
	if k.passes {
		k.to.items = append(k.to.items, items[:n]...)
	}
	return n, out, err
}

// Flush is never called: what the part has looked at is kept when its turn comes.
func (k *looker) Flush(flow.Emit) error { return nil }

// keep takes the part through the shards of a keyed operator, the last of the leg that hands are at. Then it takes its turn
// to reserve memory for what these hold more: whether that is too much, and from which item on, is a matter of the items
// before, and not of which part was kept first.
func (w *hands) keep(p *part, by *sharded, k *looked) error {
	l := w.st.links[len(w.st.links)-1]
	l.held, l.busy = 0, true
	k.seen.Ready()
	k.seen.From = p.number << 32
	k.sort(by)
	count, fault := k.seen.Len(), error(nil)
	for s, shard := range by.shards {
		p.await()
		if which := k.of(s); len(which) > 0 && w.of.halt.Load() < haltDone {
			if n, err := shard.Keep(&k.seen, which); err != nil && int(which[n]) < count {
				count, fault = int(which[n]), err
			}
		}
		p.pass()
	}
	p.await()
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

// passed gives how many of those that were kept may pass.
func (k *looked) passed() (n int) {
	for _, pass := range k.seen.Pass[:k.count] {
		if pass {
			n++
		}
	}
	return n
}

// gives reports whether the operator lets items pass; else it gives results at the end.
func (by *sharded) gives() bool { return by.link.flusher == nil }

// goOn takes what passed a keyed operator through the operators of the leg behind it.
func (w *hands) goOn(p *part, k *looked) error {
	s := w.st
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
		marked := slices.ContainsFunc(passed[:n], func(it flow.Item) bool { return it.Meta != nil })
		var err error
		switch {
		case len(s.links) == 0:
			err = s.sendMany(passed[:n], func(int) {})
		case most == 1:
			err = s.links[0].process(passed[0])
		default:
			err = s.through(s.links, passed[:n], marked)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
