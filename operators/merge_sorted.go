package operators

import (
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type mergeSortedOptions struct {
	inputsOptions
	By         flow.Expr `flow:"by" doc:"What the inputs are sorted by; the item itself unless given."`
	Descending bool      `flow:"descending" doc:"The greatest comes first."`
}

// Holds says that an input waits while another has given no item that is as great.
func (o *mergeSortedOptions) Holds(_, _ int) (flow.Hold, int64) { return flow.Behind, 0 }

func mergeSorted() *flow.Component {
	return &flow.Component{
		Name: "merge_sorted", Group: "join", Traits: flow.Traits{Single: true},
		Doc: "Makes one sorted sequence of several, and holds one item of each; of equals, that of the input that is named first comes first. " +
			"An input that is not sorted ends the run.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *mergeSortedOptions, _ *flow.Env) (flow.Join, error) {
			return &sortedMerger{opt: o, heads: make([]*keyed, len(o.Inputs)), last: make([]*value.Value, len(o.Inputs)), ended: make([]bool, len(o.Inputs))}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "sources:\n  a: {items: [1, 4, 9]}\n  b: {items: [2, 3, 10]}\nsteps:\n  - merge_sorted: [a, b]\n", Output: "1\n2\n3\n4\n9\n10\n",
		}},
	}
}

type sortedMerger struct {
	opt   *mergeSortedOptions
	scope flow.Scope
	heads []*keyed       // the next item of each input; nil: it has not come yet
	last  []*value.Value // the key of the item that each gave last
	ended []bool
}

func (m *sortedMerger) Wants(port int) bool { return m.heads[port] == nil }

func (m *sortedMerger) compare(a, b value.Value) int {
	if m.opt.Descending {
		a, b = b, a
	}
	return value.Compare(a, b)
}

func (m *sortedMerger) Process(port int, it flow.Item, emit flow.Emit) error {
	k := &keyed{key: it.Value, item: it}
	if m.opt.By != nil {
		v, err := m.opt.By.Eval(m.scope.Set(it))
		if err != nil {
			return err
		}
		k.key = v
	}
	if last := m.last[port]; last != nil && m.compare(*last, k.key) > 0 {
		return flow.Fatal(flow.Typed("order", fmt.Errorf("input %d is not sorted: %s comes after %s", port+1, k.key.Text(), last.Text())))
	}
	m.last[port], m.heads[port] = &k.key, k
	return m.give(emit)
}

// give gives items while the next one of every input is known.
func (m *sortedMerger) give(emit flow.Emit) error {
	for {
		least := -1
		for port, head := range m.heads {
			switch {
			case head == nil && !m.ended[port]:
				return nil
			case head != nil && (least < 0 || m.compare(head.key, m.heads[least].key) < 0):
				least = port
			}
		}
		if least < 0 {
			return nil
		}
		it := m.heads[least].item
		m.heads[least] = nil
		if err := emit(it); err != nil {
			return err
		}
	}
}

func (m *sortedMerger) End(port int, emit flow.Emit) error {
	m.ended[port] = true
	return m.give(emit)
}

// Flush has nothing to give: what is held had its chance.
func (m *sortedMerger) Flush(flow.Emit) error { return nil }
