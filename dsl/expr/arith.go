package expr

import (
	"math"
	"math/bits"
	"regexp"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func (c *compiler) unary(n *ast.UnaryNode) code {
	inner := c.compile(n.Node)
	if n.Operator == "!" || n.Operator == "not" {
		return func(s *flow.Scope) (value.Value, error) {
			v, err := inner(s)
			if err != nil {
				return v, err
			}
			if v.Kind() != value.Bool {
				return v, failure("%s is %s, not a bool", text(n.Node), flow.Describe(v))
			}
			return value.OfBool(!v.Bool()), nil
		}
	}
	return func(s *flow.Scope) (value.Value, error) {
		v, err := inner(s)
		switch {
		case err != nil:
			return v, err
		case v.Kind() == value.Duration && n.Operator == "-":
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
	}
}

func overflow(n ast.Node) error { return failure("%s overflows an int", text(n)) }

func (c *compiler) binary(n *ast.BinaryNode) code {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logic(n)
	case "??":
		left, right := c.compile(n.Left), c.compile(n.Right)
		return func(s *flow.Scope) (value.Value, error) {
			if v, err := left(s); err != nil || !v.IsNull() {
				return v, err
			}
			return right(s)
		}
	case "matches":
		if pattern, ok := n.Right.(*ast.StringNode); ok {
			re, err := regexp.Compile(pattern.Value)
			if err != nil {
				c.problem(n.Right, "FR404", "this is no regular expression: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "the syntax is that of RE2")
				return constant(value.Value{})
			}
			return c.strings(n, func(a, _ string) (bool, error) { return re.MatchString(a), nil })
		}
		return c.strings(n, func(a, b string) (bool, error) {
			re, err := regexp.Compile(b)
			if err != nil {
				return false, failure("%s is no regular expression: %v", text(n.Right), err)
			}
			return re.MatchString(a), nil
		})
	case "contains":
		return c.strings(n, func(a, b string) (bool, error) { return strings.Contains(a, b), nil })
	case "startsWith":
		return c.strings(n, func(a, b string) (bool, error) { return strings.HasPrefix(a, b), nil })
	case "endsWith":
		return c.strings(n, func(a, b string) (bool, error) { return strings.HasSuffix(a, b), nil })
	}
	left, right := c.compile(n.Left), c.compile(n.Right)
	apply := operators[n.Operator]
	if apply == nil {
		c.problem(n, "FR401", "there is no operator `"+n.Operator+"`", "")
		return constant(value.Value{})
	}
	return func(s *flow.Scope) (value.Value, error) {
		a, err := left(s)
		if err != nil {
			return a, err
		}
		b, err := right(s)
		if err != nil {
			return b, err
		}
		return apply(n, a, b)
	}
}

func (c *compiler) logic(n *ast.BinaryNode) code {
	left, right := c.compile(n.Left), c.compile(n.Right)
	stop := n.Operator == "or" || n.Operator == "||"
	return func(s *flow.Scope) (value.Value, error) {
		a, err := left(s)
		if err != nil {
			return a, err
		}
		if a.Kind() != value.Bool {
			return a, failure("%s is %s, not a bool", text(n.Left), flow.Describe(a))
		}
		if a.Bool() == stop {
			return a, nil
		}
		b, err := right(s)
		if err == nil && b.Kind() != value.Bool {
			err = failure("%s is %s, not a bool", text(n.Right), flow.Describe(b))
		}
		return b, err
	}
}

func (c *compiler) strings(n *ast.BinaryNode, test func(a, b string) (bool, error)) code {
	left, right := c.compile(n.Left), c.compile(n.Right)
	return func(s *flow.Scope) (value.Value, error) {
		a, err := left(s)
		if err != nil {
			return a, err
		}
		b, err := right(s)
		if err != nil {
			return b, err
		}
		if a.Kind() != value.String {
			return a, failure("%s is %s, not a string", text(n.Left), flow.Describe(a))
		}
		if b.Kind() != value.String {
			return b, failure("%s is %s, not a string", text(n.Right), flow.Describe(b))
		}
		ok, err := test(a.Str(), b.Str())
		return value.OfBool(ok), err
	}
}

type operator func(n *ast.BinaryNode, a, b value.Value) (value.Value, error)

var operators = map[string]operator{
	"==": func(_ *ast.BinaryNode, a, b value.Value) (value.Value, error) {
		return value.OfBool(value.Equal(a, b)), nil
	},
	"!=": func(_ *ast.BinaryNode, a, b value.Value) (value.Value, error) {
		return value.OfBool(!value.Equal(a, b)), nil
	},
	"<":  ordered(func(c int) bool { return c < 0 }),
	"<=": ordered(func(c int) bool { return c <= 0 }),
	">":  ordered(func(c int) bool { return c > 0 }),
	">=": ordered(func(c int) bool { return c >= 0 }),
	"+":  add, "-": subtract, "*": multiply, "/": divide, "%": modulo, "**": power, "^": power, "in": in, "..": between,
}

func ordered(test func(int) bool) operator {
	return func(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
		ka, kb := a.Kind(), b.Kind()
		if a.IsNumber() && b.IsNumber() {
			if ka == value.Float && math.IsNaN(a.Float()) || kb == value.Float && math.IsNaN(b.Float()) {
				return value.OfBool(false), nil
			}
		} else if ka != kb || ka != value.String && ka != value.Time && ka != value.Duration && ka != value.Bytes {
			return a, mismatch(n, a, b, "compared")
		}
		return value.OfBool(test(value.Compare(a, b))), nil
	}
}

// mismatch says which side of an operator is wrong.
func mismatch(n *ast.BinaryNode, a, b value.Value, done string) error {
	if a.IsNull() {
		return failure("%s is null, and cannot be %s in `%s`: write `?? 0` or the like where it may be", text(n.Left), done, text(n))
	}
	if b.IsNull() {
		return failure("%s is null, and cannot be %s in `%s`: write `?? 0` or the like where it may be", text(n.Right), done, text(n))
	}
	return failure("%s is %s and %s is %s: they cannot be %s", text(n.Left), flow.Describe(a), text(n.Right), flow.Describe(b), done)
}

func bothInt(a, b value.Value) bool { return a.Kind() == value.Int && b.Kind() == value.Int }
func numbers(a, b value.Value) bool { return a.IsNumber() && b.IsNumber() }

func add(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
	switch {
	case bothInt(a, b):
		x, y := a.Int(), b.Int()
		z := x + y
		if (x^z)&(y^z) < 0 {
			return a, overflow(n)
		}
		return value.OfInt(z), nil
	case numbers(a, b):
		return value.OfFloat(a.Float() + b.Float()), nil
	case a.Kind() == value.String && b.Kind() == value.String:
		if a.Len()+b.Len() > maxText {
			return a, tooLong(n)
		}
		return value.OfString(a.Str() + b.Str()), nil
	case a.Kind() == value.Time && b.Kind() == value.Duration:
		return value.OfTime(a.Time().Add(b.Duration())), nil
	case a.Kind() == value.Duration && b.Kind() == value.Time:
		return value.OfTime(b.Time().Add(a.Duration())), nil
	case a.Kind() == value.Duration && b.Kind() == value.Duration:
		return value.OfDuration(a.Duration() + b.Duration()), nil
	}
	return a, mismatch(n, a, b, "added")
}

func tooLong(n ast.Node) error { return failure("%s makes text of more than 64 MiB", text(n)) }

func subtract(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
	switch {
	case bothInt(a, b):
		x, y := a.Int(), b.Int()
		z := x - y
		if (x^y)&(x^z) < 0 {
			return a, overflow(n)
		}
		return value.OfInt(z), nil
	case numbers(a, b):
		return value.OfFloat(a.Float() - b.Float()), nil
	case a.Kind() == value.Time && b.Kind() == value.Time:
		return value.OfDuration(a.Time().Sub(b.Time())), nil
	case a.Kind() == value.Time && b.Kind() == value.Duration:
		return value.OfTime(a.Time().Add(-b.Duration())), nil
	case a.Kind() == value.Duration && b.Kind() == value.Duration:
		return value.OfDuration(a.Duration() - b.Duration()), nil
	}
	return a, mismatch(n, a, b, "subtracted")
}

func multiply(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
	switch {
	case bothInt(a, b):
		z, ok := times(a.Int(), b.Int())
		if !ok {
			return a, overflow(n)
		}
		return value.OfInt(z), nil
	case numbers(a, b):
		return value.OfFloat(a.Float() * b.Float()), nil
	case a.Kind() == value.Duration && b.IsNumber():
		return value.OfDuration(time.Duration(float64(a.Duration()) * b.Float())), nil
	case a.IsNumber() && b.Kind() == value.Duration:
		return value.OfDuration(time.Duration(a.Float() * float64(b.Duration()))), nil
	}
	return a, mismatch(n, a, b, "multiplied")
}

// times multiplies, and reports whether the product fits.
func times(x, y int64) (int64, bool) {
	if int64(int32(x)) == x && int64(int32(y)) == y {
		return x * y, true
	}
	hi, lo := bits.Mul64(magnitude(x), magnitude(y))
	neg := (x < 0) != (y < 0)
	if hi != 0 || lo > 1<<63 || lo == 1<<63 && !neg {
		return 0, false
	}
	if neg {
		return -int64(lo), true
	}
	return int64(lo), true
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func divide(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
	switch {
	case numbers(a, b):
		if b.Float() == 0 {
			return a, failure("%s is 0, and nothing can be divided by it", text(n.Right))
		}
		return value.OfFloat(a.Float() / b.Float()), nil
	case a.Kind() == value.Duration && b.Kind() == value.Duration && b.Duration() != 0:
		return value.OfFloat(float64(a.Duration()) / float64(b.Duration())), nil
	case a.Kind() == value.Duration && b.IsNumber() && b.Float() != 0:
		return value.OfDuration(time.Duration(float64(a.Duration()) / b.Float())), nil
	}
	return a, mismatch(n, a, b, "divided")
}

func modulo(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
	if !bothInt(a, b) {
		if numbers(a, b) {
			return a, failure("`%s` takes ints, and %s is a float: write int(…)", text(n), floatSide(n, a))
		}
		return a, mismatch(n, a, b, "divided")
	}
	if b.Int() == 0 {
		return a, failure("%s is 0, and nothing can be divided by it", text(n.Right))
	}
	if b.Int() == -1 {
		return value.OfInt(0), nil
	}
	return value.OfInt(a.Int() % b.Int()), nil
}

func floatSide(n *ast.BinaryNode, a value.Value) string {
	if a.Kind() == value.Float {
		return text(n.Left)
	}
	return text(n.Right)
}

// power gives a float, as expr-lang does.
func power(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
	if !numbers(a, b) {
		return a, mismatch(n, a, b, "raised")
	}
	return value.OfFloat(math.Pow(a.Float(), b.Float())), nil
}

func in(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
	switch b.Kind() {
	case value.Null:
		return value.OfBool(false), nil
	case value.List:
		for _, x := range b.List() {
			if value.Equal(a, x) {
				return value.OfBool(true), nil
			}
		}
		return value.OfBool(false), nil
	case value.Object:
		if a.Kind() != value.String {
			return a, failure("%s is %s, and a field's name is a string", text(n.Left), flow.Describe(a))
		}
		_, ok := b.Field(a.Str())
		return value.OfBool(ok), nil
	}
	return b, failure("%s is %s: `in` takes a list or an object, and `contains` a string", text(n.Right), flow.Describe(b))
}

func between(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
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
	out := make([]value.Value, 0, to-from+1)
	for i := from; ; i++ {
		out = append(out, value.OfInt(i))
		if i == to {
			return value.OfList(out), nil
		}
	}
}
