package graph

import (
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// Trace is how the items of a plan are followed from where branches part to where they are zipped by lineage: each gets a
// number at the fork, and one that is left out on the way leaves a mark in its place.
type Trace struct {
	Forks []*Node           // what gives the numbers, in order
	Zips  map[*Node]Fork    // the joins by lineage
	Paths map[*Node]bool    // the nodes between: what they leave out is marked
	Marks map[[2]*Node]bool // the edges that marks travel on
}

// Fork is where the inputs of a join part.
type Fork struct {
	Index int // in Trace.Forks
	Slack int // how many items may be ahead of others, as calls do not keep the order
}

// Lineage is implemented by the options of a Join that pairs by lineage.
type Lineage interface {
	ByLineage() bool
}

// byLineage reports whether a node zips by lineage.
func byLineage(n *Node) bool {
	l, ok := n.Options.(Lineage)
	return ok && l.ByLineage()
}

// Trace finds what must be followed; nil where nothing must be.
func (p *Plan) Trace() *Trace {
	var t *Trace
	for _, n := range p.Nodes {
		if !byLineage(n) {
			continue
		}
		fork, branches, err := n.Parted()
		if err != nil {
			continue // said by the loader
		}
		if t == nil {
			t = &Trace{Zips: map[*Node]Fork{}, Paths: map[*Node]bool{}, Marks: map[[2]*Node]bool{}}
		}
		at := slices.Index(t.Forks, fork)
		if at < 0 {
			at, t.Forks = len(t.Forks), append(t.Forks, fork)
		}
		slack := 0
		for _, b := range branches {
			below := n
			for _, m := range b { // upstream
				t.Paths[m], t.Marks[[2]*Node{m, below}] = true, true
				slack += disorder(m)
				below = m
			}
			t.Marks[[2]*Node{fork, below}] = true
		}
		t.Zips[n] = Fork{Index: at, Slack: slack}
	}
	return t
}

// disorder is how many items a node may give before one that came before them.
func disorder(n *Node) int {
	c := n.Concurrency
	if n.Component.Kind() != flow.KindCall || c.Order == OrderInput || c.Order == "" {
		return 0
	}
	if c.Window > 0 {
		return c.Window
	}
	if c.Max > 0 {
		return c.Max
	}
	return 1 << 30
}

// Parting says why the inputs of a node cannot be followed to where they part.
type Parting struct {
	At  *Node // nil: they have nothing in common
	Why string
}

// Error says why.
func (p *Parting) Error() string { return p.Why }

// Parted finds the node whose output the inputs of a join come from, and the nodes between, from the join upwards, for
// each input. It is an error if there is none, or if some node between does not give at most one item for each, in its
// place.
func (n *Node) Parted() (fork *Node, branches [][]*Node, err *Parting) {
	var ups [][]*Node
	for _, in := range n.In {
		ups = append(ups, in.above())
	}
	for _, m := range ups[0] {
		common := true
		for _, up := range ups[1:] {
			common = common && slices.Contains(up, m)
		}
		if common {
			fork = m
			break
		}
	}
	if fork == nil {
		return nil, nil, &Parting{Why: "its inputs do not come of one step or source, by steps with one input each"}
	}
	for _, up := range ups {
		b := up[:slices.Index(up, fork)]
		for _, m := range b {
			if why := blurs(m); why != "" {
				return nil, nil, &Parting{m, fmt.Sprintf("`%s`, between `%s` and `%s`, %s", m.ID, fork.ID, n.ID, why)}
			}
		}
		branches = append(branches, b)
	}
	return fork, branches, nil
}

// above gives what an input comes of, by steps with one input each, from below.
func (in Input) above() []*Node {
	var up []*Node
	for in.Output == "" {
		up = append(up, in.From)
		if len(in.From.In) != 1 || slices.Contains(up, in.From.In[0].From) {
			return up
		}
		in = in.From.In[0]
	}
	return up
}

// blurs says why it is not known, behind a node, which item an item came of; "" if it is.
func blurs(n *Node) string {
	t := n.Component.Traits
	nest, _ := n.Nest()
	switch b, isBuffer := n.Options.(*flow.BufferOptions); {
	case t.Buffer && isBuffer && (b.Bytes > 0 || b.Overflow != "block"):
		return "drops items"
	case t.Buffer:
		return ""
	case nest != nil:
		return "may give several items for one"
	case t.Total || t.Prompt && n.Component.Kind() != flow.KindCall:
		return "holds items"
	case !t.One && !t.Single:
		return "may give several items for one, or one for several"
	}
	return ""
}
