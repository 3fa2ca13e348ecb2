package value

import (
	"sync/atomic"
	"unsafe"
)

// Pick makes objects whose fields are fields of others, by names of their own, of rows that still are text: what it makes
// is the same text. Goroutines may share it.
type Pick struct {
	shape *Shape
	names []string
	seen  atomic.Pointer[picked]
}

// picked is what becomes of rows with some columns; nil where these lack a field.
type picked struct{ of, become *Columns }

// NewPick gives a pick of objects with the keys of a shape, each the field of another object with the name in its place.
func NewPick(shape *Shape, names []string) *Pick { return &Pick{shape: shape, names: names} }

// Of gives the object that is made of v; false where v is no row that still is text, or lacks a field. What is made comes
// of the slab.
func (p *Pick) Of(v Value, s *Slab) (Value, bool) {
	if v.kind != row {
		return Value{}, false
	}
	from, _ := v.rowOf()
	seen := p.seen.Load()
	if seen == nil || seen.of != from.of {
		seen = &picked{from.of, p.of(from.of)}
		p.seen.Store(seen)
	}
	if seen.become == nil {
		return Value{}, false
	}
	if s.from != from || s.picked.of != seen.become {
		s.from, s.picked = from, &lot{of: seen.become, text: from.text, ends: from.ends}
	}
	return Value{kind: row, p: unsafe.Pointer(s.picked), n: v.n}, true
}

func (p *Pick) of(base *Columns) *Columns {
	c := &Columns{shape: p.shape, comma: base.comma, typed: base.typed, types: base.types, of: base.of, cells: []int{}}
	for _, name := range p.names {
		slot := base.shape.Slot(name)
		if slot < 0 {
			return nil
		}
		c.cells = append(c.cells, base.cell(slot))
	}
	c.quote()
	return c
}
