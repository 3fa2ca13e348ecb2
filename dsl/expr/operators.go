package expr

import (
	"math"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func (c *compiler) unary(n *ast.UnaryNode) operand {
	if n.Operator == "!" || n.Operator == "not" {
		x := c.compile(n.Node)
		holds := x.asTest()
		o := condition(func(s *flow.Scope) (bool, error) {
			ok, err := holds(s)
			return !ok && err == nil, err
		})
		o.column = combined(colNot, &x, nil)
		return o
	}
	x := c.compile(n.Node)
	inner := x.code
	o := computedBy(func(s *flow.Scope) (value.Value, error) {
		v, err := inner(s)
		switch {
		case err != nil:
			return v, err
		case v.Kind() == value.Duration && n.Operator == "-" && v.Duration() != math.MinInt64:
			return value.OfDuration(-v.Duration()), nil
		case !v.IsNumber():
			return v, failure("%s is %s, not a number", text(n.Node), flow.Describe(v))
		case n.Operator == "+":
			return v, nil
		case v.Kind() == value.Float:
			return value.OfFloat(-v.Float()), nil
		case v.Int() == math.MinInt64:
			return v, overflow(n)
		}
		return value.OfInt(-v.Int()), nil
	})
	sign := constantOf(value.OfInt(1))
	if n.Operator == "-" {
		sign = constantOf(value.OfInt(-1))
	}
	o.column = combined(colTimes, &x, &sign)
	return o
}

func (c *compiler) binary(n *ast.BinaryNode) operand {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logic(n)
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(n)
	case "??":
		l, right := c.compile(n.Left), c.code(n.Right)
		left := l.code
		o := computedBy(func(s *flow.Scope) (value.Value, error) {
			if v, err := left(s); err != nil || !v.IsNull() {
				return v, err
			}
			return right(s)
		})
		o.column = columnOf(&l) // which is never null
		return o
	case "in":
		return c.in(n)
	case "matches":
		return c.matches(n)
	case "contains":
		return c.textTest(n, contains)
	case "startsWith":
		return c.textTest(n, startsWith)
	case "endsWith":
		return c.textTest(n, endsWith)
	case "..":
		return computedBy(c.span(n))
	}
	if arithmetic[n.Operator] == nil {
		c.problem(n, "FR401", "there is no operator `"+n.Operator+"`", "")
		return constantOf(value.Value{})
	}
	return c.arithmetic(n)
}

func (c *compiler) logic(n *ast.BinaryNode) operand {
	l, r := c.compile(n.Left), c.compile(n.Right)
	left, right, op := l.asTest(), r.asTest(), colAnd
	holds := func(s *flow.Scope) (bool, error) {
		if ok, err := left(s); !ok || err != nil {
			return false, err
		}
		return right(s)
	}
	if n.Operator == "or" || n.Operator == "||" {
		op = colOr
		holds = func(s *flow.Scope) (bool, error) {
			if ok, err := left(s); ok || err != nil {
				return ok, err
			}
			return right(s)
		}
	}
	o := condition(holds)
	o.column = combined(op, &l, &r)
	return o
}

// textTest compiles a condition on two strings, which is false where either is null.
func (c *compiler) textTest(n *ast.BinaryNode, holds func(a, b string) (bool, error)) operand {
	left, r := c.code(n.Left), c.compile(n.Right)
	right, looped := r.code, c.looped()
	return condition(func(s *flow.Scope) (bool, error) {
		a, err := left(s)
		if err != nil {
			return false, err
		}
		b := r.value
		if r.place != constant {
			if b, err = right(s); err != nil {
				return false, err
			}
		}
		switch {
		case a.IsString() && b.IsString():
			if looped {
				if err := spend(s, n, effort(a)); err != nil {
					return false, err
				}
			}
			return holds(a.Str(), b.Str())
		case a.IsNull() || b.IsNull():
			return false, nil
		case !a.IsString():
			return false, failure("%s is %s, not a string", text(n.Left), flow.Describe(a))
		}
		return false, failure("%s is %s, not a string", text(n.Right), flow.Describe(b))
	})
}

func contains(a, b string) (bool, error)   { return strings.Contains(a, b), nil }
func startsWith(a, b string) (bool, error) { return strings.HasPrefix(a, b), nil }
func endsWith(a, b string) (bool, error)   { return strings.HasSuffix(a, b), nil }

// matches compiles a match of a regular expression, which is compiled once where it is the same for every item, and
// kept for as long as it stays the same where it is not.
func (c *compiler) matches(n *ast.BinaryNode) operand {
	var last atomic.Pointer[pattern]
	match := func(a, b string) (bool, error) {
		p := last.Load()
		if p == nil || p.text != b {
			made, err := newPattern(strings.Clone(b))
			if err != nil {
				return false, failure("%s is no regular expression: %s", text(n.Right), regexpError(err))
			}
			p = made
			last.Store(p)
		}
		return p.matches(a), nil
	}
	if k, ok := n.Right.(*ast.StringNode); ok {
		if _, err := regexp.Compile(k.Value); err != nil {
			c.problem(n.Right, "FR404", "this is no regular expression: "+regexpError(err), "the syntax is that of RE2")
		}
	}
	return c.textTest(n, match)
}

func regexpError(err error) string { return strings.TrimPrefix(err.Error(), "error parsing regexp: ") }

// span compiles a range of ints.
func (c *compiler) span(n *ast.BinaryNode) code {
	left, right := c.code(n.Left), c.code(n.Right)
	looped := c.looped()
	return func(s *flow.Scope) (value.Value, error) {
		a, err := left(s)
		if err != nil {
			return a, err
		}
		b, err := right(s)
		if err != nil {
			return b, err
		}
		if !bothInt(a, b) {
			return a, mismatch(n, a, b, "the ends of a range")
		}
		from, to := a.Int(), b.Int()
		if from > to {
			return value.OfList(nil), nil
		}
		if uint64(to)-uint64(from) >= maxRange {
			return a, failure("%s has more than %d elements", text(n), maxRange)
		}
		out := make([]value.Value, to-from+1)
		for i := range out {
			out[i] = value.OfInt(from + int64(i))
		}
		if looped {
			err = spend(s, n, len(out))
		}
		return value.OfList(out), err
	}
}
