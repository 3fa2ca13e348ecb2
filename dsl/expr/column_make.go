package expr

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Takes reports whether anything is computed for columns like one; see flow.Columnar.
func (e *expression) Takes(like *flow.Column) bool {
	if e.folds != nil {
		return e.folds.goes(value.Int, like) || e.folds.goes(value.Float, like)
	}
	c := columnOf(&e.operand)
	return c != nil && c.can(like)
}

// Columns gives what computes the expression for columns; see flow.Columnar.
func (e *expression) Columns(like *flow.Column) (out flow.Columns) {
	if !e.Takes(like) {
		return out
	}
	if e.folds != nil {
		out.FoldInts, out.FoldFloats = e.folds.ints(like), e.folds.floats(like)
		return out
	}
	c := columnOf(&e.operand)
	out.Make = c.maker(like)
	if c.kind(like) == value.Bool {
		out.Test, out.Keep = c.bools(like), c.keeper(like)
	}
	return out
}

// can reports whether there is a maker.
func (c *column) can(like *flow.Column) bool {
	switch c.op {
	case colConstant:
		return true
	case colItem, colField:
		return c.in(like) != nil
	case colObject:
		for _, part := range c.parts {
			if !part.can(like) {
				return false
			}
		}
		return true
	}
	return c.kind(like) != value.Null
}

// maker gives the computation of a column, of whatever kind. What it gives is as long as the column, or ends before an item
// that cannot be computed so.
type maker func(in flow.Column, r *flow.Room) flow.Column

func (c *column) maker(like *flow.Column) maker {
	switch c.op {
	case colItem, colField:
		return func(in flow.Column, _ *flow.Room) flow.Column { return *c.in(&in) }
	case colObject:
		return c.object(like)
	}
	switch c.kind(like) {
	case value.Int:
		ints := c.ints(like)
		return func(in flow.Column, r *flow.Room) flow.Column { return flow.IntColumn(ints(in, r.Ints(in.Len()))) }
	case value.Float:
		floats := c.floats(like)
		return func(in flow.Column, r *flow.Room) flow.Column {
			return flow.FloatColumn(floats(in, r.Floats(in.Len())))
		}
	}
	if c.op == colConstant {
		return func(in flow.Column, _ *flow.Room) flow.Column { return flow.Column{Same: c.with, Times: in.Len()} }
	}
	bools := c.bools(like)
	return func(in flow.Column, r *flow.Room) flow.Column {
		return flow.Column{Kind: value.Bool, Bools: bools(in, r.Bools(in.Len()))}
	}
}

// object gives the computation of a column of objects.
func (c *column) object(like *flow.Column) maker {
	parts := make([]maker, len(c.parts))
	for i, part := range c.parts {
		parts[i] = part.maker(like)
	}
	return func(in flow.Column, r *flow.Room) flow.Column {
		fields, rooms := r.Fields(len(parts))
		n := in.Len()
		for i, part := range parts {
			fields[i] = part(in.Cut(0, n), &rooms[i])
			n = fields[i].Len()
		}
		return flow.ObjectColumn(c.shape, fields, n)
	}
}
