package operators

import "encoding/binary"

// keyTable numbers keys from 0 in the order in which they come first, and keeps each. It finds a key by a hash that is known
// already: slots, probed one after another, hold a part of the hash and the number. There is no allocation for a key, and
// no pointer to one: their bytes stand one after another, and room for them grows by pages, so that nothing is copied but
// the slots, nor looked at to move these. Zero is an empty table.
type keyTable struct {
	slots []uint64       // the lower half of a hash and, below, the number + 1; 0 is free. As many as a power of two
	keys  series[uint64] // where each stands: the page and, below, the place in it
	pages pages
}

const (
	tableBytes = 96 // what a table takes of one key beside that
	keyBytes   = 48 // what a key takes beside its bytes: where it stands, and up to 4 slots while they grow
)

// number gives the number of a key, and whether it is new. Then it is to be kept.
func (t *keyTable) number(hash uint64, key []byte) (i int, isNew bool) {
	if 4*t.keys.n >= 3*len(t.slots) {
		t.grow()
	}
	at, i := t.probe(hash, key)
	if i >= 0 {
		return i, false
	}
	t.slots[at] = hash<<32 | uint64(t.keys.n+1)
	return t.keys.n, true
}

// find gives the number of a key, -1 if it has none.
func (t *keyTable) find(hash uint64, key []byte) int {
	if len(t.slots) == 0 {
		return -1
	}
	_, i := t.probe(hash, key)
	return i
}

// probe gives the slot of a key, and its number; or the slot for it, and -1.
func (t *keyTable) probe(hash uint64, key []byte) (at uint32, i int) {
	mask := uint32(len(t.slots) - 1)
	half := uint32(hash)
	at = half & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		if s := t.slots[at]; uint32(s>>32) == half {
			if i := int(uint32(s)) - 1; t.is(i, key) {
				return at, i
			}
		}
	}
	return at, -1
}

// keep keeps the key that has got the next number, with bytes beside it.
func (t *keyTable) keep(key, beside []byte) {
	last := t.pages.room(binary.MaxVarintLen32 + len(key) + len(beside))
	page := t.pages[last]
	*t.keys.add() = uint64(last)<<32 | uint64(len(page))
	page = binary.AppendUvarint(page, uint64(len(key)))
	t.pages[last] = append(append(page, key...), beside...)
}

// entry gives a key, and what begins with the bytes beside it.
func (t *keyTable) entry(i int) (key, beside []byte) {
	at := *t.keys.at(i)
	text := t.pages[at>>32][uint32(at):]
	n, begin := binary.Uvarint(text)
	return text[begin : begin+int(n)], text[begin+int(n):]
}

func (t *keyTable) is(i int, key []byte) bool {
	k, _ := t.entry(i)
	return string(k) == string(key)
}

// grow doubles the slots.
func (t *keyTable) grow() {
	old := t.slots
	t.slots = make([]uint64, max(2*len(old), 8))
	mask := uint32(len(t.slots) - 1)
	for _, s := range old {
		if s == 0 {
			continue
		}
		at := uint32(s>>32) & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = s
	}
}
