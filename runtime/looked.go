package runtime

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// looked is what is known of the items of a part that came to an operator that keeps something, and what became of them.
type looked struct {
	seen  flow.Seen
	items []flow.Item // where they may pass, or are taken whole
	order []int32     // their positions, by shard
	ends  []int       // of each shard in that
	count int         // how many were kept: those before the first that failed
	early int         // how many were kept before these
}

// reset forgets everything.
func (k *looked) reset() {
	k.next()
	k.early = 0
}

// next makes room for the items that follow those that were kept.
func (k *looked) next() {
	k.early += k.count
	k.seen.Reset()
	clear(k.items)
	k.items, k.count = k.items[:0], 0
}

// sort finds out which items are of which shard. Within a shard they stay in order.
func (k *looked) sort(by *kept) {
	hashes := k.seen.Hash
	k.ends = append(k.ends[:0], make([]int, len(by.shards))...)
	for _, h := range hashes {
		k.ends[h>>by.shift]++
	}
	at := 0
	for i, n := range k.ends { // where each begins, which moves to its end
		k.ends[i] = at
		at += n
	}
	if cap(k.order) < len(hashes) {
		k.order = make([]int32, max(len(hashes), 2*cap(k.order)))
	}
	k.order = k.order[:len(hashes)]
	for i, h := range hashes {
		s := h >> by.shift
		k.order[k.ends[s]] = int32(i)
		k.ends[s]++
	}
}

// of gives the positions of the items of a shard.
func (k *looked) of(shard int) []int32 {
	if shard == 0 {
		return k.order[:k.ends[0]]
	}
	return k.order[k.ends[shard-1]:k.ends[shard]]
}

// passed gives how many of those that were kept may pass.
func (k *looked) passed() (n int) {
	for _, pass := range k.seen.Pass[:k.count] {
		if pass {
			n++
		}
	}
	return n
}

// looker stands for an operator that keeps something in hands: it looks at the items of a part, and holds what it has found.
type looker struct {
	flow.Keyed // nil where the operator takes the items whole
	to         *looked
	items      bool // it holds the items themselves
	item       [1]flow.Item
	by         *hands
	at         int // among those that keep something
}

func newLooker(op any, spec plan.Kept, by *hands, at int) *looker {
	if spec.Shards == 1 {
		return &looker{items: true, by: by, at: at}
	}
	return &looker{Keyed: op.(flow.Keyed), items: !spec.By.Component.Traits.Total, by: by, at: at}
}

// Process looks at an item.
func (k *looker) Process(it flow.Item, _ flow.Emit) error {
	k.item[0] = it
	_, _, err := k.ProcessAll(k.item[:], nil)
	return err
}

// ProcessAll looks at items. Where it has come to hold too many, they are kept.
func (k *looker) ProcessAll(items, out []flow.Item) (n int, _ []flow.Item, err error) {
	if n = len(items); k.Keyed != nil {
		n, err = k.Look(items, &k.to.seen)
	}
	if k.items {
		k.to.items = append(k.to.items, items[:n]...)
	}
	if err == nil && k.by.full(max(len(k.to.items), k.to.seen.Len())) {
		if err = k.by.keepEarly(k.at); err != nil {
			n-- // the last one is what it was at
		}
	}
	return n, out, err
}

// Flush is never called: what the part has looked at is kept when its turn comes.
func (k *looker) Flush(flow.Emit) error { return nil }
