package expr

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// column is a part of an expression that can be computed for a column of items that are all ints, or all floats, or objects
// with such fields: a tree of operators on numbers. Each operator goes through the whole column before the next one does, but for what is common and
// done in one go: multiplication and addition of constants, comparisons with constants, also of a remainder, and the choice
// of the items for which such a one holds.
type column struct {
	op    columnOp
	with  value.Value // of a constant: an int, or a float, but for the fields of an object
	is    *comparison // of a comparison
	among []int64     // of colAmong
	l, r  *column     // the operands; r is nil where there is but one
	cond  *column     // of a choice between them

	path  []string     // of a field
	shape *value.Shape // of an object
	parts []*column    // its fields

	size int // how many operators there are
}

type columnOp uint8

const (
	colItem  columnOp = iota
	colField          // of the item, or of a field of it
	colObject
	colConstant
	colPlus
	colMinus
	colTimes
	colModulo
	colDivide
	colPower
	colAnds // of bits
	colOrs
	colXors
	colNands
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
var columnOps = map[string]columnOp{"+": colPlus, "-": colMinus, "*": colTimes, "%": colModulo, "/": colDivide, "**": colPower, "^": colPower}

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
	case o.path != nil && o.path.base.place == item:
		c := &column{op: colField}
		for _, step := range o.path.steps {
			c.path = append(c.path, step.find.Key())
		}
		return c
	}
	return o.column
}

// objectOf gives the column of objects of these fields; nil where one of them is no column.
func objectOf(shape *value.Shape, fields []operand) *column {
	c := &column{op: colObject, shape: shape}
	for i := range fields {
		part := columnOf(&fields[i])
		if part == nil && fields[i].place == constant {
			part = &column{op: colConstant, with: fields[i].value}
		}
		if part == nil {
			return nil
		}
		c.parts = append(c.parts, part)
		c.size += part.size
	}
	if len(c.parts) == 0 || c.size > mostParts {
		return nil
	}
	return c
}

// mostParts bounds the operators of a column: a variable may be in it many times, with all that it is made of.
const mostParts = 100

// combined gives the column of an operator on one or two columns; nil where one of them is none.
func combined(op columnOp, l, r *operand) *column {
	c := &column{op: op, l: columnOf(l), size: 1}
	if c.l == nil {
		return nil
	}
	if c.size += c.l.size; r != nil {
		if c.r = columnOf(r); c.r == nil {
			return nil
		}
		c.size += c.r.size
	}
	if c.size > mostParts {
		return nil
	}
	return c
}

// has reports whether a part of the column is another one.
func (c *column) has(part *column) bool {
	switch {
	case c == nil || part == nil:
		return false
	case c == part || c.l.has(part) || c.r.has(part) || c.cond.has(part):
		return true
	}
	return slices.ContainsFunc(c.parts, func(c *column) bool { return c.has(part) })
}

// chosen gives the column of a choice.
func chosen(cond, yes, no *operand) *column {
	c, out := columnOf(cond), combined(colChoose, yes, no)
	if c == nil || out == nil || c.size+out.size > mostParts {
		return nil
	}
	out.cond = c
	out.size += c.size
	return out
}

// applied gives the column, or the folding, that a function of numbers is: with several arguments, of its result so far and
// the next; nil where it is none.
func applied(op columnOp, args []operand) (*column, *folding) {
	switch {
	case op == colItem:
		return nil, nil
	case op >= colAbs:
		return combined(op, &args[0], nil), nil
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
	out := combined(colAmong, l, nil)
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

// in finds the item, or a field of it, in a column; nil where there is none.
func (c *column) in(column *flow.Column) *flow.Column {
	for _, name := range c.path {
		if column.Kind != value.Object {
			return nil
		}
		slot := column.Shape.Slot(name)
		if slot < 0 {
			return nil
		}
		column = &column.Fields[slot]
	}
	return column
}

// kind gives what numbers or conditions come to, for columns like one; Null where they cannot be computed so.
func (c *column) kind(like *flow.Column) value.Kind {
	switch c.op {
	case colItem, colField:
		if of := c.in(like); of != nil && (of.Kind == value.Bool || isNumeric(of.Kind)) {
			return of.Kind
		}
		return value.Null
	case colConstant:
		return c.with.Kind()
	case colObject:
		return value.Null
	}
	l := c.l.kind(like)
	r := l
	if c.r != nil {
		r = c.r.kind(like)
	}
	ints := l == value.Int && r == value.Int
	switch {
	case c.op == colChoose && c.cond.kind(like) != value.Bool:
		return value.Null
	case c.op >= colAnd:
		if l == value.Bool && r == value.Bool {
			return value.Bool
		}
		return value.Null
	case !isNumeric(l) || !isNumeric(r):
		return value.Null
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
	case c.op == colDivide, c.op == colPower, c.op == colFloat, colFloor <= c.op && c.op <= colRound:
		return value.Float
	case c.op == colInt, ints:
		return value.Int
	case c.op == colModulo, colAnds <= c.op && c.op <= colNands, l != r && (c.op == colMin || c.op == colMax || c.op == colChoose):
		return value.Null
	}
	return value.Float
}

func isNumeric(k value.Kind) bool { return k == value.Int || k == value.Float }

// comparable reports whether what the column comes to can be compared as floats with what is a float.
func (c *column) comparable() bool { return c.op != colConstant || isPlain(c.with) }
