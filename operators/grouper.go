package operators

import (
	"container/heap"
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// grouper keeps groups, and gives their results at the end. A group has the number of its key.
type grouper struct {
	*groups
	table  keyTable
	from   lots[uint64] // the number, among all items, of its first
	parts  lots[value.Value]
	accs   lots[accumulator]
	others []*grouper // that it has merged
	one    lookout
}

func newGrouper(g *groups) *grouper {
	return &grouper{groups: g, from: lots[uint64]{each: 1}, parts: lots[value.Value]{each: len(g.keys)}, accs: lots[accumulator]{each: len(g.calls)}}
}

// Look finds out the key and the arguments.
func (g *grouper) Look(items []flow.Item, seen *flow.Seen) (n int, err error) {
	for i := range items {
		if err := g.look(items[i], seen); err != nil {
			return i, err
		}
	}
	return len(items), nil
}

// Keep adds the arguments to the groups.
func (g *grouper) Keep(seen *flow.Seen, which []int32) (n int, err error) {
	count := kept(seen, which)
	for n := range count {
		i := position(which, n)
		keys, args := g.of(seen, i)
		number, isNew := g.table.number(seen.Hash[i], seen.Key(i))
		if isNew {
			seen.Held[i] = g.open(seen.From+uint64(i), seen.Key(i), keys)
		}
		held, err := g.add(g.accs.at(number), args)
		if err != nil {
			return n, err
		}
		seen.Held[i] += held
	}
	return count, nil
}

// open makes a group, and says what it holds.
func (g *grouper) open(from uint64, key []byte, keys []value.Value) (held int64) {
	g.from.add()[0] = from
	g.accs.add()
	return g.begin(key, keys, g.parts.add())
}

// Hold reserves memory.
func (g *grouper) Hold(bytes int64) error { return g.take(bytes) }

func (g *grouper) Process(it flow.Item, _ flow.Emit) error { return g.one.process(g, it, nil) }

func (g *grouper) ProcessAll(items, out []flow.Item) (n int, _ []flow.Item, err error) {
	return g.one.processAll(g, items, out)
}

// Merge leaves the groups where they are: Flush gives those of all.
func (g *grouper) Merge(others []flow.Keyed) {
	for _, o := range others {
		g.others = append(g.others, o.(*grouper))
	}
}

// Flush gives the results of all groups, in the order in which these were first seen.
func (g *grouper) Flush(emit flow.Emit) error {
	defer g.Close()
	if len(g.by) == 0 && g.accs.n == 0 && !slices.ContainsFunc(g.others, func(o *grouper) bool { return o.accs.n > 0 }) {
		if err := g.take(g.open(0, nil, nil)); err != nil {
			return err
		}
	}
	out := value.Builder{}
	for r := newResults(append(g.others, g)); len(r) > 0; r.next() {
		first := r[0]
		if err := g.put(first.parts.at(first.at), first.accs.at(first.at), &out); err != nil {
			return err
		}
		if err := emit(flow.Item{Value: out.Value()}); err != nil {
			return err
		}
	}
	return nil
}

// results are the groups that are still to be given, of each grouper in their order: a heap, the earliest first.
type results []result

type result struct {
	*grouper
	at   int    // the next group
	from uint64 // of that
}

func newResults(all []*grouper) results {
	var r results
	for _, g := range all {
		if g.accs.n > 0 {
			r = append(r, result{g, 0, g.from.at(0)[0]})
		}
	}
	heap.Init(&r)
	return r
}

func (r results) Len() int           { return len(r) }
func (r results) Less(i, j int) bool { return r[i].from < r[j].from }
func (r results) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *results) Push(x any)        { *r = append(*r, x.(result)) }
func (r *results) Pop() (last any) {
	last, *r = (*r)[len(*r)-1], (*r)[:len(*r)-1]
	return last
}

// next goes on to the group after the earliest.
func (r *results) next() {
	first := &(*r)[0]
	if first.at++; first.at == first.accs.n {
		heap.Pop(r)
		return
	}
	if first.from = first.grouper.from.at(first.at)[0]; len(*r) > 1 {
		heap.Fix(r, 0)
	}
}
