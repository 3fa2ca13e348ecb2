package operators

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type sortOptions struct {
	By         flow.Expr `flow:"by,short" doc:"What to sort by; the item itself unless given. A list sorts by its first element, then by the next."`
	Descending bool      `flow:"descending" doc:"The greatest first."`
}

func sortOp() *flow.Component {
	return &flow.Component{
		Name: "sort", Group: "accumulate", Traits: flow.Traits{Total: true, One: true},
		Doc: "Gives all items at the end, the least first; equals in the order they came in. Nulls come before everything else, then " +
			"bools, numbers, text, times, lists, objects. It holds all items: more than the run's memory end the run.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *sortOptions, env *flow.Env) (flow.Op, error) { return &sorter{opt: o, env: env}, nil }),
		Examples: []flow.Example{
			{Pipeline: "source: {items: [3, 1, 2]}\nsteps:\n  - sort: {}\n", Output: "1\n2\n3\n"},
			{
				Pipeline: "source: {items: [{n: a, x: 1}, {n: b, x: 2}]}\nsteps:\n  - sort: {by: it.x, descending: true}\n  - map: it.n\n",
				Output:   "\"b\"\n\"a\"\n",
			},
		},
	}
}

type sorter struct {
	opt   *sortOptions
	env   *flow.Env
	scope flow.Scope
	items []keyed
	bytes int64
}

// keyed is an item with what it is sorted by.
type keyed struct {
	key  value.Value
	item flow.Item
}

// keyedBy computes the key of an item, and clones both.
func keyedBy(by flow.Expr, scope *flow.Scope, it flow.Item) (keyed, int64, error) {
	it.Value = it.Value.Clone()
	k := keyed{key: it.Value, item: it}
	if by == nil {
		return k, int64(it.Value.Size()), nil
	}
	var err error
	k.key, err = by.Eval(scope.Set(it))
	return k, int64(it.Value.Size() + k.key.Size()), err
}

func (s *sorter) Process(it flow.Item, _ flow.Emit) error {
	k, size, err := keyedBy(s.opt.By, &s.scope, it)
	if err != nil {
		return err
	}
	if err := s.env.Memory.Take(size); err != nil {
		return err
	}
	s.bytes += size
	s.items = append(s.items, k)
	return nil
}

func (s *sorter) Flush(emit flow.Emit) error {
	defer func() { s.env.Memory.Give(s.bytes) }()
	slices.SortStableFunc(s.items, func(a, b keyed) int {
		if s.opt.Descending {
			a, b = b, a
		}
		return value.Compare(a.key, b.key)
	})
	for i := range s.items {
		if err := emit(s.items[i].item); err != nil {
			return err
		}
		s.items[i] = keyed{}
	}
	return nil
}
