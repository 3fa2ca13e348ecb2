package operators

import "github.com/flowrun/flowrun/flow/value"

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
