package operators

import (
	"cmp"
	"slices"

	"github.com/flowrun/flowrun/flow/value"
)

// pile is packed items in memory that are to be sorted. It grows by blocks, and so never takes much more than it holds;
// the collector of garbage has next to nothing to look at.
type pile struct {
	blocks  [][]piled // all full but the last
	storage []byte    // what is left of the bytes for items
}

// piled is a packed item, and its key, which refers to it.
type piled struct {
	key  value.Value
	data []byte
}

const (
	pileBlock   = 1024     // items of a block
	pileStorage = 64 << 10 // bytes for items that are made at once; one that is larger than a 16th of it stands alone
)

// size estimates the bytes that an item takes in a pile.
func (p *pile) size(data []byte, key value.Value) int64 {
	const overhead = 48 + 16 // a piled, and a numbered
	n := overhead + len(data)
	switch key.Kind() {
	case value.Time, value.List, value.Object: // all others refer to data
		n += key.Size()
	}
	return int64(n)
}

// add copies a packed item.
func (p *pile) add(data []byte, form *packing) {
	if len(data) > len(p.storage) && len(data) <= pileStorage/16 {
		p.storage = make([]byte, pileStorage)
	}
	own := []byte(nil)
	if len(data) <= len(p.storage) {
		own = p.storage[:len(data):len(data)]
		p.storage = p.storage[len(data):]
	} else {
		own = make([]byte, len(data))
	}
	copy(own, data)
	last := len(p.blocks) - 1
	if last < 0 || len(p.blocks[last]) == pileBlock {
		p.blocks = append(p.blocks, make([]piled, 0, pileBlock))
		last++
	}
	p.blocks[last] = append(p.blocks[last], piled{form.key(own), own})
}

// each gives the items in order, and those that compare alike as they came in; after that the pile is empty.
func (p *pile) each(order ordering, give func(data []byte) error) error {
	type numbered struct {
		rank uint64
		at   int
	}
	var sorted []numbered
	if n := len(p.blocks); n > 0 {
		sorted = make([]numbered, (n-1)*pileBlock+len(p.blocks[n-1]))
	}
	for i := range sorted {
		sorted[i] = numbered{order.rank(p.at(i).key), i}
	}
	slices.SortFunc(sorted, func(a, b numbered) int {
		if a.rank != b.rank {
			return cmp.Compare(a.rank, b.rank)
		}
		return cmp.Or(order.compare(p.at(a.at).key, p.at(b.at).key), a.at-b.at)
	})
	for _, s := range sorted {
		if err := give(p.at(s.at).data); err != nil {
			return err
		}
	}
	*p = pile{}
	return nil
}

func (p *pile) at(i int) *piled { return &p.blocks[i/pileBlock][i%pileBlock] }
