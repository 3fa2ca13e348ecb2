package value

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
)

// known are the shapes that decoders and records made last, so that all of them give objects with the same keys the same
// shape, mostly. They are found by a hash of their keys, without a lock; of two with the same hash, the later stays.
var known struct {
	seed   maphash.Seed
	shapes [1024]atomic.Pointer[Shape]
}

func init() { known.seed = maphash.MakeSeed() }

// shapeOf gives the shape with these keys, which it copies where it makes it.
func shapeOf(keys []string) *Shape {
	hash := uint64(0)
	for _, k := range keys {
		hash = hash*31 + maphash.String(known.seed, k)
	}
	at := &known.shapes[hash%uint64(len(known.shapes))]
	if s := at.Load(); s != nil && slices.Equal(s.keys, keys) {
		return s
	}
	text, own := strings.Join(keys, ""), make([]string, len(keys))
	for i, k := range keys {
		own[i], text = text[:len(k)], text[len(k):]
	}
	s := NewShape(own)
	at.Store(s)
	return s
}
