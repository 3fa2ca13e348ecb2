package operators

import "strings"

// keyTable numbers keys from 0 in the order in which they come first. It finds a key by a hash that is known already: slots,
// probed one after another, hold a part of the hash and the number. There is no allocation for a key: their bytes stand
// one after another, and room for them grows by blocks, so that nothing is copied but the slots. Zero is an empty table.
type keyTable struct {
	slots  []uint64 // the upper half of a hash and, below, the number + 1; 0 is free. As many as a power of two
	blocks [][]tableKey
	n      int
	text   strings.Builder // where the keys stand, until it is full
}

type tableKey struct {
	hash uint64
	key  string
}

const (
	tableBlock = 1 << 10 // entries
	tableText  = 1 << 14 // bytes of keys
	keyBytes   = 64      // what a key takes beside its bytes: an entry, and up to 5 slots while they grow
)

func (t *keyTable) at(i int) *tableKey { return &t.blocks[i/tableBlock][i%tableBlock] }

// number gives the number of a key, and whether it is new.
func (t *keyTable) number(hash uint64, key []byte) (i int, isNew bool) {
	if 4*t.n >= 3*len(t.slots) {
		t.grow()
	}
	mask := uint64(len(t.slots) - 1)
	at := hash & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		if s := t.slots[at]; s>>32 == hash>>32 {
			if i := int(uint32(s)) - 1; t.at(i).key == string(key) {
				return i, false
			}
		}
	}
	t.slots[at] = hash>>32<<32 | uint64(t.n+1)
	t.add(tableKey{hash, t.keep(key)})
	return t.n - 1, true
}

func (t *keyTable) add(e tableKey) {
	last := len(t.blocks) - 1
	if last < 0 || len(t.blocks[last]) == tableBlock {
		var block []tableKey
		if last >= 0 { // the first may stay small
			block = make([]tableKey, 0, tableBlock)
		}
		t.blocks = append(t.blocks, block)
		last++
	}
	t.blocks[last] = append(t.blocks[last], e)
	t.n++
}

// keep gives a key that stays.
func (t *keyTable) keep(key []byte) string {
	if t.text.Cap()-t.text.Len() < len(key) {
		t.text = strings.Builder{}
		t.text.Grow(max(len(key), min(tableText, 16*t.n)))
	}
	begin := t.text.Len()
	t.text.Write(key)
	return t.text.String()[begin:]
}

// grow doubles the slots.
func (t *keyTable) grow() {
	t.slots = make([]uint64, max(2*len(t.slots), 16))
	mask := uint64(len(t.slots) - 1)
	i := 0
	for _, block := range t.blocks {
		for _, e := range block {
			at := e.hash & mask
			for t.slots[at] != 0 {
				at = (at + 1) & mask
			}
			i++
			t.slots[at] = e.hash>>32<<32 | uint64(i)
		}
	}
}
