// Package graph is the logical plan: a pipeline's nodes and how they are connected, checked but not yet arranged for
// running.
package graph

import (
	"time"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/policy"
)

// Plan is a whole checked pipeline, or the steps within a step. It is immutable: one plan may run several times.
type Plan struct {
	Name        string
	Description string
	File        string                 // as it was named; for messages
	Fragment    bool                   // it has neither a source nor a sink: it runs where another file uses it
	Dir         string                 // where its relative paths start
	Nodes       []*Node                // sources, then steps, then sinks, each in the file's order
	Limits      []Named[*policy.Limit] // in the file's order, as are
	Retries     []Named[*policy.Retry]
	Breakers    []Named[*policy.Breaker]
	Budgets     []Named[*policy.Budget]
	Timeout     time.Duration // of the run; 0 is none
	Drain       time.Duration // how long a stop may take
	Memory      int64         // bytes that operators may hold
	Buffer      *flow.BufferOptions
	Params      value.Value // an object of all params
	Secrets     []string    // texts that must never be shown
	Keyed       bool        // of steps within a step: some expression names `key`, that of the items' group
	Meta        bool        // whether some expression reads meta.file or meta.line or any other field of meta
}

// Node is one source, step or sink.
type Node struct {
	ID        string // unique: the id, the name under sources or sinks, or the component's name, numbered when it comes again; within a step OUTER/INNER
	Component *flow.Component
	Options   any // a pointer to the component's options struct
	Pos       diag.Pos
	File      string       // in which it stands, as it was named; for messages
	Dir       string       // where its relative paths start
	Used      []diag.Place // where its file is used, the nearest first; none in the pipeline's own
	Label     string       // its options as written, shortened to one line
	In        []Input
	When      flow.Expr  // nil: always
	Flow                 // what is known of the items
	Likely    *Flow      // what a schema or a sample makes likely besides; nil: nothing
	Schema    *flow.Type // of a source: what its items must be, as the file declares; nil: it does not
	Weight    int        // nanoseconds that its expressions take for an item, roughly
	Chosen    string     // of a `buffer: auto`: where its size comes from
	Reads     []string   // the parts of the item that its expressions name, such as it.user.id; `it` where it is the whole
	OnError   OnError
	Written   map[string]diag.Place // where the common keys stand that hold for it, on it or in the defaults: `retry`, `timeout.item`

	// Of calls.
	Concurrency Concurrency
	Rules       policy.Rules
	Hints       Hints
	Into        string // the field of the item that takes the result; "" replaces the item
}

// Flow is what is known of the items at a node.
type Flow struct {
	Takes  flow.Type  // those that come, as its expressions see them
	Gives  flow.Type  // those that go
	Failed *flow.Type // the error items that go besides, left in place by on_error: emit; nil: none do
	By     string     // of what is likely: what says so
}

// All gives the type of all items that go.
func (f *Flow) All() flow.Type {
	if f.Failed == nil {
		return f.Gives
	}
	return f.Gives.Or(*f.Failed)
}

// Known gives the most that is known of the items, also what is only likely.
func (n *Node) Known() *Flow {
	if n.Likely != nil {
		return n.Likely
	}
	return &n.Flow
}

// Hints are what the author knows of a call: for the linter and for sizes, not for the run.
type Hints struct {
	Rate       flow.Rate // items at the peak
	Latency    time.Duration
	LatencyP99 time.Duration
	ItemBytes  flow.Size
}

// Nest gives how a node runs steps of its own, and these; nil if it has none.
func (n *Node) Nest() (*flow.Nest, *Plan) {
	if o, ok := n.Options.(flow.Nester); ok {
		if nest := o.Nest(); nest != nil {
			if inner, ok := nest.Steps.Plan.(*Plan); ok { // there is none where the steps are missing, which is an error
				return nest, inner
			}
		}
	}
	return nil, nil
}

// UsedAt says where the file is used that a node stands in; "" for the pipeline's own.
func (n *Node) UsedAt() string { return diag.Uses(n.Used) }

// Outputs gives the names of a node's outputs beside its main one.
func (n *Node) Outputs() []string {
	if o, ok := n.Options.(flow.Branched); ok {
		return o.Outputs()
	}
	return nil
}

// Entry and Exit are what stands around steps within a step: a source that gives what the step is given, and a sink that
// takes what the step gives. Nothing builds them.
var (
	Entry = &flow.Component{Name: "entry", Maker: flow.Makes(func(*struct{}, *flow.Env) (flow.Source, error) { return nil, nil })}
	Exit  = &flow.Component{Name: "exit", Maker: flow.Makes(func(*struct{}, *flow.Env) (flow.Sink, error) { return nil, nil })}
)

// Input is one edge into a node.
type Input struct {
	From   *Node
	Output string // "" for the main output; or the name of a case, the number of a partition, `error` for what on_error routes
	Port   int    // a join's input, in the order of its refs; 0 otherwise
}

// String names what is read, for people.
func (in Input) String() string {
	switch in.Output {
	case "":
		return "`" + in.From.ID + "`"
	case "error":
		return "what fails in `" + in.From.ID + "`"
	}
	return "`" + in.From.ID + "." + in.Output + "`"
}

// OnError is what becomes of an item that failed.
type OnError struct {
	Action    string    // fail, skip, to, value, emit
	Value     flow.Expr // of value; sees `error` as its only Var
	Tolerance Tolerance
}

// Tolerance bounds the failures that an OnError other than fail lets pass; zero fields are no bound.
type Tolerance struct {
	Errors   int64
	Ratio    float64
	MinItems int64
}

// Order is the order of a call's results.
type Order string

// The orders: of the input, as they finish, or of the input within each key.
const (
	OrderInput      Order = "input"
	OrderCompletion Order = "completion"
	OrderKey        Order = "key"
)

// Concurrency is how many items a call works on at once.
type Concurrency struct {
	Max      int              // running at once; 0 is unbounded
	Adaptive *policy.Adaptive // finds how many within Max; nil: always Max
	Order    Order
	Key      flow.Expr // of OrderKey
	Window   int       // tickets: running, waiting and finished but not handed on; 0 is Max
}

// Named is a policy that stands at the top of a file under a name, and where.
type Named[T any] struct {
	Name   string
	File   string // "" for the pipeline's own
	Pos    diag.Pos
	Policy T
}

// Sources gives the nodes that are sources, in order.
func (p *Plan) Sources() []*Node { return p.of("source") }

// Steps gives the nodes that are steps, in order.
func (p *Plan) Steps() []*Node { return p.of("step") }

// Sinks gives the nodes that are sinks, in order.
func (p *Plan) Sinks() []*Node { return p.of("sink") }

func (p *Plan) of(place string) []*Node {
	var nodes []*Node
	for _, n := range p.Nodes {
		if n.Component.Kind().Place() == place {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// Walk calls f with every node: steps within a step after the step itself, without what stands around them.
func (p *Plan) Walk(f func(n *Node)) {
	for _, n := range p.Nodes {
		if n.Component == Entry || n.Component == Exit {
			continue
		}
		f(n)
		if _, inner := n.Nest(); inner != nil {
			inner.Walk(f)
		}
	}
}
