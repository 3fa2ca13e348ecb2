package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// grouper keeps groups, and gives their results at the end.
type grouper struct {
	*groups
	table keyTable
	all   []*group // by the number of their key
	one   lookout
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
			gr, held := g.begin(seen.Key(i), keys)
			gr.from = seen.From + uint64(i)
			g.all = append(g.all, gr)
			seen.Held[i] = held
		}
		held, err := g.all[number].add(args)
		if err != nil {
			return n, err
		}
		seen.Held[i] += held
	}
	return count, nil
}

// Hold reserves memory.
func (g *grouper) Hold(bytes int64) error { return g.take(bytes) }

func (g *grouper) Process(it flow.Item, _ flow.Emit) error { return g.one.process(g, it, nil) }

func (g *grouper) ProcessAll(items, out []flow.Item) (n int, _ []flow.Item, err error) {
	return g.one.processAll(g, items, out)
}

// Merge puts the groups of all in the order in which they were first seen.
func (g *grouper) Merge(others []flow.Keyed) {
	lists := [][]*group{g.all}
	for _, o := range others {
		lists = append(lists, o.(*grouper).all)
	}
	for len(lists) > 1 {
		var halved [][]*group
		for i := 0; i+1 < len(lists); i += 2 {
			halved = append(halved, mergeGroups(lists[i], lists[i+1]))
		}
		if len(lists)%2 == 1 {
			halved = append(halved, lists[len(lists)-1])
		}
		lists = halved
	}
	g.all = lists[0]
}

// mergeGroups merges two lists that are in order.
func mergeGroups(a, b []*group) []*group {
	all := make([]*group, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].from < b[0].from {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return append(append(all, a...), b...)
}

func (g *grouper) Flush(emit flow.Emit) error {
	defer g.Close()
	if len(g.by) == 0 && len(g.all) == 0 {
		gr, held := g.begin(nil, nil)
		if err := g.take(held); err != nil {
			return err
		}
		g.all = append(g.all, gr)
	}
	out := value.Builder{}
	for _, gr := range g.all {
		if err := g.put(gr, &out); err != nil {
			return err
		}
		if err := emit(flow.Item{Value: out.Value()}); err != nil {
			return err
		}
	}
	return nil
}
