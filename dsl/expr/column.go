package expr

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// column is a part of an expression that can be computed for a column of items that are all ints, or all floats: a tree of
// operators on numbers. Each operator goes through the whole column before the next one does.
type column struct {
	op   columnOp
	with value.Value // of a constant: an int, or a float
	is   *comparison // of a comparison
	l, r *column     // the operands
}

type columnOp uint8

const (
	colItem columnOp = iota
	colConstant
	colPlus
	colMinus
	colTimes
	colModulo
	colDivide
	colNegate
	colCompare
	colAnd
	colOr
	colNot
)

// columnOps are the operators that columns are computed by.
var columnOps = map[string]columnOp{"+": colPlus, "-": colMinus, "*": colTimes, "%": colModulo, "/": colDivide}

// intColumn, floatColumn and boolColumn compute as many of a column as they can, and say how many those were.
type (
	intColumn   func(in flow.Column, out []int64) int
	floatColumn func(in flow.Column, out []float64) int
	boolColumn  func(in flow.Column, out []bool) int
)

// columnOf gives the column that an operand is; nil where it is none.
func columnOf(o *operand) *column {
	switch {
	case o.place == item:
		return &column{op: colItem}
	case o.isInt():
		return &column{op: colConstant, with: o.value}
	case o.place == constant && o.value.Kind() == value.Float:
		return &column{op: colConstant, with: value.OfFloat(o.value.Float())}
	}
	return o.column
}

// combined gives the column of an operator on two numbers; nil where one of them is no column.
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

// kind gives what a column of items that are floats, or ints, comes to; Null where it cannot be computed so.
func (c *column) kind(float bool) value.Kind {
	switch c.op {
	case colItem:
		if float {
			return value.Float
		}
		return value.Int
	case colConstant:
		return c.with.Kind()
	}
	l, r := c.l.kind(float), c.r.kind(float)
	switch {
	case l == value.Null || r == value.Null:
		return value.Null
	case c.op >= colAnd:
		return value.Bool
	case c.op == colCompare:
		if l != r && (!c.l.comparable() || !c.r.comparable()) {
			return value.Null
		}
		return value.Bool
	case c.op == colDivide:
		return value.Float
	case l == value.Int && r == value.Int:
		return value.Int
	case c.op == colModulo:
		return value.Null
	}
	return value.Float
}

// comparable reports whether what the column comes to can be compared as floats with what is a float.
func (c *column) comparable() bool { return c.op != colConstant || isPlain(c.with) }

// HasColumns reports whether there may be columns.
func (e *expression) HasColumns() bool {
	return e.folds != nil || e.column != nil || e.place == item
}

// Columns gives what computes the expression for columns; see flow.Columnar.
func (e *expression) Columns(float bool) (out flow.Columns) {
	if f := e.folds; f != nil {
		switch f.with.kind(float) {
		case value.Int:
			out.FoldInts, out.FoldFloats = f.ints(), f.floats(float)
		case value.Float:
			out.FoldFloats = f.floats(float)
		}
		return out
	}
	c := columnOf(&e.operand)
	switch c.kind(float) {
	case value.Int:
		out.Ints = c.ints()
	case value.Float:
		out.Floats = c.floats(float)
	case value.Bool:
		out.Test = c.bools(float)
	}
	return out
}

// bools gives the computation of a column of conditions.
func (c *column) bools(float bool) boolColumn {
	switch c.op {
	case colNot:
		inner := c.l.bools(float)
		return func(in flow.Column, out []bool) int {
			n := inner(in, out)
			for i, ok := range out[:n] {
				out[i] = !ok
			}
			return n
		}
	case colAnd, colOr:
		left, right, room, and := c.l.bools(float), c.r.bools(float), make([]bool, flow.MaxColumn), c.op == colAnd
		return func(in flow.Column, out []bool) int {
			n := left(in, out)
			n = right(in.Cut(0, n), room[:n])
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
	if c.l.kind(float) == value.Int && c.r.kind(float) == value.Int {
		return c.compareInts()
	}
	return c.compareFloats(float)
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
	if l.place != variable || l.slot != 0 || c == nil || op == colModulo || op == colDivide {
		return nil
	}
	return &folding{op, c, swaps}
}
