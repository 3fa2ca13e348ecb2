package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// pipe builds plans by hand, of components that are functions.
type pipe struct {
	plan *graph.Plan
	last *graph.Node
}

type none struct{}

type (
	readFunc    func(ctx context.Context, emit flow.Emit) error
	processFunc func(it flow.Item, emit flow.Emit) error
	callFunc    func(ctx context.Context, it flow.Item) ([]flow.Item, error)
	writeFunc   func(ctx context.Context, items []flow.Item) error
)

func (f readFunc) Read(ctx context.Context, emit flow.Emit) error { return f(ctx, emit) }
func (f processFunc) Process(it flow.Item, emit flow.Emit) error  { return f(it, emit) }
func (f callFunc) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	return f(ctx, it)
}

func newPipe() *pipe {
	return &pipe{plan: &graph.Plan{File: "test.yaml", Drain: 30 * time.Second}}
}

func (p *pipe) add(id string, c flow.Component, from ...*graph.Node) *graph.Node {
	c.Name = id
	n := &graph.Node{ID: id, Component: &c, Options: &none{}}
	if len(from) == 0 && c.Kind() != flow.KindSource {
		from = []*graph.Node{p.last}
	}
	for i, f := range from {
		in := graph.Input{From: f}
		if c.Kind() == flow.KindJoin {
			in.Port = i
		}
		n.In = append(n.In, in)
	}
	p.plan.Nodes = append(p.plan.Nodes, n)
	p.last = n
	return n
}

func (p *pipe) source(id string, read readFunc) *graph.Node {
	return p.add(id, flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Source, error) { return read, nil })})
}

// idle is a source of 1, 2 and 3 that then gives no more, and does not end.
var idle = readFunc(func(ctx context.Context, emit flow.Emit) error {
	for i := 1; i <= 3; i++ {
		if err := emit(flow.Item{Value: value.OfInt(int64(i))}); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
})

// endless is a source of 1, 2, 3 and so on.
var endless = readFunc(func(_ context.Context, emit flow.Emit) error {
	for i := int64(1); ; i++ {
		if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
			return err
		}
	}
})

// ints is a source of the integers from 1 to n; without an end if n is 0.
func (p *pipe) ints(id string, n int) *graph.Node {
	return p.source(id, func(ctx context.Context, emit flow.Emit) error {
		for i := 1; i <= n || n == 0; i++ {
			if err := emit(flow.Item{Value: value.OfInt(int64(i))}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *pipe) op(id string, make func() flow.Op, from ...*graph.Node) *graph.Node {
	return p.add(id, flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Op, error) { return make(), nil })}, from...)
}

func (p *pipe) mapInt(id string, f func(int64) int64, from ...*graph.Node) *graph.Node {
	n := p.op(id, func() flow.Op {
		return processFunc(func(it flow.Item, emit flow.Emit) error {
			return emit(it.With(value.OfInt(f(it.Value.Int()))))
		})
	}, from...)
	n.Component.Traits.Stateless = true
	return n
}

func (p *pipe) take(id string, n int, from ...*graph.Node) *graph.Node {
	return p.op(id, func() flow.Op { return &take{left: n} }, from...)
}

type take struct{ left int }

func (t *take) Finished() bool { return t.left == 0 }
func (t *take) Process(it flow.Item, emit flow.Emit) error {
	t.left--
	if err := emit(it); err != nil {
		return err
	}
	if t.left == 0 {
		return flow.Done
	}
	return nil
}

func (p *pipe) sum(id string, from ...*graph.Node) *graph.Node {
	n := p.op(id, func() flow.Op { return &sum{} }, from...)
	n.Component.Traits.Total = true
	return n
}

type sum struct{ total int64 }

func (s *sum) Process(it flow.Item, _ flow.Emit) error { s.total += it.Value.Int(); return nil }
func (s *sum) Flush(emit flow.Emit) error              { return emit(flow.Item{Value: value.OfInt(s.total)}) }

func (p *pipe) call(id string, limit graph.Concurrency, f callFunc, from ...*graph.Node) *graph.Node {
	n := p.add(id, flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Call, error) { return f, nil })}, from...)
	n.Concurrency = limit
	return n
}

func (p *pipe) join(id string, traits flow.Traits, from ...*graph.Node) *graph.Node {
	return p.add(id, flow.Component{Traits: traits, Maker: flow.Makes(func(*none, *flow.Env) (flow.Join, error) { return passJoin{}, nil })}, from...)
}

type passJoin struct{}

func (passJoin) Process(_ int, it flow.Item, emit flow.Emit) error { return emit(it) }
func (passJoin) End(int, flow.Emit) error                          { return nil }

