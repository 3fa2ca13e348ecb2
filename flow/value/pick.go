package value

import "sync/atomic"

// Pick makes objects of rows that still are text: what it makes is the same text. Fields of them are fields of the row by
// names of their own, others are values of their own. Goroutines may share it.
type Pick struct {
	shape *Shape
	names []string
	seen  atomic.Pointer[picked]
}

// picked is what becomes of rows with some columns; nil where these lack a field.
type picked struct{ of, become *Columns }

// NewPick gives a pick of objects with the keys of a shape, each the field of a row with the name in its place, or where
// that is empty, a value that is set. A field whose name is empty cannot be picked.
func NewPick(shape *Shape, names []string) *Pick { return &Pick{shape: shape, names: names} }

// Of gives the object that is made of v, and the values of it that are set, in their order, null, to be filled before
// anybody else sees it; false where v is no row that still is text, or lacks a field. What is made comes of the slab.
func (p *Pick) Of(v Value, s *Slab) (out Value, set []Value, ok bool) {
	if v.kind != row {
		return Value{}, nil, false
	}
	if s.pick != p {
		s.turn(p)
	}
	from, _ := v.rowOf()
	if s.refit.from != from {
		s.refit.begin(from, p.become(from.of))
	}
	if s.refit.lot == nil {
		return Value{}, nil, false
	}
	out, set = s.refit.row(v)
	return out, set, true
}

// become gives the columns of what is made of rows with others; nil where these lack a field.
func (p *Pick) become(of *Columns) *Columns {
	seen := p.seen.Load()
	if seen == nil || seen.of != of {
		seen = &picked{of, p.of(of)}
		p.seen.Store(seen)
	}
	return seen.become
}

func (p *Pick) of(base *Columns) *Columns {
	var cells []int
	own := base.own
	for _, name := range p.names {
		if name == "" {
			cells = append(cells, ^own)
			own++
			continue
		}
		slot := base.shape.Slot(name)
		if slot < 0 {
			return nil
		}
		cells = append(cells, base.cell(slot))
	}
	return base.with(p.shape, cells, own-base.own)
}
