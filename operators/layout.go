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

// layouts remembers the layout of each shape that came, so that objects of several kinds in turn cost no more than those
// of one.
type layouts struct {
	shape *value.Shape // the last one
	last  layout
	all   map[*value.Shape]layout
}

// maxLayouts bounds how many are remembered.
const maxLayouts = 1024

// of gives the layout of a shape, and makes it the first time.
func (l *layouts) of(shape *value.Shape, make func(*value.Shape) layout) layout {
	if shape == l.shape {
		return l.last
	}
	made, known := l.all[shape]
	if !known {
		made = make(shape)
		if l.all == nil || len(l.all) == maxLayouts {
			l.all = map[*value.Shape]layout{}
		}
		l.all[shape] = made
	}
	l.shape, l.last = shape, made
	return made
}

// setting copies objects with room for fields: in their place where they are there, else last.
type setting struct {
	names   []string
	layouts layouts // with the slots of the fields
	slab    value.Slab
}

// room gives a copy of an object, its slots, and which of them are those of the fields, to be filled before anybody else
// sees it.
func (s *setting) room(v value.Value) (out value.Value, slots []value.Value, at []int) {
	shape := v.Shape()
	become := s.layouts.of(shape, s.layout)
	out, slots = s.slab.Object(become.shape)
	for i := range shape.Keys() {
		slots[i] = v.At(i)
	}
	return out, slots, become.slots
}

func (s *setting) layout(shape *value.Shape) (l layout) {
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
