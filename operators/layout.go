package operators

import (
	"slices"

	"github.com/flowrun/flowrun/flow/value"
)

// layout is what objects of a shape become: the shape they have then, and the slots that matter to whoever made it.
type layout struct {
	shape *value.Shape
	slots []int
}

// pair is the shape of an object, and of another that it is put together with, if it is.
type pair struct{ shape, other *value.Shape }

// layouts remembers the layout of each pair of shapes that came, so that objects of several kinds in turn cost no more
// than those of one.
type layouts struct {
	pair pair // the last one
	last layout
	all  map[pair]layout
}

// maxLayouts bounds how many are remembered.
const maxLayouts = 1024

// of gives the layout of a pair, and makes it the first time.
func (l *layouts) of(shapes pair, make func(pair) layout) layout {
	if shapes == l.pair && l.all != nil {
		return l.last
	}
	made, known := l.all[shapes]
	if !known {
		made = make(shapes)
		if l.all == nil || len(l.all) == maxLayouts {
			l.all = map[pair]layout{}
		}
		l.all[shapes] = made
	}
	l.pair, l.last = shapes, made
	return made
}

// setting copies objects with room for fields: in their place where they are there, else last.
type setting struct {
	names   []string
	text    *value.Patch // of objects that still are text
	order   []int        // its fields
	layouts layouts      // of others, with the slots of the fields
	slab    value.Slab
}

func newSetting(names ...string) *setting {
	s := &setting{names: names, text: value.NewSet(names)}
	for i := range names {
		s.order = append(s.order, i)
	}
	return s
}

// room gives a copy of an object, and values of which at says which are those of the fields, to be filled before anybody
// else sees it.
func (s *setting) room(v value.Value) (out value.Value, slots []value.Value, at []int) {
	if out, slots, ok := s.text.Of(v); ok {
		return out, slots, s.order
	}
	become := s.layouts.of(pair{shape: v.Shape()}, s.layout)
	out, slots = s.slab.Object(become.shape)
	for i := range v.Len() {
		slots[i] = v.At(i)
	}
	return out, slots, become.slots
}

func (s *setting) layout(of pair) (l layout) {
	shape := of.shape
	keys := slices.Clone(shape.Keys())
	for _, name := range s.names {
		at := shape.Slot(name)
		if at < 0 {
			at = len(keys)
			keys = append(keys, name)
		}
		l.slots = append(l.slots, at)
	}
	if l.shape = shape; len(keys) > len(shape.Keys()) {
		l.shape = value.NewShape(keys)
	}
	return l
}
