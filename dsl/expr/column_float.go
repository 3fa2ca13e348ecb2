package expr

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func floatScratch() []float64 { return make([]float64, flow.MaxColumn) }

// floats gives the computation of a column of floats, or of ints as floats.
func (c *column) floats(float bool) floatColumn {
	if c.kind(float) == value.Int && c.op != colConstant {
		ints, room := c.ints(), scratch()
		return func(in flow.Column, out []float64) int {
			n := ints(in, room[:in.Len()])
			for i, x := range room[:n] {
				out[i] = float64(x)
			}
			return n
		}
	}
	switch c.op {
	case colItem:
		return func(in flow.Column, out []float64) int { return copy(out, in.Floats) }
	case colConstant:
		with := c.with.Float()
		return func(in flow.Column, out []float64) int {
			for i := range out {
				out[i] = with
			}
			return len(out)
		}
	case colNegate:
		inner := c.l.floats(float)
		return func(in flow.Column, out []float64) int {
			n := inner(in, out)
			for i, x := range out[:n] {
				out[i] = -x
			}
			return n
		}
	}
	left, right, room, apply := c.l.floats(float), c.r.floats(float), floatScratch(), floatPairs[c.op]
	if c.r.op == colConstant { // which is the same every time
		right(flow.Column{}, room)
		right = nil
	}
	return func(in flow.Column, out []float64) int {
		n := left(in, out)
		if right != nil {
			n = right(in.Cut(0, n), room[:n])
		}
		return apply(out[:n], room[:n])
	}
}

// floatPairs are the operators on two columns of floats; the first takes what comes out.
var floatPairs = [...]func(x, y []float64) int{
	colPlus: func(x, y []float64) int {
		y = y[:len(x)]
		for i := range x {
			x[i] += y[i]
		}
		return len(x)
	},
	colMinus: func(x, y []float64) int {
		y = y[:len(x)]
		for i := range x {
			x[i] -= y[i]
		}
		return len(x)
	},
	colTimes: func(x, y []float64) int {
		y = y[:len(x)]
		for i := range x {
			x[i] *= y[i]
		}
		return len(x)
	},
	colDivide: func(x, y []float64) int {
		y = y[:len(x)]
		for i := range x {
			if y[i] == 0 {
				return i
			}
			x[i] /= y[i]
		}
		return len(x)
	},
}

// exactFloats is floats for a comparison, which must be exact: it ends before an int that no float holds exactly.
func (c *column) exactFloats(float bool) floatColumn {
	all := c.floats(float)
	if c.kind(float) != value.Int {
		return all
	}
	return func(in flow.Column, out []float64) int {
		n := all(in, out)
		for i, x := range out[:n] {
			if x <= -(1<<53) || x >= 1<<53 {
				return i
			}
		}
		return n
	}
}

func (c *column) compareFloats(float bool) boolColumn {
	left, right, room, other, is := c.l.exactFloats(float), c.r.exactFloats(float), floatScratch(), floatScratch(), c.is
	return func(in flow.Column, out []bool) int {
		n := left(in, room[:in.Len()])
		n = right(in.Cut(0, n), other[:n])
		for i, x := range room[:n] {
			out[i] = is.holdsFloat(x, other[i])
		}
		return n
	}
}

func (f *folding) floats(float bool) func(acc float64, in flow.Column) (float64, int) {
	values, room := f.with.floats(float), floatScratch()
	return func(acc float64, in flow.Column) (float64, int) {
		n := values(in, room[:in.Len()])
		for _, x := range room[:n] {
			switch {
			case f.op == colPlus:
				acc += x
			case f.op == colTimes:
				acc *= x
			case f.swaps:
				acc = x - acc
			default:
				acc -= x
			}
		}
		return acc, n
	}
}
