package expr

import (
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func scratch[T any]() []T { return make([]T, flow.MaxColumn) }

// repeated gives a constant as often as it is asked for.
func repeated[T any](with T) func(in flow.Column, room []T) []T {
	all := scratch[T]()
	for i := range all {
		all[i] = with
	}
	return func(in flow.Column, _ []T) []T { return all[:in.Len()] }
}

// ints gives the computation of what comes to ints.
func (c *column) ints(like *flow.Column) intColumn {
	switch c.op {
	case colItem:
		return func(in flow.Column, _ []int64) []int64 { return in.Ints }
	case colField:
		return func(in flow.Column, _ []int64) []int64 { return c.in(&in).Ints }
	case colConstant:
		return repeated(c.with.Int())
	case colInt:
		if c.l.kind(like) == value.Int {
			return c.l.ints(like)
		}
		floats, room := c.l.floats(like), scratch[float64]()
		return func(in flow.Column, out []int64) []int64 { return truncated(floats(in, room[:len(out)]), out) }
	case colAbs:
		of := c.l.ints(like)
		return func(in flow.Column, room []int64) []int64 { return absolutes(of(in, room), room) }
	case colChoose:
		return choice(c.cond.bools(like), c.l.ints(like), c.r.ints(like), chooseInts)
	}
	if a := affineOf(c); a.of != c {
		of := a.of.ints(like)
		return func(in flow.Column, room []int64) []int64 { return a.into(of(in, room), room) }
	}
	if c.op == colModulo && c.r.op == colConstant {
		of, by := c.l.ints(like), divisorOf(c.r.with.Int())
		return func(in flow.Column, room []int64) []int64 { return by.remainders(of(in, room), room) }
	}
	left, right, other, apply := c.l.ints(like), c.r.ints(like), scratch[int64](), intPairs[c.op]
	return func(in flow.Column, room []int64) []int64 {
		x := left(in, room)
		y := right(in.Cut(0, len(x)), other[:len(x)])
		return apply(x[:len(y)], y, room[:len(y)])
	}
}

// intPairs are the operators on two columns of the same length; out may be either of them.
var intPairs = [...]func(x, y, out []int64) []int64{
	colPlus: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			z, ok := plus(a, y[i])
			if !ok {
				return out[:i]
			}
			out[i] = z
		}
		return out
	},
	colMinus: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			z, ok := minus(a, y[i])
			if !ok {
				return out[:i]
			}
			out[i] = z
		}
		return out
	},
	colTimes: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			b := y[i]
			if uint64(a+1<<31)|uint64(b+1<<31) >= 1<<32 { // else the product fits
				if _, ok := times(a, b); !ok {
					return out[:i]
				}
			}
			out[i] = a * b
		}
		return out
	},
	colModulo: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			by := y[i]
			if by == 0 {
				return out[:i]
			}
			out[i] = a % by
		}
		return out
	},
	colAnds: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = a & y[i]
		}
		return out
	},
	colOrs: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = a | y[i]
		}
		return out
	},
	colXors: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = a ^ y[i]
		}
		return out
	},
	colNands: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = a &^ y[i]
		}
		return out
	},
	colMin: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = min(a, y[i])
		}
		return out
	},
	colMax: func(x, y, out []int64) []int64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = max(a, y[i])
		}
		return out
	},
}

func absolutes(x, out []int64) []int64 {
	out = out[:len(x)]
	for i, a := range x {
		if a == math.MinInt64 {
			return out[:i]
		}
		sign := a >> 63
		out[i] = a ^ sign - sign
	}
	return out
}

// truncated makes ints of floats, up to one that is beyond an int.
func truncated(x []float64, out []int64) []int64 {
	out = out[:len(x)]
	for i, f := range x {
		if f = math.Trunc(f); !(f >= -(1<<63) && f < 1<<63) {
			return out[:i]
		}
		out[i] = int64(f)
	}
	return out
}

// choice gives the computation of a choice. Both sides are computed for all items.
func choice[T any](cond boolColumn, yes, no func(flow.Column, []T) []T, choose func(ok []bool, x, y, out []T)) func(flow.Column, []T) []T {
	holds, other := scratch[bool](), scratch[T]()
	return func(in flow.Column, room []T) []T {
		ok := cond(in, holds[:len(room)])
		x := yes(in.Cut(0, len(ok)), other[:len(ok)])
		y := no(in.Cut(0, len(x)), room[:len(x)])
		n := len(y)
		choose(ok[:n], x[:n], y, room[:n])
		return room[:n]
	}
}

func chooseInts(ok []bool, x, y, out []int64) {
	x, y, out = x[:len(ok)], y[:len(ok)], out[:len(ok)]
	for i, yes := range ok {
		a, b := x[i], y[i]
		if yes {
			b = a
		}
		out[i] = b
	}
}

// chooseFloats chooses bits, for which there is no jump.
func chooseFloats(ok []bool, x, y, out []float64) {
	x, y, out = x[:len(ok)], y[:len(ok)], out[:len(ok)]
	for i, yes := range ok {
		a, b := math.Float64bits(x[i]), math.Float64bits(y[i])
		if yes {
			b = a
		}
		out[i] = math.Float64frombits(b)
	}
}
