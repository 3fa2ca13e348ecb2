package operators

import (
	"container/heap"
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type topOptions struct {
	N          int       `flow:"n,required,short" doc:"How many items to give."`
	By         flow.Expr `flow:"by" doc:"What to compare; the item itself unless given."`
	Descending bool      `flow:"descending" default:"true" doc:"The greatest first; false gives the least."`
}

func (o *topOptions) Check(report func(option, message, help string)) {
	if o.N < 1 {
		report("n", "the top of no items is nothing", "write 1 or more")
	}
}

func top() *flow.Component {
	return &flow.Component{
		Name: "top", Group: "accumulate", Traits: flow.Traits{Total: true, Keeps: true},
		Doc:   "Gives the n greatest items at the end, the greatest first; of equals, those that came first. It holds no more than n items, within the run's memory.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *topOptions, env *flow.Env) (flow.Op, error) {
			return &topper{holding: holding{memory: env.Memory}, opt: o}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [3, 1, 4, 1, 5]}\nsteps:\n  - top: 2\n", Output: "5\n4\n",
		}},
	}
}

type topper struct {
	holding
	opt   *topOptions
	scope flow.Scope
	heap  []ranked // the worst on top
	next  int64
}

// keyed is an item with what it is compared by.
type keyed struct {
	key  value.Value
	item flow.Item
}

type ranked struct {
	keyed
	seq int64
}

const rankedOverhead = 48 // bytes of a ranked beside its values, and of the room by which the heap grows, about

// compare puts the better one first.
func (t *topper) compare(a, b *ranked) int {
	c := value.Compare(a.key, b.key)
	if t.opt.Descending {
		c = -c
	}
	if c == 0 {
		c = int(min(max(a.seq-b.seq, -1), 1))
	}
	return c
}

func (t *topper) Len() int           { return len(t.heap) }
func (t *topper) Less(i, j int) bool { return t.compare(&t.heap[i], &t.heap[j]) > 0 }
func (t *topper) Swap(i, j int)      { t.heap[i], t.heap[j] = t.heap[j], t.heap[i] }
func (t *topper) Push(x any)         { t.heap = append(t.heap, x.(ranked)) }
func (t *topper) Pop() any {
	last := t.heap[len(t.heap)-1]
	t.heap = t.heap[:len(t.heap)-1]
	return last
}

func (t *topper) Process(it flow.Item, _ flow.Emit) error {
	r := ranked{keyed: keyed{key: it.Value, item: it}, seq: t.next}
	if t.opt.By != nil {
		var err error
		if r.key, err = t.opt.By.Eval(t.scope.Set(it)); err != nil {
			return err
		}
	}
	t.next++
	full := len(t.heap) >= t.opt.N
	if full && t.compare(&r, &t.heap[0]) > 0 {
		return nil
	}
	r.item.Value = r.item.Value.Clone()
	if t.opt.By == nil {
		r.key = r.item.Value
	} else {
		r.key = r.key.Clone()
	}
	more := t.size(&r)
	if full {
		more -= t.size(&t.heap[0])
	}
	if more < 0 {
		t.give(-more)
	} else if err := t.take(more); err != nil {
		return err
	}
	if full {
		t.heap[0] = r
		heap.Fix(t, 0)
	} else {
		heap.Push(t, r)
	}
	return nil
}

// size estimates the bytes that one takes. It is the same whenever it is asked for.
func (t *topper) size(r *ranked) int64 {
	n := rankedOverhead + r.item.Value.Size()
	if t.opt.By != nil {
		n += r.key.Size()
	}
	return int64(n)
}

func (t *topper) Flush(emit flow.Emit) error {
	defer t.Close()
	slices.SortFunc(t.heap, func(a, b ranked) int { return t.compare(&a, &b) })
	for _, r := range t.heap {
		if err := emit(r.item); err != nil {
			return err
		}
	}
	return nil
}
