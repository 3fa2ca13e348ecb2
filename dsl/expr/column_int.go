package expr

import (
	"math"
	"math/bits"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func scratch() []int64 { return make([]int64, flow.MaxColumn) }

// ints gives the computation of a column of ints.
func (c *column) ints() intColumn {
	switch c.op {
	case colItem:
		return func(in flow.Column, out []int64) int { return copy(out, in.Ints) }
	case colConstant:
		with := c.with.Int()
		return func(in flow.Column, out []int64) int {
			for i := range out {
				out[i] = with
			}
			return len(out)
		}
	}
	l, r := c.l, c.r
	if c.op == colNegate {
		l = &column{op: colConstant, with: value.OfInt(0)}
		return (&column{op: colMinus, l: l, r: r}).ints()
	}
	if l.op == colConstant && (c.op == colPlus || c.op == colTimes) {
		l, r = r, l
	}
	left := l.ints()
	if l.op == colItem { // which is not changed, and need not be copied
		left = nil
	}
	if r.op == colConstant {
		apply := constants[c.op](r.with.Int())
		if left == nil {
			return func(in flow.Column, out []int64) int { return apply(in.Ints, out) }
		}
		return func(in flow.Column, out []int64) int {
			n := left(in, out)
			return apply(out[:n], out[:n])
		}
	}
	right, room, apply := r.ints(), scratch(), pairs[c.op]
	return func(in flow.Column, out []int64) int {
		x, n := in.Ints, len(in.Ints)
		if left != nil {
			x, n = out, left(in, out)
		}
		n = right(in.Cut(0, n), room[:n])
		return apply(x[:n], room[:n], out[:n])
	}
}

// pairs are the operators on two columns; out may be the first.
var pairs = [...]func(x, y, out []int64) int{
	colPlus: func(x, y, out []int64) int {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			z, ok := plus(a, y[i])
			if !ok {
				return i
			}
			out[i] = z
		}
		return len(x)
	},
	colMinus: func(x, y, out []int64) int {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			z, ok := minus(a, y[i])
			if !ok {
				return i
			}
			out[i] = z
		}
		return len(x)
	},
	colTimes: func(x, y, out []int64) int {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			z, ok := times(a, y[i])
			if !ok {
				return i
			}
			out[i] = z
		}
		return len(x)
	},
	colModulo: func(x, y, out []int64) int {
		y, out = y[:len(x)], out[:len(x)]
		for i, a := range x {
			by := y[i]
			if by == 0 {
				return i
			}
			out[i] = a % by
		}
		return len(x)
	},
}

// constants are the operators on a column and a constant; out may be the column.
var constants = [...]func(by int64) func(x, out []int64) int{
	colPlus: func(by int64) func(x, out []int64) int {
		return func(x, out []int64) int {
			out = out[:len(x)]
			for i, a := range x {
				z, ok := plus(a, by)
				if !ok {
					return i
				}
				out[i] = z
			}
			return len(x)
		}
	},
	colMinus: func(by int64) func(x, out []int64) int {
		return func(x, out []int64) int {
			out = out[:len(x)]
			for i, a := range x {
				z, ok := minus(a, by)
				if !ok {
					return i
				}
				out[i] = z
			}
			return len(x)
		}
	},
	colTimes: timesConstant,
	colModulo: func(by int64) func(x, out []int64) int {
		switch {
		case by == 0:
			return func(x, out []int64) int { return 0 }
		case by > 0 && by&(by-1) == 0:
			return moduloPower(by)
		}
		return moduloConstant(by)
	},
}

// timesConstant knows from where on a product overflows.
func timesConstant(by int64) func(x, out []int64) int {
	least, most := int64(math.MinInt64), int64(math.MaxInt64)
	switch {
	case by > 0:
		least, most = least/by, most/by
	case by == -1:
		least++
	case by < 0:
		least, most = most/by, least/by
	}
	return func(x, out []int64) int {
		out = out[:len(x)]
		for i, a := range x {
			if a < least || a > most {
				return i
			}
			out[i] = a * by
		}
		return len(x)
	}
}

