package expr

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// keeper gives those items of a column for which a condition holds, of as many as it can be computed for, which are n.
type keeper func(in flow.Column, r *flow.Room) (n int, out flow.Column)

// bools gives the computation of a condition.
func (c *column) bools(float bool) boolColumn {
	if of, t, ok := c.intTest(float); ok {
		ints, scratch := of.ints(float), scratch[int64]()
		return func(in flow.Column, room []bool) []bool { return t.bools(ints(in, scratch[:len(room)]), room) }
	}
	if of, t, ok := c.floatTest(float); ok {
		floats, scratch := of.floats(float), scratch[float64]()
		return func(in flow.Column, room []bool) []bool { return t.bools(floats(in, scratch[:len(room)]), room) }
	}
	switch c.op {
	case colNot:
		inner := c.l.bools(float)
		return func(in flow.Column, room []bool) []bool {
			out := inner(in, room)
			for i, ok := range out {
				out[i] = !ok
			}
			return out
		}
	case colAnd, colOr:
		left, right, other, and := c.l.bools(float), c.r.bools(float), scratch[bool](), c.op == colAnd
		return func(in flow.Column, room []bool) []bool {
			x := left(in, room)
			y := right(in.Cut(0, len(x)), other[:len(x)])
			return both(x[:len(y)], y, and)
		}
	case colAmong:
		ints, scratch, among := c.l.ints(float), scratch[int64](), c.among
		return func(in flow.Column, room []bool) []bool {
			x := ints(in, scratch[:len(room)])
			for i, a := range x {
				_, room[i] = slices.BinarySearch(among, a)
			}
			return room[:len(x)]
		}
	}
	if c.l.kind(float) == value.Int && c.r.kind(float) == value.Int {
		return comparing(c.is, c.l.ints(float), c.r.ints(float))
	}
	return comparing(c.is, c.l.exactFloats(float), c.r.exactFloats(float))
}

// both joins conditions, in the first.
func both(x, y []bool, and bool) []bool {
	y = y[:len(x)]
	if and {
		for i, ok := range y {
			x[i] = x[i] && ok
		}
		return x
	}
	for i, ok := range y {
		x[i] = x[i] || ok
	}
	return x
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
func (c *column) keeper(float bool) keeper {
	if of, t, ok := c.intTest(float); ok {
		ints, scratch := of.ints(float), scratch[int64]()
		return func(in flow.Column, r *flow.Room) (int, flow.Column) {
			x := ints(in, scratch[:in.Len()])
			if in.Float {
				return len(x), flow.Column{Float: true, Floats: keepByInts(&t, x, in.Floats, r.Floats(in.Len()))}
			}
			return len(x), flow.Column{Ints: keepByInts(&t, x, in.Ints, r.Ints(in.Len()))}
		}
	}
	if of, t, ok := c.floatTest(float); ok {
		floats, scratch := of.floats(float), scratch[float64]()
		return func(in flow.Column, r *flow.Room) (int, flow.Column) {
			x := floats(in, scratch[:in.Len()])
			if in.Float {
				return len(x), flow.Column{Float: true, Floats: keepByFloats(&t, x, in.Floats, r.Floats(in.Len()))}
			}
			return len(x), flow.Column{Ints: keepByFloats(&t, x, in.Ints, r.Ints(in.Len()))}
		}
	}
	if c.op == colAnd {
		return c.keepBoth(float)
	}
	holds, scratch := c.bools(float), scratch[bool]()
	return func(in flow.Column, r *flow.Room) (int, flow.Column) {
		keep := holds(in, scratch[:in.Len()])
		return len(keep), flow.Kept(in, keep, r)
	}
}

// keepBoth tests by the second condition what the first one has kept.
func (c *column) keepBoth(float bool) keeper {
	left, right, room := c.l.keeper(float), c.r.keeper(float), new(flow.Room)
	holds, scratch := c.l.bools(float), scratch[bool]()
	return func(in flow.Column, r *flow.Room) (int, flow.Column) {
		n, some := left(in, room)
		tested, out := right(some, r)
		if tested < some.Len() { // it is at the one after these that it ends
			for i, ok := range holds(in, scratch[:in.Len()]) {
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
