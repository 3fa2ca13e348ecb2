// Package plan arranges a logical plan for running: which nodes share a goroutine, how many items each edge between them
// may hold, and why. It also says what follows from that: what the run may hold, how often it may try, and how long that
// may take.
package plan

import (
	"github.com/flowrun/flowrun/dsl/graph"
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
	Kept    []Kept      // of several workers: what operators keep; one that gives results at the end is the last
	Sink    *graph.Node // the only reader of such a stage, where the workers encode for it; nil: the items are sent
	Stamps  []int       // the forks in whose name the items that leave the stage are numbered: see graph.Trace
	Gate    *Edge       // a source that is not opened before this edge's reader comes to it

	Apart  string // why it is not one with the stage before it; "" for a source
	Single string // why one goroutine does it all, where several might; else ""
	light  bool   // that is because there is too little to share
	Singly string // why its operators take one item after another, and not many at a time; known of a layout that is explained
}

// Kept is what an operator keeps, where several workers come to it: in shards by key, or whole. In a shard they take turns.
type Kept struct {
	By     *graph.Node
	Shards int // a power of two; 1 where it is whole
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
	Giver    *graph.Node
	Port     int // of the one that reads
	Capacity int
	Why      string        // where the capacity comes from
	Buffers  []*graph.Node // the buffer steps that it is the bound of
}

// Options change the plan without changing what it computes.
type Options struct {
	Unfused  bool // each operator is a stage of its own
	Capacity int  // of every edge that no buffer step sizes; 0 is the default
	Workers  int  // how many goroutines may work on the items of one stage at once; 1 is none beside its own
	Ahead    int  // how many items may come of a block before it is its turn, beside those for each that it has; 0 is the default
	Within   bool // these are steps within a step
}

// Facts are what the components say of themselves.
type Facts struct {
	Hosts  func(*graph.Node) bool                  // a step whose own steps need goroutines
	Timed  func(*graph.Node) bool                  // an operator that emits also when no item comes: it begins a stage
	Lazy   func(*graph.Node) bool                  // of these, one that gives what it holds when what follows has room
	Splits func(*graph.Node) (ok bool, why string) // a source whose input falls into blocks; if not, why
	Probes func(*graph.Node) bool                  // a join that looks each item of its first input up
	Keyed  func(*graph.Node) bool                  // an operator that keeps things apart by key
	Whole  func(*graph.Node) bool                  // an operator that makes one result of all items at the end
	Encode func(*graph.Node) bool                  // a sink whose items become bytes apart from one another
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
		s.Single, s.light = m.single(s)
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