// moduloPower divides by a power of two.
func moduloPower(by int64) func(x, out []int64) int {
	mask := by - 1
	return func(x, out []int64) int {
		out = out[:len(x)]
		for i, a := range x {
			sign := a >> 63
			out[i] = ((a + sign&mask) & mask) - sign&mask
		}
		return len(x)
	}
}

// moduloConstant divides ints of 32 bits without a division: D. Lemire, O. Kaser, N. Kurz, "Faster Remainder by Direct
// Computation", 2019.
func moduloConstant(by int64) func(x, out []int64) int {
	d := uint64(by)
	if by < 0 {
		d = -d
	}
	if d >= 1<<32 {
		return func(x, out []int64) int {
			out = out[:len(x)]
			for i, a := range x {
				out[i] = a % by
			}
			return len(x)
		}
	}
	m := math.MaxUint64/d + 1
	return func(x, out []int64) int {
		out = out[:len(x)]
		for i, a := range x {
			if uint64(a) < 1<<32 {
				hi, _ := bits.Mul64(m*uint64(a), d)
				out[i] = int64(hi)
			} else {
				out[i] = a % by
			}
		}
		return len(x)
	}
}

func (c *column) compareInts() boolColumn {
	left, room := c.l.ints(), scratch()
	if c.r.op == colConstant {
		is := comparesConstant(c.is.orders, c.r.with.Int())
		if c.l.op == colItem {
			return func(in flow.Column, out []bool) int { return is(in.Ints, out) }
		}
		return func(in flow.Column, out []bool) int {
			n := left(in, room[:in.Len()])
			return is(room[:n], out)
		}
	}
	right, other, is := c.r.ints(), scratch(), c.is
	return func(in flow.Column, out []bool) int {
		n := left(in, room[:in.Len()])
		n = right(in.Cut(0, n), other[:n])
		for i, a := range room[:n] {
			out[i] = is.holdsInt(a, other[i])
		}
		return n
	}
}

// comparesConstant gives the comparison of a column of ints with a constant.
func comparesConstant(orders uint8, with int64) func(x []int64, out []bool) int {
	switch orders {
	case same:
		return func(x []int64, out []bool) int {
			out = out[:len(x)]
			for i, a := range x {
				out[i] = a == with
			}
			return len(x)
		}
	case less | greater:
		return func(x []int64, out []bool) int {
			out = out[:len(x)]
			for i, a := range x {
				out[i] = a != with
			}
			return len(x)
		}
	case less:
		return func(x []int64, out []bool) int {
			out = out[:len(x)]
			for i, a := range x {
				out[i] = a < with
			}
			return len(x)
		}
	case less | same:
		return func(x []int64, out []bool) int {
			out = out[:len(x)]
			for i, a := range x {
				out[i] = a <= with
			}
			return len(x)
		}
	case greater:
		return func(x []int64, out []bool) int {
			out = out[:len(x)]
			for i, a := range x {
				out[i] = a > with
			}
			return len(x)
		}
	}
	return func(x []int64, out []bool) int {
		out = out[:len(x)]
		for i, a := range x {
			out[i] = a >= with
		}
		return len(x)
	}
}

func (f *folding) ints() func(acc int64, in flow.Column) (int64, int) {
	values, room := f.with.ints(), scratch()
	return func(acc int64, in flow.Column) (int64, int) {
		n := values(in, room[:in.Len()])
		for i, x := range room[:n] {
			var next int64
			var ok bool
			switch {
			case f.op == colPlus:
				next, ok = plus(acc, x)
			case f.op == colTimes:
				next, ok = times(acc, x)
			case f.swaps:
				next, ok = minus(x, acc)
			default:
				next, ok = minus(acc, x)
			}
			if !ok {
				return acc, i
			}
			acc = next
		}
		return acc, n
	}
}
