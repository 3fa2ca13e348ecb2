// Package expr compiles the expressions and templates of a pipeline to closures over values.
//
// The syntax, the names and the types are those of expr-lang, whose parser and checker do that part; what an
// expression means at run time is this package's: values keep their order of keys and the text of their numbers,
// integer overflow is an error, and no evaluation runs away.
package expr

import (
	"errors"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	exprlang "github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Env is what an expression may name.
type Env struct {
	Params  value.Value     // an object, `params`
	Unknown map[string]bool // params that have a type but no value yet
	Vars    []string        // what the operator adds, in the order of Scope.Vars
	NoItem  bool            // `it` and `meta` are not in scope: the value is the same for all items
}

// Problem is one thing that is wrong with an expression.
type Problem struct {
	Start, End int // bytes of the source
	Code       string
	Message    string
	Help       string
	Suggest    string
}

// UnknownError says that a value depends on a param that has none yet.
var errUnknown = errors.New("depends on a param that has no value yet")

// IsUnknown reports whether an evaluation failed only because a param has no value yet.
func IsUnknown(err error) bool { return errors.Is(err, errUnknown) }

// code computes a value.
type code func(s *flow.Scope) (value.Value, error)

// expression is a compiled expression.
type expression struct {
	src   string
	run   code
	slots int  // of Scope.Locals
	meta  bool // names meta
	konst bool
	val   value.Value

	prefix string // of a template
}

// Eval computes the value for the scope.
func (e *expression) Eval(s *flow.Scope) (value.Value, error) {
	if e.konst {
		return e.val, nil
	}
	if len(s.Locals) < e.slots {
		s.Locals = make([]value.Value, e.slots)
	}
	s.Steps = 0
	return e.run(s)
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
	run := c.compile(tree)
	e := &expression{src: src, run: run, slots: c.most, meta: c.meta}
	if c.problems == nil && !c.varies {
		v, err := e.Eval(&flow.Scope{})
		switch {
		case err == nil:
			e.konst, e.val = true, v
		case !IsUnknown(err):
			c.problem(tree, "FR404", "this is the same for every item, and fails: "+err.Error(), "")
		}
	}
	return e
}

// Constant gives the value of an expression that is the same for every item.
func Constant(e flow.Expr) (value.Value, bool) {
	x, ok := e.(*expression)
	if !ok || !x.konst {
		return value.Value{}, false
	}
	return x.val, true
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

// parse parses and checks, and gives every problem that can be told apart. Functions named in aggregates are calls.
func parse(src string, env Env, aggregates []string) (ast.Node, []Problem) {
	config := configure(env, aggregates)
	if strings.TrimSpace(src) == "" {
		return nil, []Problem{{0, len(src), "FR401", "an expression is due here", "write a value such as `it.name`, or text as `'abc'`", ""}}
	}
	tree, err := parser.ParseWithConfig(src, config)
	if err != nil {
		return nil, []Problem{syntaxProblem(src, err)}
	}
	null := nullPatch{}
	ast.Walk(&tree.Node, null)
	var problems []Problem
	work := tree
	for range 10 {
		_, err := checker.Check(work, config)
		if err == nil {
			break
		}
		p, at := checkProblem(src, env, err)
		if n := len(problems); n == 0 || problems[n-1].Start != p.Start || problems[n-1].Code != p.Code {
			problems = append(problems, p)
		}
		hole := &holePatch{at: at}
		ast.Walk(&work.Node, hole)
		if !hole.done {
			break
		}
	}
	if problems != nil {
		return nil, problems
	}
	return tree.Node, nil
}

type nullPatch struct{}

func (nullPatch) Visit(n *ast.Node) {
	if id, ok := (*n).(*ast.IdentifierNode); ok && id.Value == "null" {
		ast.Patch(n, &ast.NilNode{})
	}
}

// holePatch replaces the node that an error was about by one of any type, so that checking can go on.
type holePatch struct {
	at   file.Location
	done bool
}

func (h *holePatch) Visit(n *ast.Node) {
	if !h.done && (*n).Location() == h.at {
		if _, ok := (*n).(*ast.PairNode); ok {
			return
		}
		ast.Patch(n, &ast.ConstantNode{Value: any(nil)})
		(*n).SetType(reflect.TypeOf(new(any)).Elem())
		h.done = true
	}
}

// configure makes the names and their types known to the checker.
func configure(env Env, aggregates []string) *conf.Config {
	config := conf.CreateNew()
	names := types.Map{"null": types.Any}
	params := types.Map{}
	for i, key := range env.Params.Shape().Keys() {
		params[key] = typeOf(env.Params.Slots()[i])
	}
	for key := range env.Unknown {
		params[key] = types.Any
	}
	names["params"] = params
	if !env.NoItem {
		names["it"] = types.Any
		names["meta"] = types.Map{
			"index": types.Int, "source": types.String, "file": types.String, "line": types.Int,
			"time": types.TypeOf(time.Time{}), "attempt": types.Int,
		}
	}
	for _, name := range env.Vars {
		names[name] = types.Any
	}
	exprlang.Env(names)(config)
	for name, f := range extra {
		exprlang.Function(name, func(...any) (any, error) { return nil, nil }, f.types...)(config)
	}
	for _, name := range aggregates {
		exprlang.DisableBuiltin(name)(config)
		exprlang.Function(name, func(...any) (any, error) { return nil, nil }, new(func(...any) any))(config)
	}
	return config
}

func typeOf(v value.Value) types.Type {
	switch v.Kind() {
	case value.Bool:
		return types.Bool
	case value.Int:
		return types.Int
	case value.Float:
		return types.Float64
	case value.String:
		return types.String
	case value.Duration:
		return types.TypeOf(time.Duration(0))
	}
	return types.Any
}

// bytesOf turns positions in runes, which expr-lang counts in, to bytes.
func bytesOf(src string, from, to int) (int, int) {
	start, end, n := len(src), len(src), 0
	for i := range src {
		if n == from {
			start = i
		}
		if n == to {
			end = i
		}
		n++
	}
	if end <= start {
		_, size := utf8.DecodeRuneInString(src[start:])
		end = start + size
	}
	return start, end
}
