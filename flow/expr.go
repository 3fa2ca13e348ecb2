package flow

import (
	"fmt"

	"github.com/flowrun/flowrun/flow/value"
)

// Expr is a compiled expression. It is stateless and may be shared; what one evaluation needs stands in the Scope.
type Expr interface {
	// Eval computes the value; an error is the item's failure and says which part of the expression failed.
	Eval(s *Scope) (value.Value, error)
	// String gives the expression as it was written.
	String() string
}

// Compiled is an Expr that consists of functions, which may be called in its place.
type Compiled interface {
	Expr
	// Funcs gives what computes the value, and what tests it as a condition without making a value of it.
	Funcs() (eval func(*Scope) (value.Value, error), test func(*Scope) (bool, error))
}

// Scope is what an expression sees. A component keeps one for all its evaluations, so that none allocates; it must not
// be copied, nor used by two goroutines at once.
type Scope struct {
	It   value.Value   // `it`
	Meta *Meta         // `meta`
	Vars []value.Value // what the operator adds, in the order of the option's `scope` tag

	Locals []value.Value // the expression's own: variables of loops and lets
	Steps  int           // the expression's own: loop steps so far
	Made   value.Slab    // the expression's own: the objects that it makes
}

// Set points the scope at an item.
func (s *Scope) Set(it Item) *Scope {
	s.It, s.Meta = it.Value, it.Meta
	return s
}

// Func gives what computes e, for whoever evaluates it for every item: it costs less than calling Eval.
func Func(e Expr) func(*Scope) (value.Value, error) {
	if c, ok := e.(Compiled); ok {
		eval, _ := c.Funcs()
		return eval
	}
	return e.Eval
}

// Test gives what tests e, a condition, for whoever does so for every item; anything but a bool is an error.
func Test(e Expr) func(*Scope) (bool, error) {
	if c, ok := e.(Compiled); ok {
		_, test := c.Funcs()
		return test
	}
	return func(s *Scope) (bool, error) {
		v, err := e.Eval(s)
		if err != nil {
			return false, err
		}
		return Holds(e, v)
	}
}

// Bool tests a condition once; anything but a bool is an error.
func Bool(e Expr, s *Scope) (bool, error) { return Test(e)(s) }

// Holds gives the bool that e, a condition, came to; anything else is an error.
func Holds(e Expr, v value.Value) (bool, error) {
	if v.Kind() != value.Bool {
		return false, Typed("expression", fmt.Errorf("%s gives %s, not a bool", e, Describe(v)))
	}
	return v.Bool(), nil
}

// MayBeNull reports whether e may come to null, as far as is known.
func MayBeNull(e Expr) bool {
	k, ok := e.(interface{ Type() Type })
	return !ok || k.Type().May(value.Null)
}

// Describe gives a value's kind with its article, for messages: "a string", "an int", "null".
func Describe(v value.Value) string {
	switch k := v.Kind(); k {
	case value.Null:
		return "null"
	case value.Int, value.Object:
		return "an " + k.String()
	case value.Bytes:
		return "bytes"
	default:
		return "a " + k.String()
	}
}

// Literal is an option that is walked as data: in it a string is an expression, any other scalar itself, and lists and
// mappings are built of their parts.
type Literal struct{ Expr }

// Field is one named part of an option that is a mapping of names to literals.
type Field struct {
	Name string
	Expr Expr
}

// Fields is an option that is a mapping of names to literals, in the order written.
type Fields []Field

// Keys is an option that names what to group by: an expression that ends in a field (which names it), a list of such,
// or a mapping of names to expressions.
type Keys []Field

// Aggregate is one output of an aggregation: an expression over calls of aggregate functions, as `sum(it.x) / count()`.
type Aggregate struct {
	Name   string
	Calls  []AggregateCall
	Result Expr // sees the calls' results as its Vars
}

// AggregateCall is a call such as `sum(it.x)`.
type AggregateCall struct {
	Func string // count sum mean min max first last collect distinct p50 p95 p99
	Arg  Expr   // nil where the call has none
}

// Aggregates is an option that is a mapping of names to aggregates, in the order written.
type Aggregates []Aggregate

// Match is an option that is a condition on an item and another one, which it names `other`.
type Match struct {
	It, Other []Expr // keys that must be equal: of the item, and of the other, which is the first of the Vars
	Rest      Expr   // what else must be true; nil: nothing
	Source    string // as it was written
}

// AggregateFuncs are the functions that an Aggregate may call.
var AggregateFuncs = []string{"count", "sum", "mean", "min", "max", "first", "last", "collect", "distinct", "p50", "p95", "p99"}

// Ref is an option that names another step, source, or one of a step's outputs; the loader connects it as an input.
type Ref string

// Dyn is an option that may differ from item to item: a constant, or a template of the item.
type Dyn[T any] struct {
	constant T
	expr     Expr
	convert  func(value.Value) (T, error)
}

// DynOf gives an option that is always v.
func DynOf[T any](v T) Dyn[T] { return Dyn[T]{constant: v} }

// DynExpr gives an option that e computes and convert makes a T.
func DynExpr[T any](e Expr, convert func(value.Value) (T, error)) Dyn[T] {
	return Dyn[T]{expr: e, convert: convert}
}

// Eval gives the option's value for the scope's item.
func (d *Dyn[T]) Eval(s *Scope) (T, error) {
	if d.expr == nil {
		return d.constant, nil
	}
	v, err := d.expr.Eval(s)
	if err != nil {
		return d.constant, err
	}
	return d.convert(v)
}

// Constant gives the value, and whether it is the same for every item.
func (d *Dyn[T]) Constant() (T, bool) { return d.constant, d.expr == nil }

// Text is a template: text that may differ from item to item.
type Text = Dyn[string]

// Prefix gives the text that a template begins with, whatever the item.
func Prefix(t *Text) string {
	if e, ok := t.expr.(interface{ Prefix() string }); ok {
		return e.Prefix()
	}
	return t.constant
}
