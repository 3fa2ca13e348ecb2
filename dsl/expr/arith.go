package expr

import (
	"math"
	"math/bits"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// operator computes an operator of two values; the node is for the message of its failure.
type operator func(n *ast.BinaryNode, a, b value.Value) (value.Value, error)

var arithmetic = map[string]operator{
	"+": add, "-": subtract, "*": multiply, "/": divide, "%": modulo, "**": power, "^": power,
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

func bothInt(a, b value.Value) bool { return a.IsInt() && b.IsInt() }
func numbers(a, b value.Value) bool { return a.IsNumber() && b.IsNumber() }

func add(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
	switch {
	case bothInt(a, b):
		z, ok := plus(a.Int(), b.Int())
		if !ok {
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
		z, ok := plus(int64(a.Duration()), int64(b.Duration()))
		if !ok {
			return a, overflow(n)
		}
		return value.OfDuration(time.Duration(z)), nil
	}
	return a, mismatch(n, a, b, "added")
}

func overflow(n ast.Node) error { return failure("%s overflows an int", text(n)) }

func subtract(n *ast.BinaryNode, a, b value.Value) (value.Value, error) {
	switch {
	case bothInt(a, b):
		z, ok := minus(a.Int(), b.Int())
		if !ok {
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
		z, ok := minus(int64(a.Duration()), int64(b.Duration()))
		if !ok {
			return a, overflow(n)
		}
		return value.OfDuration(time.Duration(z)), nil
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
		return duration(n, float64(a.Duration())*b.Float())
	case a.IsNumber() && b.Kind() == value.Duration:
		return duration(n, a.Float()*float64(b.Duration()))
	}
	return a, mismatch(n, a, b, "multiplied")
}

// plus adds, and reports whether the sum fits.
func plus(x, y int64) (int64, bool) {
	z := x + y
	return z, (x^z)&(y^z) >= 0
}

// minus subtracts, and reports whether the difference fits.
func minus(x, y int64) (int64, bool) {
	z := x - y
	return z, (x^y)&(x^z) >= 0
}

// times multiplies, and reports whether the product fits.
func times(x, y int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	high := int64(hi) - x>>63&y - y>>63&x // of the signed product
	return int64(lo), high == int64(lo)>>63
}

// duration gives so many nanoseconds.
func duration(n ast.Node, ns float64) (value.Value, error) {
	if !(ns >= -(1<<63) && ns < 1<<63) {
		return value.Value{}, failure("%s is longer than a duration can be, which is 292 years", text(n))
	}
	return value.OfDuration(time.Duration(ns)), nil
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
		return duration(n, float64(a.Duration())/b.Float())
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
