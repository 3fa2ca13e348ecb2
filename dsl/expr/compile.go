// Package expr compiles the expressions and templates of a pipeline to closures over values.
//
// The syntax, the names and the types are those of expr-lang, whose parser and checker do that part; what an
// expression means at run time is this package's: values keep their order of keys and the text of their numbers,
// integer overflow is an error, and no evaluation runs away.
package expr

import (
	"errors"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Env is what an expression may name.
type Env struct {
	Params  value.Value          // an object, `params`
	Unknown map[string]flow.Type // params that have a type but no value yet
	Enums   map[string][]string  // the only texts that params may be
	Secrets map[string]bool      // params that are never to be shown
	Vars    []string             // what the operator adds, in the order of Scope.Vars
	Key     *bool                // where `key`, that of the item's group, is in scope: set to true when it is named
	NoItem  bool                 // `it` and `meta` are not in scope: the value is the same for all items

	Cache *Cache // of what is the same for the expressions of a file; nil for none

	Types map[string]flow.Type // of `it` and of Vars, where something is known of them
}

// Problem is one thing that is wrong with an expression.
type Problem struct {
	Start, End int // bytes of the source
	Code       string
	Message    string
	Help       string
	Suggest    string
}

// errUnknown says that a value depends on a param that has none yet.
var errUnknown = errors.New("depends on a param that has no value yet")

// IsUnknown reports whether an evaluation failed only because a param has no value yet.
func IsUnknown(err error) bool { return errors.Is(err, errUnknown) }

// code computes a value.
type code func(s *flow.Scope) (value.Value, error)

// test computes a condition.
type test func(s *flow.Scope) (bool, error)

// expression is a compiled expression: an operand that any scope will do for.
type expression struct {
	operand
	src    string
	meta   bool   // names meta
	prefix string // of a template

	weight int       // nanoseconds, roughly
	reads  []string  // parts of the item
	gives  flow.Type // what is known of the value
	tells  string    // the secret param whose text is in the value; "" for none
}

// newExpr gives the expression that is an operand.
func newExpr(src string, o operand) *expression {
	e := &expression{operand: o, src: src}
	if e.test == nil {
		e.test = func(s *flow.Scope) (bool, error) {
			v, err := e.code(s)
			if err != nil {
				return false, err
			}
			return flow.Holds(e, v)
		}
	}
	return e
}

// Eval computes the value for the scope.
func (e *expression) Eval(s *flow.Scope) (value.Value, error) { return e.code(s) }

// Funcs gives the functions that the expression consists of.
func (e *expression) Funcs() (func(*flow.Scope) (value.Value, error), func(*flow.Scope) (bool, error)) {
	return e.code, e.test
}

// String gives the source.
func (e *expression) String() string { return e.src }

// Prefix gives the text that a template begins with, whatever the item.
func (e *expression) Prefix() string { return e.prefix }

// Compile compiles an expression. Where there are problems, the expression is nil.
func Compile(src string, env Env) (flow.Expr, []Problem) {
	tree, problems := parse(src, env, nil)
	if problems != nil {
		return nil, problems
	}
	c := &compiler{src: src, env: env}
	e := c.expression(tree, src)
	if c.problems != nil {
		return nil, c.problems
	}
	return e, nil
}

// expression compiles a tree to an expression, which is a constant where nothing in it varies.
func (c *compiler) expression(tree ast.Node, src string) *expression {
	o := c.compile(tree)
	if slots := c.most; slots > 0 && o.place != constant {
		o = prepared(o, slots)
	}
	if o.place == computed && !c.varies && c.problems == nil {
		switch v, err := o.code(&flow.Scope{}); {
		case err == nil:
			o = constantOf(v)
		case !IsUnknown(err):
			c.problem(tree, "FR404", "this is the same for every item, and fails: "+err.Error(), "")
		}
	}
	e := newExpr(src, o)
	e.meta, e.weight, e.reads = c.meta, weigh(tree), readsOf(tree)
	if c.problems == nil {
		e.gives = c.infer(tree)
	}
	e.tells = c.tells(tree)
	if o.place == constant {
		e.gives = flow.TypeOf(o.value)
	}
	return e
}

// prepared has an operand find its local variables, and begin to count steps, in any scope, and bounds what it gives.
func prepared(o operand, slots int) operand {
	prepare := func(s *flow.Scope) {
		if len(s.Locals) < slots {
			s.Locals = make([]value.Value, slots)
		}
		s.Steps = 0
	}
	run, holds := o.code, o.test
	p := operand{node: o.node, column: o.column, folds: o.folds, code: func(s *flow.Scope) (value.Value, error) {
		prepare(s)
		v, err := run(s)
		if err == nil {
			err = bounded(o.node, v)
		}
		return v, err
	}}
	if holds != nil {
		p.test = func(s *flow.Scope) (bool, error) {
			prepare(s)
			return holds(s)
		}
	}
	return p
}

// Constant gives the value of an expression that is the same for every item.
func Constant(e flow.Expr) (value.Value, bool) {
	x, ok := e.(*expression)
	if !ok || x.place != constant {
		return value.Value{}, false
	}
	return x.value, true
}

// UsesMeta reports whether an expression names `meta`.
func UsesMeta(e flow.Expr) bool {
	x, ok := e.(*expression)
	return ok && x.meta
}

// LastField gives the last field of a plain path such as it.a.b; "" for any other expression.
func LastField(src string) string {
	tree, err := parser.Parse(src)
	if err != nil {
		return ""
	}
	node := tree.Node
	if chain, ok := node.(*ast.ChainNode); ok {
		node = chain.Node
	}
	m, ok := node.(*ast.MemberNode)
	if !ok {
		return ""
	}
	name, ok := m.Property.(*ast.StringNode)
	if !ok {
		return ""
	}
	for n := m.Node; ; {
		switch x := n.(type) {
		case *ast.MemberNode:
			n = x.Node
		case *ast.IdentifierNode:
			return name.Value
		default:
			return ""
		}
	}
}
