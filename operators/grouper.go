package operators

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// grouper keeps groups, and gives their results at the end. A group has the number of its key, beside which the parts of that
// stand as they came first.
type grouper struct {
	*groups
	table  keyTable
	packer value.Packer
	packed []byte         // of the key at work
	from   series[uint64] // the number, among all items, of its first
	batch  batch
	others []*grouper // that it has merged
	parts  []value.Value
	one    lookout
}

// groupBytes is what a group takes beside the bytes of its key, and its states.
const groupBytes = keyBytes + 8

func newGrouper(g *groups) *grouper { return &grouper{groups: g} }

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
	if count == 0 {
		return 0, nil
	}
	g.batch = batch{groups: g.batch.groups[:0], which: which, args: seen.Vars[len(g.keys):], each: g.vars, held: seen.Held}
	for n := range count {
		i := position(which, n)
		number, isNew := g.table.number(seen.Hash[i], seen.Key(i))
		if isNew {
			seen.Held[i] = g.begin(seen.From+uint64(i), seen.Key(i), seen.Vars[i*g.vars:][:len(g.keys)])
		}
		g.batch.groups = append(g.batch.groups, uint32(number))
	}
	return g.add(&g.batch)
}

// begin makes a group of a new key, and says what it holds.
func (g *grouper) begin(from uint64, key []byte, parts []value.Value) (held int64) {
	g.packed = g.packed[:0]
	for _, p := range parts {
		g.packed = g.packer.Pack(g.packed, p)
	}
	g.table.keep(key, g.packed)
	*g.from.add() = from
	_, held = g.groups.open()
	return held + groupBytes + int64(2*len(key))
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
	if len(g.keys) == 0 && g.n == 0 && !slices.ContainsFunc(g.others, func(o *grouper) bool { return o.n > 0 }) {
		if err := g.take(g.begin(0, nil, nil)); err != nil {
			return err
		}
	}
	for r := newResults(append(g.others, g)); ; {
		from, number := r.next()
		if from == nil {
			return nil
		}
		told, err := from.told(number)
		if err != nil {
			return err
		}
		if err := emit(flow.Item{Value: told}); err != nil {
			return err
		}
	}
}

// told gives what is told of a group.
func (g *grouper) told(number int) (value.Value, error) {
	g.parts = g.parts[:0]
	_, packed := g.table.entry(number)
	for range g.keys {
		var part value.Value
		part, packed = g.packer.Unpack(packed)
		g.parts = append(g.parts, part)
	}
	told, _, err := g.tell(g.parts, number)
	return told, err
}

// results are the groups that are still to be given: of each grouper, in their order.
type results struct {
	of   []*grouper
	at   []int    // the next group of each
	from []uint64 // of that
}

func newResults(all []*grouper) *results {
	r := &results{}
	for _, g := range all {
		if g.n > 0 {
			r.of, r.at, r.from = append(r.of, g), append(r.at, 0), append(r.from, *g.from.at(0))
		}
	}
	return r
}

// next gives the group that was seen first, none where there are no more. There are few groupers, so that to compare them all
// is no more than to keep them in order.
func (r *results) next() (of *grouper, number int) {
	if len(r.of) == 0 {
		return nil, 0
	}
	first := 0
	for i, from := range r.from {
		if from < r.from[first] {
			first = i
		}
	}
	of, number = r.of[first], r.at[first]
	if next := number + 1; next < of.n {
		r.at[first], r.from[first] = next, *of.from.at(next)
	} else {
		r.of, r.at, r.from = slices.Delete(r.of, first, first+1), slices.Delete(r.at, first, first+1), slices.Delete(r.from, first, first+1)
	}
	return of, number
}
