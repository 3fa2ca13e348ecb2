package operators

import (
	"errors"
	"fmt"
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type foldOptions struct {
	Init flow.Literal `flow:"init,required" scope:"-it" doc:"The first state."`
	Next flow.Literal `flow:"next,required" scope:"acc" doc:"The state after an item, computed of it and of the state before, acc."`
}

func fold() *flow.Component {
	return &flow.Component{
		Name: "fold", Group: "accumulate", Traits: flow.Traits{Total: true, Fresh: true},
		Doc:   "Makes one value of all items, and gives it at the end; of no items, `init`. A run that fails or is cut short gives none.",
		Sees:  flow.Sees(accumulated),
		Gives: flow.Gives(func(o *foldOptions, t *flow.Typing) flow.Type { return t.TypeOf(o.Init.Expr).Or(t.TypeOf(o.Next.Expr)) }),
		Pace:  flow.GivesOne,
		Maker: flow.Makes(func(o *foldOptions, env *flow.Env) (flow.Op, error) {
			return newFolder(o.Init.Expr, o.Next.Expr, env.Memory), nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 10}}\nsteps:\n  - filter: it % 2 == 0\n  - map: it * it\n  - fold: {init: 0, next: acc + it}\n", Output: "220\n",
		}},
	}
}

// accumulated gives the type of the state.
func accumulated(o *foldOptions, t *flow.Typing) map[string]flow.Type {
	return map[string]flow.Type{"acc": t.State(t.TypeOf(o.Init.Expr), t.TypeOf(o.Next.Expr))}
}

// folder keeps a state that each item changes.
type folder struct {
	holding
	init  flow.Expr // nil: the first item is the first state
	next  func(*flow.Scope) (value.Value, error)
	many  *flow.Folder
	empty error // of no items and no init; nil gives nothing
	scope flow.Scope
	acc   value.Value
	begun bool
	deep  bool // the state holds parts of items, which are cloned so that it pins no buffer
	grown int  // how often it was a list or an object
	look  int  // when that is so many, it is looked at
}

func newFolder(init, next flow.Expr, memory *flow.Memory) *folder {
	return &folder{holding: holding{memory: memory}, init: init, next: flow.Func(next), many: flow.NewFolder(next), scope: flow.Scope{Vars: make([]value.Value, 1)}}
}

// start computes the first state, once.
func (f *folder) start() error {
	if f.begun || f.init == nil {
		return nil
	}
	v, err := f.init.Eval(&flow.Scope{})
	if err != nil {
		return flow.Fatal(err)
	}
	f.acc, f.begun = v, true
	return nil
}

// add takes an item into the state.
func (f *folder) add(it flow.Item) error {
	if err := f.start(); err != nil {
		return err
	}
	if !f.begun {
		f.acc, f.begun = it.Value.Clone(), true
		return nil
	}
	f.scope.Vars[0] = f.acc
	if f.deep {
		it.Value = it.Value.Clone()
	}
	v, err := f.next(f.scope.Set(it))
	if err != nil {
		return err
	}
	switch f.acc = v; v.Kind() {
	case value.String, value.Bytes:
		f.acc = v.Clone()
	case value.List, value.Object:
		if !f.deep {
			f.acc, f.deep = v.Clone(), true
		}
		if f.grown++; f.grown >= f.look {
			f.look = f.grown + f.grown/4 + 1
			return f.bounded()
		}
	}
	return nil
}

// bounded takes memory for the state, and sees to it that nobody who goes through it exhausts the stack. That takes as long as
// going through it, and so is done as it has grown by a quarter: of states that hold the one before twice, all that is to
// be gone through is more than anybody has.
func (f *folder) bounded() error {
	limit := math.MaxInt
	if f.memory != nil && f.memory.Limit > 0 {
		limit = int(f.memory.Limit)
	}
	size, deeper := f.acc.SizeWithin(limit, value.MaxDepth)
	if deeper {
		return flow.Fatal(flow.Typed("depth", fmt.Errorf("the state is nested deeper than %d lists and objects: let it hold less of the one before", value.MaxDepth)))
	}
	return f.take(int64(size) - f.bytes)
}

func (f *folder) Process(it flow.Item, _ flow.Emit) error { return f.add(it) }

