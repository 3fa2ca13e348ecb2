package operators

import "github.com/flowrun/flowrun/flow"

type sortOptions struct {
	By         flow.Expr `flow:"by,short" doc:"What to sort by; the item itself unless given. A list sorts by its first element, then by the next."`
	Descending bool      `flow:"descending" doc:"The greatest first."`
}

func sortOp() *flow.Component {
	return &flow.Component{
		Name: "sort", Also: []string{"order_by"}, Group: "accumulate", Traits: flow.Traits{Total: true, One: true, Keeps: true},
		Doc: "Gives all items at the end, the least first; equals in the order they came in. Nulls come before everything else, then " +
			"bools, numbers, text, times, lists, objects. Items that take more than half of the run's memory go to a temporary file, sorted, " +
			"and are merged at the end: what can be sorted is bounded by the disk. The environment's `TMPDIR` says where that file is.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *sortOptions, env *flow.Env) (flow.Op, error) { return newSorter(o, env), nil }),
		Examples: []flow.Example{
			{Pipeline: "source: {items: [3, 1, 2]}\nsteps:\n  - sort: {}\n", Output: "1\n2\n3\n"},
			{
				Pipeline: "source: {items: [{n: a, x: 1}, {n: b, x: 2}]}\nsteps:\n  - sort: {by: it.x, descending: true}\n  - map: it.n\n",
				Output:   "\"b\"\n\"a\"\n",
			},
		},
	}
}

// sorter holds items until there are too many, and sorted runs of items in a file from then on.
type sorter struct {
	holding // of the pile
	opt     *sortOptions
	env     *flow.Env
	scope   flow.Scope
	form    packing
	buf     []byte
	pile    pile
	runs    *runs // nil: nothing was written
	shares  bool  // counted among those that share the memory
}

func newSorter(o *sortOptions, env *flow.Env) *sorter {
	return &sorter{holding: holding{memory: env.Memory}, opt: o, env: env, form: packing{order: ordering(o.Descending), keys: o.By != nil}}
}

func (s *sorter) Process(it flow.Item, _ flow.Emit) error {
	key := it.Value
	if s.opt.By != nil {
		var err error
		if key, err = s.opt.By.Eval(s.scope.Set(it)); err != nil {
			return err
		}
	}
	s.buf = s.form.pack(s.buf[:0], key, it)
	if err := s.hold(s.pile.size(s.buf, key)); err != nil {
		return err
	}
	s.pile.add(s.buf, &s.form)
	return nil
}

// hold reserves n bytes, and writes the pile to disk where they would be too many.
func (s *sorter) hold(n int64) error {
	if !s.shares {
		s.env.Memory.Join()
		s.shares = true
	}
	if s.env.Memory.Spills(s.bytes, n) {
		if err := s.spill(); err != nil {
			return err
		}
	}
	return s.take(n)
}

// spill writes the pile to disk, in order.
func (s *sorter) spill() error {
	if s.runs == nil {
		var err error
		if s.runs, err = newRuns(&s.form, s.env); err != nil {
			return err
		}
	}
	if err := s.pile.each(s.form.order, s.runs.add); err != nil {
		return err
	}
	s.holding.Close()
	return s.runs.end()
}

func (s *sorter) Flush(emit flow.Emit) error {
	defer s.Close()
	give := func(data []byte) error { return emit(s.form.item(data)) }
	if s.runs == nil {
		return s.pile.each(s.form.order, give)
	}
	if err := s.spill(); err != nil {
		return err
	}
	return s.runs.merge(give)
}

// Close lets go of what is held, in memory and on disk.
func (s *sorter) Close() {
	s.holding.Close()
	s.pile = pile{}
	if s.shares {
		s.env.Memory.Leave()
		s.shares = false
	}
	if s.runs != nil {
		s.runs.close()
		s.runs = nil
	}
}
