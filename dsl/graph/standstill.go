package graph

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// Standstill is a place at which a plan may come to a standstill: a fork cannot give to one of its ways, which is full, and
// is waited for by the other.
type Standstill struct {
	Cause Cause
	Fork  *Node
	Join  *Node // it leaves the items of an input where they are: the way that ends at
	Held  Input // fills up
	While Input // another input of Join, that it waits for meanwhile
	Wants *Node // waits for what the fork gives on the other way: Join itself, or one that Join waits for in the end
	Other Input // the input that Wants waits for
	First *Node // what reads Fork on the way that fills up

	Room int64    // how many of the fork's items that way takes at least
	Need int64    // how many it must take; 0: no number is enough
	Per  [2]int64 // how many of the fork's items it takes for one that comes to Join by the way that fills up, and to Wants by the other; 0: that depends

	wide []*Node // the buffers on that way of which each place takes one of the fork's items, or more
	lead int64   // what the channel holds with which it begins
}

// Cause is why one of two ways fills up.
type Cause int

// The causes.
const (
	Diverging Cause = iota // as many items of each are taken, and fewer may come by the other way
	Short                  // as many come by both, but not soon enough
	Starving               // the other way may give any number of items before, or none
	Sparing                // the join would hold more than it wants to
)

// Standstills gives the places at which a plan may come to a standstill, one for each join, input and cause, in the plan's
// order, without those of the steps within its steps. Entry is how many items the steps within a step are given; less than
// 0: that is not known.
//
// A run stands still when joins and forks wait for one another in a circle: a join for an item of one input, which a fork
// cannot give as another of its ways is full, up to a join that takes nothing of that way, as it waits for an item of
// another input. Where every join of a circle takes as many items of its inputs in turn, no way that is waited for gives
// fewer than the one that is full, and each that is full takes more than what the other one keeps, the circle cannot
// close: around it, each join would have taken more items than the one before.
func (p *Plan) Standstills(entry int64) (all []*Standstill) {
	if entry < 0 {
		entry = endless
	}
	if !slices.ContainsFunc(p.Nodes, func(n *Node) bool { return n.Component != nil && n.Component.Kind() == flow.KindJoin }) {
		return nil
	}
	steps := p.view(entry).steps()
	type key struct {
		join  *Node
		held  Input
		cause Cause
	}
	worst := map[key]*Standstill{}
	circle := circles(steps)
	for _, s := range steps {
		if s.of == nil || circle[s.from] != circle[s.to] {
			continue
		}
		k := key{s.of.Join, s.of.Held, s.of.Cause}
		if k.cause == Diverging { // what cures one cures all
			k.held = Input{}
		}
		old := worst[k]
		if old == nil {
			worst[k] = s.of
			all = append(all, s.of)
		} else if old.Need > 0 && (s.of.Need == 0 || s.of.Need-s.of.Room > old.Need-old.Room) {
			*old = *s.of
		}
	}
	return all
}

// Unheld gives the joins that leave items where they are to hold less, and must not, as that might bring all to a
// standstill; those of the steps within steps, too.
func (p *Plan) Unheld() map[*Node]bool {
	unheld := map[*Node]bool{}
	look := func(p *Plan) {
		v := p.view(endless)
		v.sparing = true
		if !slices.ContainsFunc(v.ends(), v.spares) {
			return
		}
		steps := v.steps()
		circle := circles(steps)
		for _, s := range steps {
			if s.of != nil && s.of.Cause == Sparing && circle[s.from] == circle[s.to] {
				unheld[s.to.to] = true
			}
		}
	}
	look(p)
	p.Walk(func(n *Node) {
		if _, inner := n.Nest(); inner != nil {
			look(inner)
		}
	})
	return unheld
}

// steps gives what may come of every fork.
func (v *view) steps() (steps []step) {
	for _, fork := range v.order {
		if len(v.outs[fork]) > 1 {
			steps = v.part(fork, steps)
		}
	}
	return steps
}

// part adds what may come of the ways that begin at a fork.
func (v *view) part(fork *Node, steps []step) []step {
	outs, ends := v.outs[fork], v.ends()
	ways, rooms := make([]map[link]way, len(outs)), make([]map[link]room, len(outs))
	wants, fills := make([][]link, len(outs)), make([][]link, len(outs))
	for i, e := range outs {
		ways[i], rooms[i] = v.ways(e), v.rooms(e)
		for _, end := range ends {
			if _, ok := ways[i][end]; ok && v.waits(end) {
				wants[i] = append(wants[i], end)
			}
			if _, ok := rooms[i][end]; ok {
				fills[i] = append(fills[i], end)
			}
		}
	}
	for i, e := range outs {
		for k, full := range outs {
			if i == k || fork.Component.Traits.AnyRoom && e.in().Output != full.in().Output { // it would give to the one with room
				continue
			}
			for _, held := range fills[k] {
				for _, wanted := range wants[i] {
					r, w := rooms[k][held], ways[i][wanted]
					if s := v.standstill(e, full, wanted, held, w, ways[k][held], r); s != nil {
						steps = v.meet(steps, *s, wanted, held, w.keeps, r.unit)
					}
				}
			}
		}
	}
	return steps
}

