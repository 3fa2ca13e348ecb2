package expr

import (
	"math"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// ints is arithmetic on an operand with constant ints, such as it * 3 + 1. It is computed in one go as long as the
// operand is an int and nothing overflows, and else step by step as anything is.
type ints struct {
	base  operand
	steps []intStep
}

// intStep is one operator with a constant int.
type intStep struct {
	op       intOp
	by       int64
	constant value.Value
	left     bool // the constant is the left operand
	node     *ast.BinaryNode
	apply    operator
}

type intOp uint8

const (
	plusBy intOp = iota
	timesBy
	moduloBy // by anything but 0
	minusBy
)

// constantStep gives the step that an operator is, if one of its operands is a constant int and the other not constant.
func constantStep(n *ast.BinaryNode, l, r operand) (step intStep, base operand, ok bool) {
	step = intStep{node: n, apply: arithmetic[n.Operator]}
	if r.isInt() {
		step.constant, step.by, base = r.value, r.value.Int(), l
	} else if l.isInt() {
		step.constant, step.by, step.left, base = l.value, l.value.Int(), true, r
	} else {
		return step, base, false
	}
	switch n.Operator {
	case "+":
		step.op = plusBy
	case "-":
		step.op, step.by = plusBy, -step.by
		ok = !step.left && step.by != math.MinInt64
		return step, base, ok
	case "*":
		step.op = timesBy
	case "%":
		step.op = moduloBy
		return step, base, !step.left && step.by != 0
	default:
		return step, base, false
	}
	return step, base, true
}

// then adds a step to what the operand is computed by.
func (step intStep) then(base operand) operand {
	a := &ints{base: base, steps: []intStep{step}}
	if base.ints != nil {
		a = &ints{base: base.ints.base, steps: append(append([]intStep(nil), base.ints.steps...), step)}
	}
	o := computedBy(a.code())
	o.ints = a
	return o
}

//go:noinline
func (a *ints) code() code {
	by, add, linear := a.linear()
	switch {
	case a.base.place == item && linear:
		return func(s *flow.Scope) (value.Value, error) {
			if s.It.IsInt() {
				product, fits := times(s.It.Int(), by)
				if x, ok := plus(product, add); ok && fits {
					return value.OfInt(x), nil
				}
			}
			return a.slow(s.It)
		}
	case a.base.place == item:
		return func(s *flow.Scope) (value.Value, error) {
			if s.It.IsInt() {
				if x, ok := a.run(s.It.Int()); ok {
					return value.OfInt(x), nil
				}
			}
			return a.slow(s.It)
		}
	}
	base := a.base.code
	return func(s *flow.Scope) (value.Value, error) {
		v, err := base(s)
		if err != nil {
			return v, err
		}
		if v.IsInt() {
			if x, ok := a.run(v.Int()); ok {
				return value.OfInt(x), nil
			}
		}
		return a.slow(v)
	}
}

// modulus gives what the only step divides by.
func (a *ints) modulus() (int64, bool) {
	if len(a.steps) == 1 && a.steps[0].op == moduloBy {
		return a.steps[0].by, true
	}
	return 0, false
}

// linear gives the steps as one multiplication and one addition, in this order.
func (a *ints) linear() (by, add int64, ok bool) {
	by, steps := 1, a.steps
	if len(steps) > 0 && steps[0].op == timesBy {
		by, steps = steps[0].by, steps[1:]
	}
	if len(steps) > 0 && steps[0].op == plusBy {
		add, steps = steps[0].by, steps[1:]
	}
	return by, add, len(steps) == 0
}

// run computes on an int; false where something overflows.
func (a *ints) run(x int64) (int64, bool) {
	steps := a.steps
	for i := range steps {
		by, ok := steps[i].by, true
		switch steps[i].op {
		case plusBy:
			x, ok = plus(x, by)
		case timesBy:
			x, ok = times(x, by)
		default:
			x = modulo64(x, by)
		}
		if !ok {
			return x, false
		}
	}
	return x, true
}

// modulo64 divides half as long where 32 bits will do.
func modulo64(x, by int64) int64 {
	if uint64(x|by) < 1<<32 {
		return int64(uint32(x) % uint32(by))
	}
	return x % by
}

// slow computes on any value.
func (a *ints) slow(v value.Value) (value.Value, error) {
	for _, step := range a.steps {
		l, r := v, step.constant
		if step.left {
			l, r = r, l
		}
		var err error
		if v, err = step.apply(step.node, l, r); err != nil {
			return v, err
		}
	}
	return v, nil
}

// arithmetic compiles an operator on numbers, or one that joins strings.
func (c *compiler) arithmetic(n *ast.BinaryNode) operand {
	o := c.calculation(n)
	if !c.looped() || n.Operator != "+" {
		return o
	}
	run := o.code
	o.code = func(s *flow.Scope) (value.Value, error) {
		v, err := run(s)
		if err == nil && v.IsString() {
			err = spend(s, n, effort(v))
		}
		return v, err
	}
	return o
}

func (c *compiler) calculation(n *ast.BinaryNode) operand {
	l, r := c.compile(n.Left), c.compile(n.Right)
	o := c.calculated(n, l, r)
	if op, ok := columnOps[n.Operator]; ok && o.place == computed {
		o.column, o.folds = combined(op, &l, &r), foldingOf(op, &l, &r)
	}
	return o
}

func (c *compiler) calculated(n *ast.BinaryNode, l, r operand) operand {
	if step, base, ok := constantStep(n, l, r); ok && base.place != constant {
		return step.then(base)
	}
	apply, left, right := arithmetic[n.Operator], l.code, r.code
	fast, isFast := intOps[n.Operator]
	switch {
	case isFast && l.atHand() && r.atHand():
		return computedBy(func(s *flow.Scope) (value.Value, error) {
			a, b := l.in(s), r.in(s)
			if a.IsInt() && b.IsInt() {
				z, ok := plus(a.Int(), b.Int())
				if fast != plusBy {
					z, ok = fast.ints(a.Int(), b.Int())
				}
				if ok {
					return value.OfInt(z), nil
				}
			}
			return apply(n, a, b)
		})
	case isFast:
		return computedBy(func(s *flow.Scope) (value.Value, error) {
			a, err := left(s)
			if err != nil {
				return a, err
			}
			b, err := right(s)
			if err != nil {
				return b, err
			}
			if a.IsInt() && b.IsInt() {
				if z, ok := fast.ints(a.Int(), b.Int()); ok {
					return value.OfInt(z), nil
				}
			}
			return apply(n, a, b)
		})
	}
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		a, err := left(s)
		if err != nil {
			return a, err
		}
		b, err := right(s)
		if err != nil {
			return b, err
		}
		return apply(n, a, b)
	})
}

// intOps are the operators of which ints give ints.
var intOps = map[string]intOp{"+": plusBy, "-": minusBy, "*": timesBy}

// ints computes on two ints; false where the result does not fit.
func (op intOp) ints(x, y int64) (int64, bool) {
	switch op {
	case plusBy:
		return plus(x, y)
	case timesBy:
		return times(x, y)
	}
	return minus(x, y)
}
