package operators

import "github.com/flowrun/flowrun/flow"

type countOptions struct {
	N int64 `flow:"n,required,short" doc:"How many items."`
}

func (o *countOptions) Check(report func(option, message, help string)) {
	if o.N < 0 {
		report("n", "there are no fewer than no items", "write 0 or more")
	}
}

func take() *flow.Component {
	return &flow.Component{
		Name: "take", Also: []string{"limit", "head"}, Group: "cut", Traits: flow.Traits{One: true, Cuts: true},
		Doc:   "Passes the first n items and ends with the n-th, at once: everything before it stops. With 0 nothing before it is ever opened.",
		Gives: flow.GivesSame,
		Pace:  flow.PaceOf(func(o *countOptions) flow.Pace { return flow.Pace{Per: 1, Most: max(o.N, 1)} }),
		Maker: flow.Makes(func(o *countOptions, _ *flow.Env) (flow.Op, error) { return &taker{left: o.N}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {generate: {state: 1, next: state * 2}}\nsteps:\n  - take: 4\n", Output: "1\n2\n4\n8\n",
		}},
	}
}

type taker struct{ left int64 }

func (t *taker) Finished() bool { return t.left == 0 }
func (t *taker) Left() int64    { return t.left }

func (t *taker) Process(it flow.Item, emit flow.Emit) error {
	t.left--
	if err := emit(it); err != nil {
		return err
	}
	if t.left == 0 {
		return flow.Done
	}
	return nil
}

func (t *taker) ProcessAll(items, out []flow.Item) (int, []flow.Item, error) {
	n := min(t.left, int64(len(items)))
	if t.left -= n; t.left == 0 {
		return int(n), append(out, items[:n]...), flow.Done
	}
	return int(n), append(out, items[:n]...), nil
}

// ProcessColumn leaves the last one to ProcessAll, which can end.
func (t *taker) ProcessColumn(in flow.Column, _ *flow.Room) (int, flow.Column) {
	n := min(int(min(t.left-1, flow.MaxColumn)), in.Len())
	t.left -= int64(n)
	return n, in.Cut(0, n)
}

func skip() *flow.Component {
	return &flow.Component{
		Name: "skip", Also: []string{"offset"}, Group: "cut", Traits: flow.Traits{Single: true},
		Doc:   "Leaves the first n items out and passes the rest.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *countOptions, _ *flow.Env) (flow.Op, error) { return &skipper{left: o.N}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 5}}\nsteps:\n  - skip: 3\n", Output: "4\n5\n",
		}},
	}
}

type skipper struct{ left int64 }

func (s *skipper) Process(it flow.Item, emit flow.Emit) error {
	if s.left > 0 {
		s.left--
		return nil
	}
	return emit(it)
}

// miss gives how many of n items are left out.
func (s *skipper) miss(n int) int {
	missed := min(s.left, int64(n))
	s.left -= missed
	return int(missed)
}

func (s *skipper) ProcessAll(items, out []flow.Item) (int, []flow.Item, error) {
	return len(items), append(out, items[s.miss(len(items)):]...), nil
}

func (s *skipper) ProcessColumn(in flow.Column, _ *flow.Room) (int, flow.Column) {
	return in.Len(), in.Cut(s.miss(in.Len()), in.Len())
}