func (f *folder) ProcessAll(items, out []flow.Item) (n int, _ []flow.Item, err error) {
	for tried := 0; n < len(items); {
		if f.begun && f.many.Can() && tried <= len(items) { // else columns have not paid
			acc, done, more := f.many.Items(f.acc, items[n:])
			f.acc, tried = acc, tried+more
			if n += done; done > 0 {
				continue
			}
		}
		if err := f.add(items[n]); err != nil {
			return n, out, err
		}
		n++
	}
	return n, out, nil
}

func (f *folder) ProcessColumn(in flow.Column, _ *flow.Room) (n int, _ flow.Column) {
	if f.start() != nil || !f.begun {
		return 0, flow.Column{}
	}
	f.acc, n = f.many.Column(f.acc, in)
	return n, flow.Column{}
}

func (f *folder) Flush(emit flow.Emit) error {
	if err := f.start(); err != nil {
		return err
	}
	if !f.begun {
		return f.empty
	}
	if f.grown > 0 {
		if err := f.bounded(); err != nil {
			return err
		}
	}
	return emit(flow.Item{Value: f.acc})
}

type reduceOptions struct {
	Next  flow.Literal `flow:"next,required,short" scope:"acc" doc:"The state after an item, computed of it and of the state before, acc."`
	Empty string       `flow:"empty" default:"none" enum:"none,error" doc:"What no items give: nothing, or the end of the run."`
}

func reduce() *flow.Component {
	return &flow.Component{
		Name: "reduce", Group: "accumulate", Traits: flow.Traits{Total: true, Fresh: true},
		Doc: "Makes one value of all items, beginning with the first of them, and gives it at the end.",
		Sees: flow.Sees(func(o *reduceOptions, t *flow.Typing) map[string]flow.Type {
			return map[string]flow.Type{"acc": t.State(t.It(), t.TypeOf(o.Next.Expr))}
		}),
		Gives: flow.Gives(func(o *reduceOptions, t *flow.Typing) flow.Type { return t.It().Or(t.TypeOf(o.Next.Expr)) }),
		Pace:  flow.GivesOne,
		Maker: flow.Makes(func(o *reduceOptions, env *flow.Env) (flow.Op, error) {
			f := newFolder(nil, o.Next.Expr, env.Memory)
			if o.Empty == "error" {
				f.empty = errors.New("there are no items to reduce")
			}
			return f, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [3, 9, 4]}\nsteps:\n  - reduce: max(acc, it)\n", Output: "9\n",
		}},
	}
}

func scan() *flow.Component {
	return &flow.Component{
		Name: "scan", Group: "accumulate", Traits: flow.Traits{One: true, Fresh: true},
		Doc:   "Gives the state after every item; `init` itself is not given. A state of null ends the step.",
		Sees:  flow.Sees(accumulated),
		Gives: flow.Gives(func(o *foldOptions, t *flow.Typing) flow.Type { return t.TypeOf(o.Next.Expr) }),
		Maker: flow.Makes(func(o *foldOptions, env *flow.Env) (flow.Op, error) {
			s := &scanner{newFolder(o.Init.Expr, o.Next.Expr, env.Memory)}
			if flow.MayBeNull(o.Next.Expr) {
				return s, nil
			}
			return &endlessScanner{s}, nil
		}),
		Examples: []flow.Example{{
			Doc:      "A running total.",
			Pipeline: "source: {items: [5, 1, 2]}\nsteps:\n  - scan: {init: 0, next: acc + it}\n", Output: "5\n6\n8\n",
		}},
	}
}

type scanner struct{ f *folder }

func (s *scanner) Process(it flow.Item, emit flow.Emit) error {
	if err := s.f.add(it); err != nil {
		return err
	}
	if s.f.acc.IsNull() {
		return flow.Done
	}
	return emit(it.With(s.f.acc))
}

// endlessScanner is a scanner whose state is never null.
type endlessScanner struct{ *scanner }

func (s *endlessScanner) ProcessAll(items, out []flow.Item) (n int, _ []flow.Item, err error) {
	for i, it := range items {
		if err := s.f.add(it); err != nil {
			return i, out, err
		}
		out = append(out, it.With(s.f.acc))
	}
	return len(items), out, nil
}

func (s *endlessScanner) ProcessColumn(in flow.Column, r *flow.Room) (int, flow.Column) {
	if s.f.start() != nil {
		return 0, flow.Column{}
	}
	acc, states := s.f.many.Scan(s.f.acc, in, r)
	s.f.acc = acc
	return states.Len(), states
}
