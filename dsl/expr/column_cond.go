package expr

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// keeper gives those items of a column for which a condition holds, of as many as it can be computed for, which are n.
type keeper func(in flow.Column, r *flow.Room) (n int, out flow.Column)

// bools gives the computation of a condition.
func (c *column) bools(like *flow.Column) boolColumn {
	if of, t, ok := c.intTest(like); ok {
		ints, scratch := of.ints(like), scratch[int64]()
		return func(in flow.Column, room []bool) []bool { return t.bools(ints(in, scratch[:len(room)]), room) }
	}
	if of, t, ok := c.floatTest(like); ok {
		floats, scratch := of.floats(like), scratch[float64]()
		return func(in flow.Column, room []bool) []bool { return t.bools(floats(in, scratch[:len(room)]), room) }
	}
	switch c.op {
	case colItem, colField:
		return func(in flow.Column, _ []bool) []bool { return c.in(&in).Bools }
	case colNot:
		inner := c.l.bools(like)
		return func(in flow.Column, room []bool) []bool {
			x := inner(in, room)
			room = room[:len(x)]
			for i, ok := range x {
				room[i] = !ok
			}
			return room
		}
	case colAnd, colOr:
		left, right, other, and := c.l.bools(like), c.r.bools(like), scratch[bool](), c.op == colAnd
		return func(in flow.Column, room []bool) []bool {
			x := left(in, room)
			y := right(in.Cut(0, len(x)), other[:len(x)])
			return both(x[:len(y)], y, room[:len(y)], and)
		}
	case colAmong:
		ints, scratch, among := c.l.ints(like), scratch[int64](), c.among
		return func(in flow.Column, room []bool) []bool {
			x := ints(in, scratch[:len(room)])
			for i, a := range x {
				_, room[i] = slices.BinarySearch(among, a)
			}
			return room[:len(x)]
		}
	}
	if c.l.kind(like) == value.Int && c.r.kind(like) == value.Int {
		return comparing(c.is, c.l.ints(like), c.r.ints(like))
	}
	return comparing(c.is, c.l.exactFloats(like), c.r.exactFloats(like))
}

// both joins conditions; out may be either of them.
func both(x, y, out []bool, and bool) []bool {
	x, out = x[:len(y)], out[:len(y)]
	if and {
		for i, ok := range y {
			out[i] = x[i] && ok
		}
		return out
	}
	for i, ok := range y {
		out[i] = x[i] || ok
	}
	return out
}

// comparing gives the comparison of two columns.
func comparing[T int64 | float64](is *comparison, left, right func(flow.Column, []T) []T) boolColumn {
	one, other, not := scratch[T](), scratch[T](), is.orders == less|greater
	orders := is.orders
	if not { // also where there is no order
		orders = same
	}
	return func(in flow.Column, room []bool) []bool {
		x := left(in, one[:len(room)])
		y := right(in.Cut(0, len(x)), other[:len(x)])
		x, room = x[:len(y)], room[:len(y)]
		for i, b := range y {
			room[i] = (orderOf(x[i], b)&orders != 0) != not
		}
		return room
	}
}

// bit gives 1 for true.
func bit(ok bool) (n uint8) {
	if ok {
		n = 1
	}
	return n
}

// keeper gives the choice of the items for which a condition holds.
func (c *column) keeper(like *flow.Column) keeper {
	if of, t, ok := c.intTest(like); ok && isNumeric(like.Kind) {
		ints, scratch := of.ints(like), scratch[int64]()
		return func(in flow.Column, r *flow.Room) (int, flow.Column) {
			x := ints(in, scratch[:in.Len()])
			if in.Kind == value.Float {
				return len(x), flow.FloatColumn(keepByInts(&t, x, in.Floats, r.Floats(in.Len())))
			}
			return len(x), flow.IntColumn(keepByInts(&t, x, in.Ints, r.Ints(in.Len())))
		}
	}
	if of, t, ok := c.floatTest(like); ok && isNumeric(like.Kind) {
		floats, scratch := of.floats(like), scratch[float64]()
		return func(in flow.Column, r *flow.Room) (int, flow.Column) {
			x := floats(in, scratch[:in.Len()])
			if in.Kind == value.Float {
				return len(x), flow.FloatColumn(keepByFloats(&t, x, in.Floats, r.Floats(in.Len())))
			}
			return len(x), flow.IntColumn(keepByFloats(&t, x, in.Ints, r.Ints(in.Len())))
		}
	}
	if c.op == colAnd {
		return c.keepBoth(like)
	}
	holds, scratch := c.bools(like), scratch[bool]()
	return func(in flow.Column, r *flow.Room) (int, flow.Column) {
		keep := holds(in, scratch[:in.Len()])
		return len(keep), flow.Kept(in, keep, r)
	}
}

// keepBoth tests by the second condition what the first one has kept.
func (c *column) keepBoth(like *flow.Column) keeper {
	left, right, room := c.l.keeper(like), c.r.keeper(like), new(flow.Room)
	var holds boolColumn
	var all []bool
	return func(in flow.Column, r *flow.Room) (int, flow.Column) {
		n, some := left(in, room)
		tested, out := right(some, r)
		if tested < some.Len() { // it is at the one after these that it ends
			if holds == nil {
				holds, all = c.l.bools(like), scratch[bool]()
			}
			for i, ok := range holds(in, all[:in.Len()]) {
				if ok {
					if tested--; tested < 0 {
						return i, out
					}
				}
			}
		}
		return n, out
	}
}