// ends gives the inputs of joins, in order.
func (v *view) ends() (all []link) {
	for _, n := range v.order {
		for i := range n.In {
			if n.Component.Kind() == flow.KindJoin {
				all = append(all, link{n, i})
			}
		}
	}
	return all
}

// spares reports whether a join may leave the items of this input where they are, and need not.
func (v *view) spares(l link) bool {
	return slices.ContainsFunc(l.to.In, func(in Input) bool {
		h, _ := v.holds(l.to, l.in().Port, in.Port)
		return h == flow.Sparing
	})
}

// waits reports whether a join leaves items where they are while it waits for this input.
func (v *view) waits(l link) bool {
	for _, in := range l.to.In {
		if h, _ := v.holds(l.to, in.Port, l.in().Port); h != flow.Never {
			return true
		}
	}
	return false
}

// standstill describes that one way is full while the other is waited for; nil where it never is.
func (v *view) standstill(e, full, wanted, held link, w, other way, r room) *Standstill {
	need := v.gives(full.in())
	if e.in().Output == full.in().Output { // else an item goes to one of them only
		need = min(need, w.until)
	} else {
		w.per = 0
	}
	if r.items >= need {
		return nil
	}
	if need == endless {
		need = 0
	}
	lead, _ := v.channel(full.to, full.in())
	return &Standstill{
		Fork: full.in().From, Join: held.to, Held: held.in(), Wants: wanted.to, Other: wanted.in(), First: full.to,
		Room: r.items, Need: need, Per: [2]int64{other.per, w.per}, wide: r.wide, lead: lead,
	}
}

// meet adds what the join at the end of the full way may wait for meanwhile, and why. One item there is of so many of the
// fork's at least; so many are kept on the other way.
func (v *view) meet(steps []step, s Standstill, wanted, held link, keeps, least int64) []step {
	by := map[Cause]*Standstill{}
	for i, in := range held.to.In {
		hold, _ := v.holds(held.to, held.in().Port, in.Port)
		if hold == flow.Never {
			continue
		}
		next := step{from: wanted, to: link{held.to, i}}
		cause, need, enough := Starving, s.Need, endless
		switch {
		case hold == flow.Sparing:
			cause = Sparing
		case hold != flow.InTurn:
		case s.Per[1] == 0 || s.Per[1] > least:
			cause = Diverging
		default:
			cause = Short
			if enough = min(times(s.Per[1], v.ahead(wanted, held))+keeps, endless); enough < endless && (need == 0 || enough < need) {
				need = enough
			}
		}
		if s.Room < enough {
			if by[cause] == nil {
				of := s
				of.Cause, of.While, of.Need = cause, in, need
				by[cause] = &of
			}
			next.of = by[cause]
		}
		steps = append(steps, next)
	}
	return steps
}

// ahead gives how many items of an input a join may want beyond those that it has taken of one that waits: the other one, if
// that is of the same join.
func (v *view) ahead(wanted, other link) (most int64) {
	for _, in := range wanted.to.In {
		h, n := v.holds(wanted.to, in.Port, wanted.in().Port)
		if other.to == wanted.to && in == other.in() && h != flow.Never {
			return n
		}
		most = max(most, n)
	}
	return most
}

// Cure gives how large a buffer must be on the way that fills up: a step that is there, or, where that is nil, a new one where
// the way begins. It is 0 where none is large enough.
func (s *Standstill) Cure() (size int64, at *Node) {
	switch {
	case s.Need == 0:
		return 0, nil
	case len(s.wide) > 0:
		return s.Widen(s.wide[0]), s.wide[0]
	}
	return s.lead + s.Need - s.Room, nil
}

// Widen gives how large a buffer must be; 0 if it does not stand on the way that fills up, or is of no use there.
func (s *Standstill) Widen(buffer *Node) int64 {
	if s.Need == 0 || !slices.Contains(s.wide, buffer) {
		return 0
	}
	return int64(buffer.Options.(*flow.BufferOptions).Size) + s.Need - s.Room
}
