package expr

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// column is a part of an expression that can be computed for a column of items that are all ints, or all floats: a tree of
// operators on numbers. Each operator goes through the whole column before the next one does, but for what is common and
// done in one go: multiplication and addition of constants, comparisons with constants, also of a remainder, and the choice
// of the items for which such a one holds.
type column struct {
	op    columnOp
	with  value.Value // of a constant: an int, or a float
	is    *comparison // of a comparison
	among []int64     // of colAmong
	l, r  *column     // the operands
	cond  *column     // of a choice between them
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
	colMin
	colMax
	colAbs
	colFloor
	colCeil
	colRound
	colInt
	colFloat
	colChoose

	// Conditions.
	colCompare
	colAmong
	colAnd
	colOr
	colNot
)

// columnOps are the operators that columns are computed by.
var columnOps = map[string]columnOp{"+": colPlus, "-": colMinus, "*": colTimes, "%": colModulo, "/": colDivide}

// What computes a column gives as many of its items as can be computed: in room, which is as long as the column, or
// where they stand.
type (
	intColumn   func(in flow.Column, room []int64) []int64
	floatColumn func(in flow.Column, room []float64) []float64
	boolColumn  func(in flow.Column, room []bool) []bool
)

func theColumn() *column { return &column{op: colItem} }

// columnOf gives the column that an operand is; nil where it is none.
func columnOf(o *operand) *column {
	switch {
	case o.place == item:
		return theColumn()
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

// chosen gives the column of a choice between two numbers.
func chosen(cond, yes, no *operand) *column {
	c := columnOf(cond)
	if c == nil || c.op < colCompare {
		return nil
	}
	out := combined(colChoose, yes, no)
	if out != nil {
		out.cond = c
	}
	return out
}

// applied gives the column, or the folding, that a function of numbers is: with several arguments, of its result so far and
// the next; nil where it is none.
func applied(op columnOp, args []operand) (*column, *folding) {
	switch {
	case op == colItem:
		return nil, nil
	case op != colMin && op != colMax:
		return combined(op, &args[0], &args[0]), nil
	case len(args) == 1: // which may be a list
		return nil, nil
	}
	so := args[0]
	for i := range args[1:] {
		next := &args[i+1]
		so = operand{column: combined(op, &so, next), folds: foldingOf(op, &so, next)}
	}
	return so.column, so.folds
}

// among gives the column of a search in a constant list of ints; nil where it is none.
func among(l, r *operand) *column {
	out := combined(colAmong, l, l)
	if out == nil || r.place != constant || r.value.Kind() != value.List || r.value.Len() == 0 {
		return nil
	}
	for _, x := range r.value.List() {
		if !x.IsInt() {
			return nil
		}
		out.among = append(out.among, x.Int())
	}
	slices.Sort(out.among)
	out.among = slices.Compact(out.among)
	return out
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
	ints := l == value.Int && r == value.Int
	switch {
	case l == value.Null || r == value.Null:
		return value.Null
	case c.op >= colAnd:
		return value.Bool
	case c.op == colAmong:
		if l == value.Float {
			return value.Null
		}
		return value.Bool
	case c.op == colCompare:
		if l != r && (!c.l.comparable() || !c.r.comparable()) {
			return value.Null
		}
		return value.Bool
	case c.op == colDivide, c.op == colFloat, colFloor <= c.op && c.op <= colRound:
		return value.Float
	case c.op == colInt, ints && (c.op != colChoose || c.cond.kind(float) == value.Bool):
		return value.Int
	case c.op == colModulo, c.op == colChoose && (l != r || c.cond.kind(float) != value.Bool), l != r && (c.op == colMin || c.op == colMax):
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
	if e.folds != nil {
		out.FoldInts, out.FoldFloats = e.folds.ints(float), e.folds.floats(float)
		return out
	}
	c := columnOf(&e.operand)
	switch c.kind(float) {
	case value.Int:
		out.Ints = c.ints(float)
	case value.Float:
		out.Floats = c.floats(float)
	case value.Bool:
		out.Test, out.Keep = c.bools(float), c.keeper(float)
	}
	return out
}
