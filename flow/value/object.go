package value

import (
	"slices"
	"sync/atomic"
	"unsafe"
)

// object is the body of an Object value: the keys, shared with objects of the same build, and a value for each.
type object struct {
	shape *Shape
	slots []Value
}

// Shape is an ordered set of distinct keys. Shapes are immutable and shared: a decoder and a Builder give objects with
// the same keys the same shape, so that a reader may remember a key's slot by the shape.
type Shape struct {
	keys  []string
	index atomic.Pointer[map[string]int] // of many keys, once somebody asks: few are found faster by a scan
}

// scanKeys is how many keys are found faster by comparing than by hashing.
const scanKeys = 8

// NewShape gives the shape with these keys, which must be distinct.
func NewShape(keys []string) *Shape {
	return &Shape{keys: keys}
}

// Keys gives the keys in order, not to be changed; none of a nil Shape.
func (s *Shape) Keys() []string {
	if s == nil {
		return nil
	}
	return s.keys
}

// Slot gives the position of key, or -1.
func (s *Shape) Slot(key string) int {
	if len(s.keys) <= scanKeys {
		return slices.Index(s.keys, key)
	}
	index := s.index.Load()
	if index == nil {
		made := make(map[string]int, len(s.keys))
		for i, k := range s.keys {
			made[k] = i
		}
		index = &made
		s.index.Store(index)
	}
	if i, ok := (*index)[key]; ok {
		return i
	}
	return -1
}

// OfShape gives an object with these keys and, slot by slot, these values, which must not change afterwards.
func OfShape(s *Shape, slots []Value) Value {
	return ofObject(&object{shape: s, slots: slots})
}

func ofObject(o *object) Value {
	return Value{kind: Object, p: unsafe.Pointer(o), n: uint64(len(o.slots))}
}

// OfPairs gives an object of alternating keys and values; a key that comes again replaces the earlier value in place.
func OfPairs(pairs ...any) Value {
	b := Builder{}
	for i := 0; i+1 < len(pairs); i += 2 {
		b.Set(pairs[i].(string), pairs[i+1].(Value))
	}
	return b.Value()
}

// Len gives the number of elements, fields, or bytes of text; 0 for scalars.
func (v Value) Len() int {
	switch v.kind {
	case String, Bytes, List, Object, record, altered:
		return int(v.n)
	case row, cellList:
		return (*lot)(v.p).of.len()
	case unreadList, unreadObject:
		return v.read().Len()
	}
	return 0
}

// Shape gives an object's keys; nil for any other kind.
func (v Value) Shape() *Shape {
	switch v.kind {
	case Object:
		return (*object)(v.p).shape
	case record:
		return (*fields)(v.p).keys()
	case altered:
		return (*patched)(v.p).shape()
	case row:
		return (*lot)(v.p).of.shape
	case unreadObject:
		return v.read().Shape()
	}
	return nil
}

// Keys gives an object's keys in order, not to be changed; nil for any other kind. It makes no Shape where there is none yet.
func (v Value) Keys() []string {
	if v.kind == unreadObject {
		v = v.read()
	}
	if v.kind == record {
		if f := (*fields)(v.p); f.shape == nil {
			if o := f.done.Load(); o == nil || o.shape == nil {
				return f.names(make([]string, 0, f.n))
			}
		}
	}
	return v.Shape().Keys()
}

// At gives an object's value at a position of its Shape. It decodes no more than that.
func (v Value) At(slot int) Value {
	switch v.kind {
	case Object:
		return (*object)(v.p).slots[slot]
	case record:
		return (*fields)(v.p).at(slot)
	case altered:
		return (*patched)(v.p).at(slot)
	case row:
		l, at := v.rowOf()
		return l.value(at, slot)
	}
	return v.read().At(slot)
}

// Slots gives an object's values in the order of its Shape, not to be changed; nil for any other kind.
func (v Value) Slots() []Value {
	switch v.kind {
	case Object:
		return (*object)(v.p).slots
	case record:
		return (*fields)(v.p).all()
	case altered:
		return (*patched)(v.p).all()
	case row:
		l, at := v.rowOf()
		return l.all(at)
	case unreadObject:
		return v.read().Slots()
	}
	return nil
}

// Field gives the field named key, and whether v is an object that has it.
func (v Value) Field(key string) (Value, bool) {
	slot := -1
	switch {
	case v.kind == record && (*fields)(v.p).shape == nil:
		slot = (*fields)(v.p).find(key, 0)
	case v.kind == altered:
		slot = (*patched)(v.p).find(key, 0)
	default:
		if s := v.Shape(); s != nil {
			slot = s.Slot(key)
		}
	}
	if slot < 0 {
		return Value{}, false
	}
	return v.At(slot), true
}

// With gives v, an object or null, with the field key set to x: in its place if it is there, else last.
func (v Value) With(key string, x Value) Value {
	b := Builder{}
	b.SetAll(v)
	b.Set(key, x)
	return b.Value()
}

// Builder makes an object field by field. Its zero value is empty and ready. It remembers the last shape, so that a
// builder used again for the same keys makes no new one, and looks for no key twice.
type Builder struct {
	keys  []string
	slots []Value
	last  *Shape
	other bool           // the keys are not those with which the last shape begins
	index map[string]int // of many keys
}

// hashKeys is how many keys a builder finds faster by hashing than by comparing.
const hashKeys = 64

// Set sets a field: in its place if it is there, else last.
func (b *Builder) Set(key string, x Value) {
	n := len(b.keys)
	if !b.other && b.last != nil && n < len(b.last.keys) && b.last.keys[n] == key {
		b.keys, b.slots = append(b.keys, key), append(b.slots, x)
		return
	}
	if i := b.find(key); i >= 0 {
		b.slots[i] = x
		return
	}
	b.other = true
	b.keys, b.slots = append(b.keys, key), append(b.slots, x)
}

func (b *Builder) find(key string) int {
	if len(b.keys) < hashKeys {
		return slices.Index(b.keys, key)
	}
	if b.index == nil {
		b.index = make(map[string]int, 2*hashKeys)
	}
	for i := len(b.index); i < len(b.keys); i++ {
		b.index[b.keys[i]] = i
	}
	if i, ok := b.index[key]; ok {
		return i
	}
	return -1
}

// SetAll sets every field of v, an object; anything else sets nothing.
func (b *Builder) SetAll(v Value) {
	slots := v.Slots()
	for i, k := range v.Shape().Keys() {
		b.Set(k, slots[i])
	}
}

// Value gives the object, and empties the builder for the next one.
func (b *Builder) Value() Value {
	if b.last == nil || b.other && !slices.Equal(b.last.keys, b.keys) || len(b.last.keys) != len(b.keys) {
		b.last = shapeOf(b.keys)
	}
	v := OfShape(b.last, append([]Value(nil), b.slots...))
	b.keys, b.slots, b.other, b.index = b.keys[:0], b.slots[:0], false, nil
	return v
}