// buffer bounds the edge between the step above and the one below.
func (p *pipe) buffer(id string, size int, overflow string) *graph.Node {
	n := p.op(id, func() flow.Op {
		return processFunc(func(it flow.Item, emit flow.Emit) error { return emit(it) })
	})
	n.Component.Traits.Buffer = true
	n.Options = &flow.BufferOptions{Size: size, Overflow: overflow}
	n.Component.Maker = flow.Makes(func(*flow.BufferOptions, *flow.Env) (flow.Op, error) {
		return processFunc(func(it flow.Item, emit flow.Emit) error { return emit(it) }), nil
	})
	return n
}

// got is a sink that keeps what it is given, and when.
type got struct {
	start     time.Time
	mu        sync.Mutex
	values    []int64
	at        []time.Duration
	write     writeFunc // nil: keeps at once
	closed    int
	committed bool
}

func (g *got) Write(ctx context.Context, items []flow.Item) error {
	if g.write != nil {
		if err := g.write(ctx, items); err != nil {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, it := range items {
		g.values = append(g.values, it.Value.Int())
		g.at = append(g.at, time.Since(g.start))
	}
	return nil
}

func (g *got) Close(_ context.Context, commit bool) error {
	g.closed++
	g.committed = commit
	return nil
}

func (p *pipe) sink(id string, from ...*graph.Node) *got {
	g := &got{start: time.Now()}
	p.add(id, flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Sink, error) { return g, nil })}, from...)
	return g
}

func (p *pipe) start(t testing.TB, opt Options) *Run {
	t.Helper()
	r, err := Start(context.Background(), p.plan, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs the plan to its end and checks what holds of every run: the report adds up, nothing is left on an edge
// uncounted, no ticket or permit is out, every sink is closed once.
func (p *pipe) run(t testing.TB, opt Options) metrics.Report {
	t.Helper()
	r := p.start(t, opt)
	return p.check(t, r)
}

func (p *pipe) check(t testing.TB, r *Run) metrics.Report {
	t.Helper()
	rep := r.Wait()
	given := map[string]int64{}
	for _, s := range rep.Steps {
		given[s.ID], given[s.ID+".error"] = s.Out, s.Routed
		if s.Cancelled < 0 || s.In != s.Completed+s.Filtered+s.Dropped+s.Failures()+s.Fatal+s.Cancelled {
			t.Errorf("%s: in %d is not the sum of its fates: %+v", s.ID, s.In, s)
		}
	}
	for _, s := range rep.Steps {
		most := givenTo(r.plan, s.ID, given)
		if rep.Outcome != metrics.Complete {
			most++ // one may have come to some of its readers when the run was stopped
		}
		if s.Kind != "source" && s.In > most {
			t.Errorf("%s: in %d, and only %d were given to it", s.ID, s.In, most)
		}
	}
	for _, leak := range leaks(r) {
		t.Error(leak)
	}
	return rep
}

// leaks gives what is still held after the end of a run.
func leaks(r *Run) (list []string) {
	leak := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if out := r.policies.Out(); out != 0 {
		leak("%d permits are out, or waited for", out)
	}
	if n := r.crew.awake.Load(); n != 0 || len(r.crew.waiters) != 0 {
		leak("%d goroutines are counted as awake and %d as present after the end", n, len(r.crew.waiters))
	}
	for n, c := range r.calls {
		if n := c.running.Load(); n != 0 {
			leak("%s: %d calls are counted as running after the end", c.st.head.node.ID, n)
		}
		if s := c.st; s.halt.Load() < haltDone && s.lastDone() < 0 && c.tickets.Load() != 0 {
			leak("%s: %d tickets are out after the end", n.ID, c.tickets.Load())
		}
	}
	return list
}

// givenTo adds up what the inputs of a node gave; a step that is the bound of an edge is no step of its own.
func givenTo(p *graph.Plan, id string, given map[string]int64) int64 {
	n := p.Nodes[slices.IndexFunc(p.Nodes, func(n *graph.Node) bool { return n.ID == id })]
	total := int64(0)
	for _, in := range n.In {
		name := in.From.ID
		if in.Output != "" {
			name += "." + in.Output
		}
		if count, counted := given[name]; counted {
			total += count
		} else {
			total += givenTo(p, in.From.ID, given)
		}
	}
	return total
}

// bubble runs a test in virtual time; it ends only when every goroutine of the test has.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func wait(d time.Duration) callFunc {
	return func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
		select {
		case <-time.After(d):
			return []flow.Item{it}, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// spread gives a number below most that looks random, and is always the same for n.
func spread(n, most int64) int64 { return int64(uint64(n)*0x9E3779B97F4A7C15>>33) % most }

var errItem = errors.New("item is bad")

func upTo(n int) []int64 {
	var out []int64
	for i := 1; i <= n; i++ {
		out = append(out, int64(i))
	}
	return out
}

type exprFunc func(value.Value) value.Value

func (f exprFunc) Eval(s *flow.Scope) (value.Value, error) { return f(s.It), nil }
func (f exprFunc) String() string                          { return "f(it)" }

func item(i int64) flow.Item { return flow.Item{Value: value.OfInt(i)} }
