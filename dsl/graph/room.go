package graph

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// Capacities of channels in items, where nothing in the file says otherwise.
const (
	BeforeCall = 16
	Computing  = 1024
	WithinStep = 16 // between steps within a step, as there may be many such channels
)

// endless stands for a number of items without a bound.
const endless = int64(1) << 50

func times(a, b int64) int64 {
	if b != 0 && a > endless/b {
		return endless
	}
	return min(a*b, endless)
}

// room is what a way from a fork down to a join takes while nothing is taken at its end. It is never full, and no room, where
// something on the way takes all there is.
type room struct {
	items int64   // of those that the fork gives: so many at least
	unit  int64   // how many of them one item at this place is, at least; 0: several may be of one
	left  int64   // after so many items the way wants no more
	apart bool    // a channel lies behind, so that what follows works by itself
	works bool    // a step lies behind the last of the channels, with an item in hand
	cuts  bool    // it is one that ends with the last item, once that is taken from it
	wide  []*Node // the buffers behind of which each place takes one of the fork's items, or more
}

// rooms gives the room of every way that begins with an edge, by the inputs of joins at which they end.
func (v *view) rooms(first link) map[link]room {
	at := map[*Node]*room{} // behind a node
	found := map[link]room{}
	for _, n := range v.order {
		var into *room
		for i, in := range n.In {
			r := at[in.From]
			if l := (link{n, i}); l == first {
				r = &room{unit: 1, left: endless}
			}
			if r == nil {
				continue
			}
			crossed := v.cross(*r, n, in)
			if n.Component.Kind() == flow.KindJoin && crossed.left > 0 {
				found[link{n, i}] = crossed
			}
			if v.loads(n, in.Port) || crossed.left <= 0 {
				continue
			}
			if into == nil || crossed.items < into.items {
				least := crossed
				if into != nil {
					least.unit, least.left = min(least.unit, into.unit), max(least.left, into.left)
				}
				into = &least
			} else {
				into.unit, into.left = min(into.unit, crossed.unit), max(into.left, crossed.left)
			}
		}
		if into != nil && !takesAll(n) {
			at[n] = v.through(*into, n)
		}
	}
	return found
}

// cross adds the channel before a node, and the item that what writes to it holds in hand.
func (v *view) cross(r room, n *Node, in Input) room {
	size, channel := v.channel(n, in)
	if !channel {
		return r
	}
	if r.left -= size; r.works && !r.cuts {
		r.left--
	}
	if r.apart && r.works {
		size++
	}
	r.items = min(r.items+times(size, r.unit), endless)
	r.apart, r.works, r.cuts = true, false, false
	return r
}

// through goes past a node.
func (v *view) through(r room, n *Node) *room {
	if v.isChannel(n) {
		if r.unit > 0 {
			r.wide = append(slices.Clone(r.wide), n)
		}
		return &r
	}
	r.works = true
	p := v.pace(n)
	switch {
	case p.Per > 0:
		r.unit = times(r.unit, p.Per)
	case !p.single || n.Component.Kind() == flow.KindJoin: // of a join, what waits may be of another input
		r.unit = 0
	}
	switch {
	case p.Most > 0 && n.Component.Traits.Cuts:
		r.left, r.cuts = p.Most, true
	case !p.single:
		r.left = endless
	}
	return &r
}

// channel gives how many items a channel before a node holds; false where there is none for sure, as neighbours may share a
// goroutine.
func (v *view) channel(n *Node, in Input) (size int64, ok bool) {
	from := in.From
	if v.isChannel(n) {
		return 0, false
	}
	sized := int64(0)
	for buffers(from) {
		sized, ok = sized+int64(from.Options.(*flow.BufferOptions).Size), true
		if !v.isChannel(from) || from.In[0].Output != "" {
			break
		}
		from = from.In[0].From
	}
	t := n.Component.Traits
	_, lossy := n.Options.(*flow.BufferOptions)
	switch kind := n.Component.Kind(); {
	case ok:
		return sized, true
	case in.Output == "" && len(n.In) == 1 && v.readers[from] == 1 && from.Component != Entry && !lossyBuffer(from) &&
		kind != flow.KindCall && kind != flow.KindJoin && kind != flow.KindSink && !lossy && !t.Yields:
		return 0, false
	case lossyBuffer(from) || v.yields(from) || lossy || t.Prompt:
		return 0, true
	case v.plan.Buffer != nil:
		return int64(v.plan.Buffer.Size), true
	case v.within:
		return WithinStep, true
	case kind == flow.KindCall:
		return BeforeCall, true
	}
	return Computing, true
}

// yields reports whether a node, or what may share its goroutine before it, holds what waits by itself.
func (v *view) yields(n *Node) bool {
	for !n.Component.Traits.Yields {
		if len(n.In) != 1 {
			return false
		}
		if _, apart := v.channel(n, n.In[0]); apart {
			return false
		}
		n = n.In[0].From
	}
	return true
}

// buffers reports whether a node is a buffer step that bounds the channels behind it, and does no more.
func buffers(n *Node) bool {
	b, ok := n.Options.(*flow.BufferOptions)
	return ok && b.Bytes == 0 && (b.Overflow == "block" || b.Overflow == "")
}

func lossyBuffer(n *Node) bool {
	_, ok := n.Options.(*flow.BufferOptions)
	return ok && !buffers(n)
}

// isChannel reports whether a node is no more than the bound of the channels behind it.
func (v *view) isChannel(n *Node) bool { return buffers(n) && len(n.In) == 1 && v.readers[n] > 0 }

// takesAll reports whether a node never holds up what is before it.
func takesAll(n *Node) bool {
	t := n.Component.Traits
	if b, ok := n.Options.(*flow.BufferOptions); ok && n.When == nil {
		return b.Overflow != "block" && b.Overflow != ""
	}
	return (t.Total || t.Yields) && n.When == nil
}

// loads reports whether a join takes all of an input before it gives anything.
func (v *view) loads(n *Node, port int) bool {
	for _, in := range n.In {
		if h, _ := v.holds(n, in.Port, port); h == flow.Loading {
			return true
		}
	}
	return false
}

// holds says when a node leaves the items of an input where they are: see flow.Holder.
func (v *view) holds(n *Node, port, other int) (h flow.Hold, ahead int64) {
	o, ok := n.Options.(flow.Holder)
	if !ok || port == other {
		return flow.Never, 0
	}
	if h, ahead = o.Holds(port, other); h == flow.Sparing && !v.sparing {
		return flow.Never, 0
	}
	return h, ahead
}
