package expr

import (
	"math"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// comparison is a comparison's operator: for which orders of its operands it holds, a bit for each.
type comparison struct {
	n      *ast.BinaryNode
	orders uint8
	equal  bool // it is == or !=, which anything can be compared by
}

// The orders of two values.
const (
	less uint8 = 1 << iota
	same
	greater
)

var comparisons = map[string]uint8{
	"==": same, "!=": less | greater, "<": less, "<=": less | same, ">": greater, ">=": greater | same,
}

func (c *compiler) comparison(n *ast.BinaryNode) operand {
	l, r := c.compile(n.Left), c.compile(n.Right)
	op := &comparison{n: n, orders: comparisons[n.Operator], equal: n.Operator == "==" || n.Operator == "!="}
	if op.equal && l.place == constant {
		l, r = r, l // which is on which side makes no difference
	}
	if r.place == constant {
		switch k := r.value; {
		case isPlain(k):
			return op.inColumns(condition(op.withNumber(l, k)), l, r)
		case op.equal && k.IsString():
			return condition(op.withString(l, k))
		case op.equal && k.IsNull():
			return condition(op.withNull(l))
		}
	}
	left, right, looped := l.code, r.code, c.looped()
	return op.inColumns(condition(func(s *flow.Scope) (bool, error) {
		a, err := left(s)
		if err != nil {
			return false, err
		}
		b, err := right(s)
		if err != nil {
			return false, err
		}
		if looped {
			if err := spendOn(s, n, a); err != nil {
				return false, err
			}
		}
		return op.holds(a, b)
	}), l, r)
}

// inColumns notes how the comparison is made for columns.
func (op *comparison) inColumns(o, l, r operand) operand {
	if o.column = combined(colCompare, &l, &r); o.column != nil {
		o.column.is = op
	}
	o.folds = comparedBy(op.orders, &l, &r)
	return o
}

// isPlain reports whether a number can be compared as a float with any float, and as an int with any int.
func isPlain(k value.Value) bool {
	if k.IsInt() {
		return -1<<53 <= k.Int() && k.Int() <= 1<<53
	}
	return k.Kind() == value.Float && math.Abs(k.Float()) < 1<<63
}

// withNumber compiles a comparison with a constant number that is plain.
func (op *comparison) withNumber(l operand, k value.Value) test {
	base, with := l.code, number{op, k, k.Int(), k.Float(), k.IsInt()}
	switch {
	case l.place == item:
		return func(s *flow.Scope) (bool, error) {
			if s.It.IsInt() && with.isInt {
				return op.holdsInt(s.It.Int(), with.int), nil
			}
			return with.holds(s.It)
		}
	case l.ints != nil && l.ints.base.place == item && with.isInt:
		if by, ok := l.ints.modulus(); ok {
			return func(s *flow.Scope) (bool, error) {
				if s.It.IsInt() {
					return op.holdsInt(modulo64(s.It.Int(), by), with.int), nil
				}
				v, err := l.ints.slow(s.It)
				if err != nil {
					return false, err
				}
				return with.holds(v)
			}
		}
		return func(s *flow.Scope) (bool, error) {
			if s.It.IsInt() {
				if x, ok := l.ints.run(s.It.Int()); ok {
					return op.holdsInt(x, with.int), nil
				}
			}
			v, err := l.ints.slow(s.It)
			if err != nil {
				return false, err
			}
			return with.holds(v)
		}
	case l.path.isField():
		f := l.path.steps[0]
		return func(s *flow.Scope) (bool, error) {
			v, ok := f.find.In(s.It)
			if !ok {
				return false, f.failure(s.It)
			}
			return with.holds(v)
		}
	}
	return func(s *flow.Scope) (bool, error) {
		v, err := base(s)
		if err != nil {
			return false, err
		}
		return with.holds(v)
	}
}

// number is a plain number that is compared with.
type number struct {
	*comparison
	value value.Value
	int   int64
	float float64
	isInt bool
}

// holds compares v with the number.
func (k *number) holds(v value.Value) (bool, error) {
	switch {
	case v.IsInt() && k.isInt:
		return k.holdsInt(v.Int(), k.int), nil
	case v.Kind() == value.Float:
		return k.holdsFloat(v.Float(), k.float), nil
	}
	return k.comparison.holds(v, k.value)
}

// withString compiles an equality with a constant string.
func (op *comparison) withString(l operand, constant value.Value) test {
	k, want := constant.Str(), op.orders == same
	base := l.code
	if l.path.isField() {
		return func(s *flow.Scope) (bool, error) {
			is, ok := l.path.steps[0].find.Equals(s.It, k)
			if !ok {
				return false, l.path.steps[0].failure(s.It)
			}
			return is == want, nil
		}
	}
	return func(s *flow.Scope) (bool, error) {
		v, err := base(s)
		return err == nil && (v.IsString() && v.Str() == k) == want, err
	}
}

// withNull compiles an equality with null.
//
//go:noinline
func (op *comparison) withNull(l operand) test {
	want, base := op.orders == same, l.code
	return func(s *flow.Scope) (bool, error) {
		v, err := base(s)
		return err == nil && v.IsNull() == want, err
	}
}

func (op *comparison) holdsInt(x, y int64) bool {
	if x < y {
		return op.orders&less != 0
	}
	if x > y {
		return op.orders&greater != 0
	}
	return op.orders&same != 0
}

// holdsFloat compares floats; NaN has no order, and equals nothing.
func (op *comparison) holdsFloat(x, y float64) bool {
	switch {
	case x < y:
		return op.orders&less != 0
	case x > y:
		return op.orders&greater != 0
	case x == y:
		return op.orders&same != 0
	}
	return op.orders == less|greater
}

// holds compares any two values.
func (op *comparison) holds(a, b value.Value) (bool, error) {
	err := bounded(op.n, a)
	if err == nil && !op.equal {
		err = op.comparable(a, b)
	}
	if err != nil {
		return false, err
	}
	if a.IsNaN() || b.IsNaN() {
		return op.holdsFloat(a.Float(), b.Float()), nil
	}
	switch c := value.Compare(a, b); {
	case c < 0:
		return op.orders&less != 0, nil
	case c > 0:
		return op.orders&greater != 0, nil
	}
	return op.orders&same != 0, nil
}

// comparable is the failure of two values that have no order.
func (op *comparison) comparable(a, b value.Value) error {
	if a.IsNumber() && b.IsNumber() {
		return nil
	}
	switch k := a.Kind(); {
	case k != b.Kind():
	case k == value.String, k == value.Time, k == value.Duration, k == value.Bytes:
		return nil
	}
	return mismatch(op.n, a, b, "compared")
}

// equal reports whether two values are equal, as == has it.
func equal(a, b value.Value) bool { return value.Equal(a, b) && !a.IsNaN() }
