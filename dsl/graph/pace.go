package graph

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// view is a plan as it is looked at for what may hang.
type view struct {
	plan    *Plan
	order   []*Node       // every node after those that it reads
	readers map[*Node]int // of the main output
	outs    map[*Node][]link
	within  bool  // these are steps within a step
	entry   int64 // how many items the steps within a step are given; endless where that is not known
	sizes   map[*Node]int64
	sparing bool // joins that may leave items where they are, and need not, do
}

// link is one input of a node: its place in In.
type link struct {
	to *Node
	at int
}

func (l link) in() Input { return l.to.In[l.at] }

func (p *Plan) view(entry int64) *view {
	v := &view{plan: p, readers: map[*Node]int{}, outs: map[*Node][]link{}, entry: entry, sizes: map[*Node]int64{}}
	seen := map[*Node]bool{}
	var visit func(n *Node)
	visit = func(n *Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		v.within = v.within || n.Component == Entry
		for i, in := range n.In {
			visit(in.From)
			v.outs[in.From] = append(v.outs[in.From], link{n, i})
			if in.Output == "" {
				v.readers[in.From]++
			}
		}
		v.order = append(v.order, n)
	}
	for _, n := range p.Nodes {
		visit(n)
	}
	return v
}

// pace is what a node gives for what it takes.
type pace struct {
	flow.Pace
	single bool // no more than one item for each
}

func (v *view) pace(n *Node) pace {
	c, t := n.Component, n.Component.Traits
	p := pace{single: t.One || t.Single}
	switch nest, inner := n.Nest(); {
	case inner != nil:
		if nest.Mode != flow.Latest && inner.straight() {
			p.Per = 1
		}
	case t.Buffer && !takesAll(n):
		p.Per = 1
	case c.Pace != nil:
		p.Pace = c.Pace(n.Options)
	case t.One:
		p.Per = 1
	}
	if len(n.In) != 1 && c.Kind() != flow.KindJoin { // merged
		return pace{}
	}
	if n.When != nil {
		if p.Most = 0; p.Per > 1 {
			p.Per = 0
		}
	}
	p.single = p.single || p.Per > 0
	if b := n.Rules.Breaker; n.OnError.Action == "skip" || n.OnError.Action == "to" || b != nil && b.OnOpen == policy.Skip {
		p.Per = 0
	}
	return p
}

// straight reports whether the steps within a step give one item for each that they are given.
func (p *Plan) straight() bool {
	if len(p.Nodes) == 0 {
		return false
	}
	v := p.view(endless)
	first := v.outs[p.Nodes[0]]
	if len(first) != 1 {
		return false
	}
	for l, w := range v.ways(first[0]) {
		if l.to.Component == Exit {
			return w.per == 1 && w.keeps == 0
		}
	}
	return false
}

// way is how the items that come at the end of a way follow those that a fork gives.
type way struct {
	per   int64 // how many of the fork's items it takes for one; 0: that depends
	keeps int64 // how many more of them it keeps until others follow
	until int64 // after so many of them the way has ended
}

// ways gives the ways that begin with an edge, by the inputs of joins, and of the exit, at which they end.
func (v *view) ways(first link) map[link]way {
	at := map[*Node]*way{}
	found := map[link]way{}
	for _, n := range v.order {
		var into *way
		for i, in := range n.In {
			w := at[in.From]
			l := link{n, i}
			if l == first {
				w = &way{per: 1, until: endless}
			}
			if w == nil {
				continue
			}
			came := *w
			if in.Output != "" && l != first {
				came.per, came.until = 0, endless
			}
			found[l] = came
			if into == nil {
				into = &came
				continue
			}
			if into.per != came.per {
				into.per = 0
			}
			into.keeps, into.until = max(into.keeps, came.keeps), max(into.until, came.until)
		}
		if into != nil {
			at[n] = v.past(*into, n)
		}
	}
	return found
}

// past goes past a node.
func (v *view) past(w way, n *Node) *way {
	p, t := v.pace(n), n.Component.Traits
	if t.Total {
		w.keeps = endless
	}
	w.per = times(w.per, p.Per)
	if t.Cuts && p.Most > 0 && p.Per == 1 && w.per > 0 {
		w.until = min(w.until, times(w.per, p.Most)+w.keeps)
	}
	return &w
}

// size gives how many items a node gives at most, by its main output; endless where that is not known.
func (v *view) size(n *Node) int64 {
	if size, known := v.sizes[n]; known {
		return size
	}
	size, p, t := endless, v.pace(n), n.Component.Traits
	_, nests := n.Options.(flow.Nester)
	switch o, ok := n.Options.(flow.Sized); {
	case n.Component == Entry:
		size = v.entry
	case ok:
		if given, known := o.Size(); known {
			size = min(given, endless)
		}
	case p.Per > 0 && n.Component.Kind() == flow.KindJoin:
		size = 0
		for _, in := range n.In {
			size = max(size, v.gives(in))
		}
	case p.single || t.One || t.Single || t.Buffer || t.Total && !nests:
		size = v.comes(n)
	}
	if p.Most > 0 {
		size = min(size, p.Most)
	}
	v.sizes[n] = size
	return size
}

// comes gives how many items come to a node at most.
func (v *view) comes(n *Node) (sum int64) {
	for _, in := range n.In {
		sum = min(sum+v.gives(in), endless)
	}
	return sum
}

// gives gives how many items an edge carries at most.
func (v *view) gives(in Input) int64 {
	if in.Output == "" {
		return v.size(in.From)
	}
	if in.From.Component.Kind() == flow.KindSource {
		return v.size(in.From)
	}
	return v.comes(in.From)
}
