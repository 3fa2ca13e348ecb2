package runtime

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// Much may come of a part, as of a `flat_map` of few items. A part that holds more than its share waits until it is the oldest,
// and then what it holds is kept, or handed on, before it goes on: so what is held is bounded, whatever comes of an item.

// aheadBytes is how many encoded bytes a part holds at most, but for the last item's.
const aheadBytes = 16 * flow.BlockSize

// full reports whether so many items are too many for a part to hold.
func (w *hands) full(items int) bool {
	ahead := w.of.split.ahead
	return items >= ahead && int64(items) >= int64(ahead)+plan.AheadOfEach*w.heads[0].n.in
}

// keepEarly has an operator that keeps something, and those behind it, take what was looked at so far.
func (w *hands) keepEarly(at int) error {
	c, s := w.of.split, w.st
	p, by, leg := s.part, c.kept[at], s.links
	k := &p.looked[at]
	p.keepTurns(w.waiter, c.turns)
	w.phase(p, leg, func(p *part) error { return w.keep(p, by, k) })
	w.phase(p, w.legs[at+1], func(p *part) error { return w.goOn(p, by, k) })
	k.next()
	if s.links = leg; p.err != nil || w.of.deaf() || c.deserted.Load() {
		return errStopped
	}
	return nil
}

// giveEarly has what came out so far handed on, and waits for that.
func (w *hands) giveEarly(p *part) error {
	c := w.of.split
	n := int64(len(p.out)) + p.encoded()
	p.asks.Store(true)
	w.of.ww.wake()
	w.waiter.wait(func() bool { return !p.asks.Load() || c.deserted.Load() })
	if p.asks.Load() {
		return errStopped
	}
	giver := w.heads[len(w.heads)-1]
	if w.sink != nil {
		giver = w.heads[len(w.heads)-2]
		e := w.sink.n.out
		w.sink.n.add(counts{in: -e, out: -e, completed: -e})
	}
	giver.n.out -= n
	for _, a := range p.aside {
		a.by.n.in--
	}
	clear(p.aside)
	p.aside = p.aside[:0]
	return nil
}

// handEarly gives what came so far out of the oldest part, which waits for that, to what follows.
func (c *split) handEarly(p *part) error {
	giver, last := c.giver(), c.heads[len(c.heads)-1]
	c.st.epoch = p.epoch
	c.admit(p.aside, 1)
	defer func() {
		for _, h := range c.heads {
			h.publish()
		}
	}()
	if err := c.sendOut(p, func(n int) { giver.n.out += int64(n) }); err != nil {
		c.admit(p.aside, -1) // they are counted with the part
		if c.sink != nil {
			c.undelivered(err)
		}
		return err
	}
	if n := p.encoded(); n > 0 {
		giver.n.out += n
		last.n.add(counts{in: n, out: n, completed: n})
	}
	clear(p.out)
	p.out, p.data = p.out[:0], p.data[:0]
	p.asks.Store(false)
	p.by.waiter.wake()
	return nil
}

// admit counts what failed as admitted, before the part is.
func (c *split) admit(failed []aside, n int64) {
	for _, a := range failed {
		if a.by.of.n.in += n; c.src == nil && a.by.of == c.heads[0] {
			a.by.of.known.in += n // published when it was read
		}
	}
}

// desert tells the parts that are left that nothing will be handed on any more.
func (c *split) desert() {
	c.deserted.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.queue {
		if p.by != nil {
			p.by.waiter.wake()
		}
	}
}
