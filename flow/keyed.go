package flow

import (
	"hash/maphash"

	"github.com/flowrun/flowrun/flow/value"
)

// Keyed is an Op whose state falls apart by a key, so that what items of different keys do to it is done by several
// goroutines. It works in two steps. Look finds out what concerns each item alone; Keep takes that into the state. Process
// is both on one instance. The runtime may as well have many: some that Look, each at items of its own, and some that Keep,
// each all items of certain keys, in the order of the input. A Keyed either has the trait Single and holds no items, or it is a
// Merger and has the trait Total.
type Keyed interface {
	Op
	// Look appends to seen what it finds out of each item, in order. Where an item fails, it ends before that, leaving no
	// trace of it: n is the number of items that were looked at, and err the failure of the one that follows.
	Look(items []Item, seen *Seen) (n int, err error)
	// Keep takes into the state what was seen, in order: at the positions of which, or of all where that is nil. It marks
	// those that pass, and notes what more it holds for each. An error, which is Fatal, ends it at the position n of which.
	Keep(seen *Seen, which []int32) (n int, err error)
	// Hold reserves memory for what Keep noted, of whichever instance, until Close or the end of Flush.
	Hold(bytes int64) error
}

// Merger is a Keyed that gives results at the end.
type Merger interface {
	Keyed
	Flusher
	// Merge takes over the state of other instances, none of whose keys it has. Flush gives its results as if it had kept
	// every item itself.
	Merge(others []Keyed)
}

// HoldAll is Hold for some items, one after another. Where that is too much, it ends before that: n is the number of items for
// which memory was reserved.
func HoldAll(k Keyed, held []int64) (n int, err error) {
	sum := int64(0)
	for _, bytes := range held {
		sum += bytes
	}
	if sum == 0 || k.Hold(sum) == nil {
		return len(held), nil
	}
	for i, bytes := range held {
		if err := k.Hold(bytes); err != nil {
			return i, err
		}
	}
	return len(held), nil
}

// Seen is what a Keyed has found out of items: for each a key, the hash of that, and values that the operator needs. It is
// memory to be used again and again.
type Seen struct {
	Hash []uint64
	Vars []value.Value // as many for each item as the operator wants
	Keys []byte        // one after another: Look appends the key of an item here, and then calls Add
	From uint64        // the number of the first item among all that are kept

	Pass []bool  // by Keep: the item is given
	Held []int64 // by Keep: bytes that are held more

	ends []int
}

// seed makes the hashes of this process those of no other.
var seed = maphash.MakeSeed()

// Len gives the number of items.
func (s *Seen) Len() int { return len(s.ends) }

// Add ends an item, whose key is what was appended to Keys since the one before.
func (s *Seen) Add() {
	s.Hash = append(s.Hash, maphash.Bytes(seed, s.Keys[s.begin(len(s.ends)):]))
	s.ends = append(s.ends, len(s.Keys))
}

// Undo takes back what was appended to Keys for an item that failed.
func (s *Seen) Undo() { s.Keys = s.Keys[:s.begin(len(s.ends))] }

// Key gives the key of an item.
func (s *Seen) Key(i int) []byte { return s.Keys[s.begin(i):s.ends[i]] }

func (s *Seen) begin(i int) int {
	if i == 0 {
		return 0
	}
	return s.ends[i-1]
}

// Ready makes room for what Keep says of each item.
func (s *Seen) Ready() {
	n := s.Len()
	if cap(s.Pass) < n {
		s.Pass, s.Held = make([]bool, max(n, 2*cap(s.Pass))), make([]int64, max(n, 2*cap(s.Pass)))
	}
	s.Pass, s.Held = s.Pass[:n], s.Held[:n]
	clear(s.Pass)
	clear(s.Held)
}

// Reset forgets all items.
func (s *Seen) Reset() {
	clear(s.Vars)
	s.Hash, s.Vars, s.Keys, s.ends = s.Hash[:0], s.Vars[:0], s.Keys[:0], s.ends[:0]
}
