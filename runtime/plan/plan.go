// Package plan arranges a logical plan for running: which nodes share a goroutine, and how many items each edge
// between them may hold.
package plan

import (
	"slices"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// Capacities of edges in items, where no buffer step says otherwise.
const (
	BeforeCall = 16
	Computing  = 1024
)

// Kind is what stands at the head of a stage.
type Kind int

// The kinds of stages. A Chain has no head: it is operators alone.
const (
	Source Kind = iota
	Chain
	Call
	Join
	Buffer
	Sink
	Nest  // a step that runs steps of its own, in goroutines of theirs
	Entry // what stands around steps within a step
	Exit
)

// Stage is what one goroutine runs (a call's stage: two, and one for each item under way).
type Stage struct {
	Kind   Kind
	Head   *graph.Node   // nil for a Chain
	Links  []*graph.Node // operators that follow the head, composed by call
	In     []*Edge
	Out    []*Edge                 // the readers of the last node's output; each gets every item
	Beside map[*graph.Node][]*Edge // the readers of a node's outputs beside the main one: `error` is what failed
	// Workers is how many goroutines work on blocks of a source's input, or on batches of items, at once, each with
	// operators of its own; 0 where one goroutine does it all.
	Workers int
	Sink    *graph.Node // the only reader of such a stage, where the workers encode for it; nil: the items are sent
	Stamps  []int       // the forks in whose name the items that leave the stage are numbered: see graph.Trace
	Gate    *Edge       // a source that is not opened before this edge's reader comes to it
}

// Name gives the id of the node that stands first.
func (s *Stage) Name() string { return s.Nodes()[0].ID }

// Nodes gives the nodes of the stage in the order of the flow.
func (s *Stage) Nodes() []*graph.Node {
	if s.Head == nil {
		return s.Links
	}
	return append([]*graph.Node{s.Head}, s.Links...)
}

// Last gives the node whose output leaves the stage.
func (s *Stage) Last() *graph.Node {
	nodes := s.Nodes()
	return nodes[len(nodes)-1]
}

// Edge is a bounded channel between two stages.
type Edge struct {
	From, To *Stage
	Marks    bool   // marks of items that were left out travel on it, for a zip by lineage
	Output   string // of the node that gives: "" is the main one
	Port     int    // of the one that reads
	Capacity int
}

// Options change the plan without changing what it computes.
type Options struct {
	Unfused  bool // each operator is a stage of its own
	Capacity int  // of every edge that no buffer step sizes; 0 is the default
	Workers  int  // how many goroutines may work on the items of one stage at once; 1 is none beside its own
}

// Facts are what the components say of themselves.
type Facts struct {
	Hosts  func(*graph.Node) bool // a step whose own steps need goroutines
	Timed  func(*graph.Node) bool // an operator that emits also when no item comes: it begins a stage
	Lazy   func(*graph.Node) bool // of these, one that gives what it holds when what follows has room
	Splits func(*graph.Node) bool // a source whose input falls into blocks
	Encode func(*graph.Node) bool // a sink whose items become bytes apart from one another
}

// Make arranges the plan.
func Make(p *graph.Plan, facts Facts, opt Options) []*Stage {
	m := &maker{
		plan: p, opt: opt, facts: facts,
		stage: map[*graph.Node]*Stage{}, readers: map[*graph.Node][]graph.Input{}, runs: map[*graph.Node]*run{},
	}
	for _, n := range p.Nodes {
		for _, in := range n.In {
			if in.Output == "" {
				m.readers[in.From] = append(m.readers[in.From], graph.Input{From: n})
			}
		}
	}
	m.trace = p.Trace()
	m.weigh()
	for _, n := range p.Nodes {
		m.place(n)
	}
	for _, s := range append([]*Stage(nil), m.stages...) {
		m.connect(s)
	}
	for _, s := range m.stages {
		gate(s)
	}
	if m.trace != nil {
		for i, fork := range m.trace.Forks {
			m.stage[fork].Stamps = append(m.stage[fork].Stamps, i)
		}
	}
	return m.stages
}

type maker struct {
	plan    *graph.Plan
	opt     Options
	facts   Facts
	trace   *graph.Trace // nil: no item is followed
	stages  []*Stage     // upstream first
	stage   map[*graph.Node]*Stage
	readers map[*graph.Node][]graph.Input
	runs    map[*graph.Node]*run
}

// run is neighbouring operators that look at one item alone.
type run struct{ weight int }

// heavy is the weight from which a run is worth several goroutines: handing items over twice costs some 50 ns each.
const heavy = 600

// weigh finds the runs, and what they weigh together.
func (m *maker) weigh() {
	for _, n := range m.plan.Nodes {
		if !shareable(n) || len(n.In) != 1 || n.In[0].Output != "" || m.facts.Timed(n) {
			continue
		}
		up := n.In[0].From
		if m.runs[up] != nil && len(m.readers[up]) == 1 {
			m.runs[n] = m.runs[up]
		} else {
			m.runs[n] = &run{}
		}
		m.runs[n].weight += n.Weight
	}
}

// shared reports whether several goroutines are to work on the run that a node is in.
func (m *maker) shared(n *graph.Node) bool {
	r := m.runs[n]
	return !m.traced(n) && m.opt.Workers > 1 && !m.opt.Unfused && r != nil && r.weight >= heavy
}

// place gives the node its stage, after its inputs have theirs.
func (m *maker) place(n *graph.Node) {
	if _, placed := m.stage[n]; placed {
		return
	}
	for _, in := range n.In {
		m.place(in.From)
	}
	if bound(n) != nil && !lossy(n) && len(n.In) == 1 && len(m.readers[n]) > 0 {
		m.stage[n] = m.stage[n.In[0].From] // no stage: the edges to its readers have its size
		return
	}
	s := &Stage{Beside: map[*graph.Node][]*Edge{}}
	switch n.Component.Kind() {
	case flow.KindSource:
		s.Kind, s.Head = Source, n
		if n.Component == graph.Entry {
			s.Kind = Entry
			break
		}
		if m.opt.Workers > 1 && m.facts.Splits(n) && alone(n) && !m.traced(n) {
			s.Workers = m.opt.Workers
		}
	case flow.KindCall:
		s.Kind, s.Head = Call, n
	case flow.KindJoin:
		s.Kind, s.Head = Join, n
	case flow.KindSink:
		if up := m.encodes(n); up != nil {
			up.Sink = n
			m.stage[n] = up
			return
		}
		s.Kind, s.Head = Sink, n
		if n.Component == graph.Exit {
			s.Kind = Exit
		}
	default:
		if lossy(n) {
			s.Kind, s.Head = Buffer, n
			break
		}
		if m.facts.Hosts(n) {
			s.Kind, s.Head = Nest, n
			break
		}
		if up := m.fusible(n); up != nil {
			up.Links = append(up.Links, n)
			m.stage[n] = up
			return
		}
		s.Kind, s.Links = Chain, []*graph.Node{n}
		if m.shared(n) {
			s.Workers = m.opt.Workers
		}
	}
	m.stage[n] = s
	m.stages = append(m.stages, s)
}

// fusible gives the stage that an operator may join: that of its only input, of which it is the only reader.
func (m *maker) fusible(n *graph.Node) *Stage {
	if m.opt.Unfused || len(n.In) != 1 || n.In[0].Output != "" || m.facts.Timed(n) {
		return nil
	}
	up := n.In[0].From
	s := m.stage[up]
	if len(m.readers[up]) != 1 || bound(up) != nil || s.Kind == Buffer || s.Kind == Entry {
		return nil
	}
	if s.Workers > 1 && (!shareable(n) || m.traced(n)) || s.Workers <= 1 && m.shared(n) {
		return nil
	}
	return s
}

// Computes gives the steps within a step in the order of the flow, if they only compute, each on what the one before
// gives: they can run by call, without goroutines.
func Computes(p *graph.Plan, facts Facts, opt Options) ([]*graph.Node, bool) {
	var line []*graph.Node
	for i, n := range p.Nodes[1:] {
		if len(n.In) != 1 || n.In[0].Output != "" || n.In[0].From != p.Nodes[i] {
			return nil, false
		}
		switch {
		case n.Component == graph.Exit || bound(n) != nil && !lossy(n):
		case opt.Unfused, n.Component.Kind() != flow.KindOp, lossy(n), facts.Hosts(n), facts.Timed(n):
			return nil, false
		default:
			line = append(line, n)
		}
	}
	return line, true
}

// encodes gives the stage of blocks that a sink is the only reader of, and that encodes for it.
func (m *maker) encodes(n *graph.Node) *Stage {
	if m.opt.Unfused || len(n.In) != 1 || n.In[0].Output != "" || !m.facts.Encode(n) || !alone(n) {
		return nil
	}
	up := n.In[0].From
	if s := m.stage[up]; s.Workers > 1 && len(m.readers[up]) == 1 && bound(up) == nil && s.Last() == up {
		return s
	}
	return nil
}

// traced reports whether a node's items are followed one by one.
func (m *maker) traced(n *graph.Node) bool {
	return m.trace != nil && (m.trace.Paths[n] || slices.Contains(m.trace.Forks, n))
}

// shareable reports whether several goroutines may work on the items of an operator.
func shareable(n *graph.Node) bool {
	_, inner := n.Nest()
	return n.Component.Traits.Stateless && alone(n) && inner == nil
}

// alone reports whether what becomes of a failed item depends on that item alone, and stays in its place.
func alone(n *graph.Node) bool {
	return n.OnError.Action != "to" && n.OnError.Tolerance == (graph.Tolerance{})
}

// connect makes the edges into a stage.
func (m *maker) connect(s *Stage) {
	first := s.Nodes()[0]
	for _, in := range first.In {
		e := &Edge{To: s, Port: in.Port, Capacity: m.capacity(s, first), Marks: m.trace != nil && m.trace.Marks[[2]*graph.Node{in.From, first}]}
		sized, given := 0, false
		for in.Output == "" && m.passedBy(in.From) {
			sized, given = sized+bound(in.From).Size, true
			in = in.From.In[0]
		}
		from := in.From
		if bound(from) != nil && !lossy(from) {
			sized, given = sized+bound(from).Size, true
		}
		switch {
		case given:
			e.Capacity = sized
		case lossy(from) || m.facts.Lazy(m.stage[from].Nodes()[0]): // what waits is in the step, which knows what to do with it
			e.Capacity = 0
		}
		e.From = m.stage[from]
		if in.Output != "" {
			e.Output = in.Output
			e.From.Beside[from] = append(e.From.Beside[from], e)
		} else {
			e.From.Out = append(e.From.Out, e)
		}
		s.In = append(s.In, e)
	}
}

// passedBy reports whether n is a buffer step without a stage of its own.
func (m *maker) passedBy(n *graph.Node) bool {
	return bound(n) != nil && len(n.In) > 0 && m.stage[n] == m.stage[n.In[0].From]
}

func (m *maker) capacity(s *Stage, first *graph.Node) int {
	switch {
	case s.Kind == Buffer || first.Component.Traits.Prompt:
		return 0
	case m.opt.Capacity > 0:
		return m.opt.Capacity
	case m.plan.Buffer != nil:
		return m.plan.Buffer.Size
	case s.Kind == Call:
		return BeforeCall
	}
	return Computing
}

// bound gives the options of a buffer step, nil for any other node.
func bound(n *graph.Node) *flow.BufferOptions {
	if !n.Component.Traits.Buffer {
		return nil
	}
	return n.Options.(*flow.BufferOptions)
}

// lossy reports whether a buffer step does more than bound an edge.
func lossy(n *graph.Node) bool {
	b := bound(n)
	return b != nil && (b.Bytes > 0 || b.Overflow != "block" && b.Overflow != "")
}

// gate holds back the sources that feed nothing but a later input of a join that reads its inputs in turn.
func gate(join *Stage) {
	if join.Kind != Join || !join.Head.Component.Traits.Sequential {
		return
	}
	for _, e := range join.In {
		if e.Port == 0 {
			continue
		}
		above := map[*Stage]bool{}
		var climb func(s *Stage)
		climb = func(s *Stage) {
			if above[s] {
				return
			}
			above[s] = true
			for _, in := range s.In {
				climb(in.From)
			}
		}
		climb(e.From)
		for s := range above {
			if s.Kind == Source && s.Gate == nil && only(s, e, map[*Stage]bool{}) {
				s.Gate = e
			}
		}
	}
}

// only reports whether everything that s gives passes the edge.
func only(s *Stage, edge *Edge, seen map[*Stage]bool) bool {
	if seen[s] {
		return true
	}
	seen[s] = true
	if s.Kind == Sink {
		return false
	}
	out := append([]*Edge(nil), s.Out...)
	for _, e := range s.Beside {
		out = append(out, e...)
	}
	for _, e := range out {
		if e != edge && (e.To == edge.To || !only(e.To, edge, seen)) {
			return false
		}
	}
	return true
}
