package expr

import (
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// floats gives the computation of what comes to floats, or of ints as floats.
func (c *column) floats(like *flow.Column) floatColumn {
	if c.op == colConstant {
		return repeated(c.with.Float())
	}
	if c.kind(like) == value.Int {
		return onNumbers(c, like, func(x []int64, out []float64) []float64 { return quotientsOf(x, 1, out) }, nil)
	}
	switch c.op {
	case colItem, colField:
		return func(in flow.Column, _ []float64) []float64 { return c.in(&in).Floats }
	case colFloat:
		return c.l.floats(like)
	case colAbs, colFloor, colCeil, colRound:
		of, apply := c.l.floats(like), floatFunctions[c.op]
		return func(in flow.Column, room []float64) []float64 { return apply(of(in, room), room) }
	case colChoose:
		return choice(c.cond.bools(like), c.l.floats(like), c.r.floats(like), chooseFloats)
	}
	if times, plus, of, ok := c.linear(like); ok {
		return onNumbers(of, like, func(x []int64, out []float64) []float64 { return linearOf(x, times, plus, out) },
			func(x, out []float64) []float64 { return linearOf(x, times, plus, out) })
	}
	if by := c.r.with.Float(); c.op == colDivide && c.r.op == colConstant && by != 0 {
		return onNumbers(c.l, like, func(x []int64, out []float64) []float64 { return quotientsOf(x, by, out) },
			func(x, out []float64) []float64 { return quotientsOf(x, by, out) })
	}
	left, right, other, apply := c.l.floats(like), c.r.floats(like), scratch[float64](), floatPairs[c.op]
	return func(in flow.Column, room []float64) []float64 {
		x := left(in, room)
		y := right(in.Cut(0, len(x)), other[:len(x)])
		return apply(x[:len(y)], y, room[:len(y)])
	}
}

// linear gives an addition of a constant, a multiplication with one, or the former after the latter, as a multiplication and
// an addition: x * 1 and x + -0.0 are x.
func (c *column) linear(like *flow.Column) (by, add float64, of *column, ok bool) {
	of, k := c.l, c.r
	if k.op != colConstant && c.op != colMinus {
		of, k = k, of
	}
	if k.op != colConstant {
		return 0, 0, nil, false
	}
	switch with := k.with.Float(); c.op {
	case colTimes:
		return with, math.Copysign(0, -1), of, true
	case colMinus:
		by, add = 1, -with
	case colPlus:
		by, add = 1, with
	default:
		return 0, 0, nil, false
	}
	if of.op == colTimes && of.kind(like) == value.Float {
		if times, _, inner, ok := of.linear(like); ok {
			return times, add, inner, true
		}
	}
	return by, add, of, true
}

// onNumbers gives the computation of what is applied to a column of ints, or of floats.
func onNumbers(of *column, like *flow.Column, ints func([]int64, []float64) []float64, floats func(x, out []float64) []float64) floatColumn {
	if of.op != colConstant && of.kind(like) == value.Int {
		read, scratch := of.ints(like), scratch[int64]()
		return func(in flow.Column, room []float64) []float64 { return ints(read(in, scratch[:len(room)]), room) }
	}
	read := of.floats(like)
	return func(in flow.Column, room []float64) []float64 { return floats(read(in, room), room) }
}

func linearOf[T int64 | float64](x []T, by, add float64, out []float64) []float64 {
	out = out[:len(x)]
	for i, a := range x {
		out[i] = float64(float64(a)*by) + add // rounded twice
	}
	return out
}

func quotientsOf[T int64 | float64](x []T, by float64, out []float64) []float64 {
	out = out[:len(x)]
	for i, a := range x {
		out[i] = float64(a) / by
	}
	return out
}

// floatPairs are the operators on two columns of the same length; out may be either of them.
var floatPairs = [...]func(x, y, out []float64) []float64{
	colPlus: func(x, y, out []float64) []float64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = a + y[i]
		}
		return out
	},
	colMinus: func(x, y, out []float64) []float64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = a - y[i]
		}
		return out
	},
	colTimes: func(x, y, out []float64) []float64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = a * y[i]
		}
		return out
	},
	colDivide: func(x, y, out []float64) []float64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			by := y[i]
			if by == 0 {
				return out[:i]
			}
			out[i] = a / by
		}
		return out
	},
	colPower: func(x, y, out []float64) []float64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = math.Pow(a, y[i])
		}
		return out
	},
	colMin: func(x, y, out []float64) []float64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = lesser(a, y[i])
		}
		return out
	},
	colMax: func(x, y, out []float64) []float64 {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			out[i] = larger(a, y[i])
		}
		return out
	},
}

// lesser gives the second of two floats where it is less than the first, as NaN is than any number.
func lesser(a, b float64) float64 {
	if !(a <= b) && a == a {
		return b
	}
	return a
}

// larger gives the second of two floats where it is more than the first.
func larger(a, b float64) float64 {
	if b > a || a != a {
		return b
	}
	return a
}

// floatFunctions are the functions of a number; out may be the column.
var floatFunctions = [...]func(x, out []float64) []float64{
	colAbs: func(x, out []float64) []float64 {
		out = out[:len(x)]
		for i, a := range x {
			out[i] = math.Abs(a)
		}
		return out
	},
	colFloor: func(x, out []float64) []float64 {
		out = out[:len(x)]
		for i, a := range x {
			out[i] = math.Floor(a)
		}
		return out
	},
	colCeil: func(x, out []float64) []float64 {
		out = out[:len(x)]
		for i, a := range x {
			out[i] = math.Ceil(a)
		}
		return out
	},
	colRound: func(x, out []float64) []float64 {
		out = out[:len(x)]
		for i, a := range x {
			out[i] = math.Round(a)
		}
		return out
	},
}

// exactFloats is floats for a comparison, which must be exact: it ends before an int that no float holds exactly.
func (c *column) exactFloats(like *flow.Column) floatColumn {
	all := c.floats(like)
	if c.kind(like) != value.Int {
		return all
	}
	return func(in flow.Column, room []float64) []float64 {
		out := all(in, room)
		for i, x := range out {
			if x <= -(1<<53) || x >= 1<<53 {
				return out[:i]
			}
		}
		return out
	}
}
