package value

import (
	"sync/atomic"
	"unsafe"
)

// Finder finds one field in object after object. It remembers where the last two shapes have it, so that among objects
// of these finding it costs a comparison; and about where records without a shape have it. Goroutines may share it.
type Finder struct {
	key    string
	seen   atomic.Pointer[sightings]
	misses atomic.Uint32
	about  atomic.Uint32
}

// sightings are the slots of a key in two shapes, -1 where the shape has no such key.
type sightings struct {
	last, before       *Shape
	lastSlot, prevSlot int
}

// NewFinder gives a finder of the field named key.
func NewFinder(key string) *Finder {
	f := &Finder{key: key}
	f.seen.Store(&sightings{})
	return f
}

// Key gives the name of the field.
func (f *Finder) Key() string { return f.key }

// In gives the field of v, null where it has no such field; false if v is no object.
func (f *Finder) In(v Value) (Value, bool) {
	if v.kind == Object {
		o := (*object)(v.p)
		if seen := f.seen.Load(); seen.last == o.shape && uint(seen.lastSlot) < uint(len(o.slots)) {
			return o.slots[seen.lastSlot], true
		}
	}
	if v.kind == row {
		l, at := v.rowOf()
		if seen := f.seen.Load(); seen.last == l.of.shape && seen.lastSlot >= 0 {
			return l.value(at, seen.lastSlot), true
		}
	}
	return f.look(v)
}

// Equals reports whether the field of v is the string s; ok is false if v is no object. Of a record no more is read than
// tells.
func (f *Finder) Equals(v Value, s string) (equal, ok bool) {
	if v.kind == record {
		r := (*fields)(v.p)
		if o := r.done.Load(); o == nil || o.slots == nil {
			slot := f.within(r)
			return slot >= 0 && isString(r.text, r.start(slot), s), true
		}
	}
	x, ok := f.In(v)
	return x.kind == String && x.text() == s, ok
}

// look is In where it is not as it was last.
func (f *Finder) look(v Value) (Value, bool) {
	switch v.kind {
	case Object:
		if slot := f.slot((*object)(v.p).shape); slot >= 0 {
			return (*object)(v.p).slots[slot], true
		}
		return Value{}, true
	case record:
		r := (*fields)(v.p)
		if slot := f.within(r); slot >= 0 {
			return r.at(slot), true
		}
		return Value{}, true
	case altered:
		a := (*patched)(v.p)
		slot := -1
		if a.plan.shape != nil {
			slot = f.slot(a.plan.shape)
		} else {
			slot = a.find(f.key, 0)
		}
		if slot >= 0 {
			return a.at(slot), true
		}
		return Value{}, true
	case row:
		l, at := v.rowOf()
		if slot := f.slot(l.of.shape); slot >= 0 {
			return l.value(at, slot), true
		}
		return Value{}, true
	case unreadObject:
		return f.In(v.read())
	}
	return Value{}, false
}

// within gives where a record has the key; -1 where it has none. In one without a shape it looks from about where it was,
// which it notes anew where that is far off, and now and then: each time would have goroutines wait for each other.
func (f *Finder) within(r *fields) int {
	if r.shape != nil {
		return f.slot(r.shape)
	}
	about := int(f.about.Load())
	slot := r.find(f.key, about)
	if far := slot - about; slot >= 0 && (far > 3 || far < -3) && uintptr(unsafe.Pointer(r))>>4&15 == 0 {
		f.about.Store(uint32(slot))
	}
	return slot
}

// slot gives where the shape has the key; -1 where it has none.
func (f *Finder) slot(s *Shape) int {
	seen := f.seen.Load()
	if seen.last == s {
		return seen.lastSlot
	}
	if seen.before == s {
		return seen.prevSlot
	}
	return f.miss(s)
}

// miss looks for the key, and remembers where it was: always at first, then, lest shapes that come in turn cost more
// than they spare, ever so often.
func (f *Finder) miss(s *Shape) int {
	slot := s.Slot(f.key)
	if n := f.misses.Add(1); n < 64 || n%64 == 0 {
		seen := f.seen.Load()
		f.seen.Store(&sightings{last: s, lastSlot: slot, before: seen.last, prevSlot: seen.lastSlot})
	}
	return slot
}
