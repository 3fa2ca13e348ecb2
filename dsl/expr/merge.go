package expr

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow/value"
)

// merger merges objects. It remembers what those of two shapes become, so that objects of the same shapes give objects of
// the same shape. Goroutines may share it.
type merger struct {
	text  atomic.Pointer[textMerger]
	turns atomic.Uint32 // how often another one took its place

	last  atomic.Pointer[blend]
	known atomic.Pointer[map[shapes]*blend] // replaced by a copy for each new one
}

// shapes are those of the two objects; nil for null.
type shapes struct{ a, b *value.Shape }

// blend is what two shapes become: the keys of the first, and those of the second that it has not.
type blend struct {
	of    shapes
	shape *value.Shape
	at    []int // the slots of the fields of the second
}

// maxBlends bounds how many are remembered.
const maxBlends = 64

func (m *merger) merge(args []value.Value) (value.Value, error) {
	for i, o := range args {
		if o.Kind() != value.Object && !o.IsNull() {
			return o, nth(args, i, "an object")
		}
	}
	a, b := args[0], args[1]
	if v, ok := m.patch(a, b); ok {
		return v, nil
	}
	u := m.of(shapes{a.Shape(), b.Shape()})
	slots := make([]value.Value, len(u.shape.Keys()))
	for i := range a.Len() {
		slots[i] = a.At(i)
	}
	for i, slot := range u.at {
		slots[slot] = b.At(i)
	}
	return value.OfShape(u.shape, slots), nil
}

// textMerger merges objects of a shape into others that still are text.
type textMerger struct {
	shape   *value.Shape
	patches sync.Pool // of *value.Patch
}

// maxTurns bounds how many shapes get a textMerger: one for each object would cost more than it spares.
const maxTurns = 64

// patch merges b into an object that still is text.
func (m *merger) patch(a, b value.Value) (value.Value, bool) {
	shape := b.Shape()
	t := m.text.Load()
	if t == nil || t.shape != shape {
		if shape == nil || m.turns.Load() >= maxTurns {
			return value.Value{}, false
		}
		m.turns.Add(1)
		t = &textMerger{shape: shape}
		m.text.Store(t)
	}
	p, _ := t.patches.Get().(*value.Patch)
	if p == nil {
		p = value.NewSet(shape.Keys())
	}
	out, set, ok := p.Of(a)
	for i := range set {
		set[i] = b.At(i)
	}
	t.patches.Put(p)
	return out, ok
}

func (m *merger) of(of shapes) *blend {
	if u := m.last.Load(); u != nil && u.of == of {
		return u
	}
	known := m.known.Load()
	if known != nil {
		if u := (*known)[of]; u != nil {
			m.last.Store(u)
			return u
		}
	}
	u := newBlend(of)
	if known == nil {
		m.known.CompareAndSwap(nil, &map[shapes]*blend{of: u})
	} else if len(*known) < maxBlends {
		more := maps.Clone(*known)
		more[of] = u
		m.known.CompareAndSwap(known, &more) // whoever was faster has it; this one comes again
	}
	m.last.Store(u)
	return u
}

func newBlend(of shapes) *blend {
	u := &blend{of: of}
	keys := append([]string(nil), of.a.Keys()...)
	for _, key := range of.b.Keys() {
		at := -1
		if of.a != nil {
			at = of.a.Slot(key)
		}
		if at < 0 {
			at = len(keys)
			keys = append(keys, key)
		}
		u.at = append(u.at, at)
	}
	if u.shape = of.a; of.a == nil || len(keys) > len(of.a.Keys()) {
		u.shape = value.NewShape(keys)
	}
	return u
}
