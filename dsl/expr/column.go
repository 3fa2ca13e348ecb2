package expr

import (
	"math"
	"math/bits"

	"github.com/flowrun/flowrun/flow"
)

// column is a part of an expression that can be computed for a column of ints, each of them the item: a tree of
// operators on ints. Each operator goes through the whole column before the next one does.
type column struct {
	op   columnOp
	by   int64   // of a constant
	is   uint8   // of a comparison: the orders for which it holds
	l, r *column // the operands
}

type columnOp uint8

const (
	colItem columnOp = iota
	colConstant
	colPlus
	colMinus
	colTimes
	colModulo
	colCompare
	colAnd
	colOr
	colNot
)

// intColumn and boolColumn compute as many of a column as they can, and say how many those were.
type (
	intColumn  func(in, out []int64) int
	boolColumn func(in []int64, out []bool) int
)

// columnOf gives the column that an operand is; nil where it is none.
func columnOf(o *operand) *column {
	switch {
	case o.place == item:
		return &column{op: colItem}
	case o.isInt():
		return &column{op: colConstant, by: o.value.Int()}
	}
	return o.column
}

// combined gives the column of an operator on two ints; nil where one of them is no column.
func combined(op columnOp, l, r *operand) *column {
	x, y := columnOf(l), columnOf(r)
	if x == nil || y == nil || x.op >= colCompare || y.op >= colCompare {
		return nil
	}
	return &column{op: op, l: x, r: y}
}

// joined gives the column of an operator on two conditions; nil where one of them is no column.
func joined(op columnOp, l, r *operand) *column {
	x, y := columnOf(l), columnOf(r)
	if x == nil || y == nil || x.op < colCompare || y.op < colCompare {
		return nil
	}
	return &column{op: op, l: x, r: y}
}

// Columns gives what the expression computes by the column; see flow.Columnar.
func (e *expression) Columns() flow.Columns {
	if f := e.folds; f != nil {
		return flow.Columns{Fold: f.fold()}
	}
	switch c := columnOf(&e.operand); {
	case c == nil || c.op == colConstant:
		return flow.Columns{}
	case c.op >= colCompare:
		return flow.Columns{Test: c.bools()}
	default:
		return flow.Columns{Map: c.ints()}
	}
}

func scratch() []int64 { return make([]int64, flow.Column) }

// ints gives the computation of a column of ints.
func (c *column) ints() intColumn {
	switch c.op {
	case colItem:
		return func(in, out []int64) int { return copy(out, in) }
	case colConstant:
		by := c.by
		return func(in, out []int64) int {
			for i := range out {
				out[i] = by
			}
			return len(out)
		}
	}
	l, r := c.l, c.r
	if l.op == colConstant && (c.op == colPlus || c.op == colTimes) {
		l, r = r, l
	}
	left := l.ints()
	if l.op == colItem { // which is not changed, and need not be copied
		left = nil
	}
	if r.op == colConstant {
		return c.withConstant(left, r.by)
	}
	right, room := r.ints(), scratch()
	apply := pairs[c.op]
	return func(in, out []int64) int {
		x, n := in, len(in)
		if left != nil {
			x, n = out, left(in, out)
		}
		n = right(in[:n], room[:n])
		return apply(x[:n], room[:n], out[:n])
	}
}

// withConstant gives the computation of an operator with a constant; left is nil where the other operand is the item.
func (c *column) withConstant(left intColumn, by int64) intColumn {
	apply := constants[c.op](by)
	if left == nil {
		return func(in, out []int64) int { return apply(in, out) }
	}
	return func(in, out []int64) int {
		n := left(in, out)
		return apply(out[:n], out[:n])
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

// bools gives the computation of a column of conditions.
func (c *column) bools() boolColumn {
	switch c.op {
	case colNot:
		inner := c.l.bools()
		return func(in []int64, out []bool) int {
			n := inner(in, out)
			for i, ok := range out[:n] {
				out[i] = !ok
			}
			return n
		}
	case colAnd, colOr:
		left, right, room, and := c.l.bools(), c.r.bools(), make([]bool, flow.Column), c.op == colAnd
		return func(in []int64, out []bool) int {
			n := left(in, out)
			n = right(in[:n], room[:n])
			for i, ok := range room[:n] {
				if and {
					out[i] = out[i] && ok
				} else {
					out[i] = out[i] || ok
				}
			}
			return n
		}
	}
	l, room := c.l, scratch()
	left := l.ints()
	if c.r.op == colConstant {
		is := comparesConstant(c.is, c.r.by)
		if l.op == colItem {
			return func(in []int64, out []bool) int { return is(in, out) }
		}
		return func(in []int64, out []bool) int {
			n := left(in, room[:len(in)])
			return is(room[:n], out)
		}
	}
	right, other, orders := c.r.ints(), scratch(), c.is
	return func(in []int64, out []bool) int {
		n := left(in, room[:len(in)])
		n = right(in[:n], other[:n])
		for i, a := range room[:n] {
			b := other[i]
			out[i] = orders&less != 0 && a < b || orders&same != 0 && a == b || orders&greater != 0 && a > b
		}
		return n
	}
}

// comparesConstant gives the comparison of a column with a constant.
func comparesConstant(orders uint8, with int64) boolColumn {
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

// folding is an operator on the first variable and a column, which makes the next state of it.
type folding struct {
	op    columnOp
	with  *column
	swaps bool // the variable is the right operand
}

// foldingOf gives the folding that an operator on two operands is; nil where it is none.
func foldingOf(op columnOp, l, r *operand) *folding {
	swaps := r.place == variable
	if swaps {
		l, r = r, l
	}
	c := columnOf(r)
	if l.place != variable || l.slot != 0 || c == nil || op == colModulo {
		return nil
	}
	return &folding{op, c, swaps}
}

func (f *folding) fold() func(acc int64, in []int64) (int64, int) {
	values, room := f.with.ints(), scratch()
	return func(acc int64, in []int64) (int64, int) {
		n := values(in, room[:len(in)])
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
