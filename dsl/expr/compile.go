// Package expr compiles the expressions and templates of a pipeline to closures over values.
//
// The syntax, the names and the types are those of expr-lang, whose parser and checker do that part; what an
// expression means at run time is this package's: values keep their order of keys and the text of their numbers,
// integer overflow is an error, and no evaluation runs away.
package expr

import (
	"errors"
	"fmt"
	"reflect"
	"sort"
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

	"github.com/flowrun/flowrun/dsl/diag"
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
		problems = append(problems, p)
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

func syntaxProblem(src string, err error) Problem {
	p := Problem{Start: 0, End: len(src), Code: "FR401", Message: err.Error()}
	var at *file.Error
	if errors.As(err, &at) {
		p.Start, p.End = bytesOf(src, at.From, at.To)
		p.Message = at.Message
	}
	p.Message = lower(p.Message)
	switch {
	case strings.HasPrefix(p.Message, "unknown operator"), strings.HasPrefix(p.Message, "unrecognized character"):
		p.Message = "this is no operator: " + p.Message
	case strings.Contains(p.Message, "token EOF"):
		p.Message = "the expression ends too early"
		p.Help = "a value, or a closing bracket or quote, is missing at the end"
	case strings.Contains(p.Message, "Operator(\":\")") || strings.Contains(p.Message, "Operator(\",\")"):
		p.Help = "a mapping within a call stands in brackets: `({a: 1})`"
	}
	return p
}

func lower(s string) string {
	if r, n := utf8.DecodeRuneInString(s); n > 0 && r >= 'A' && r <= 'Z' && (len(s) == 1 || s[1] < 'A' || s[1] > 'Z') {
		return strings.ToLower(s[:n]) + s[n:]
	}
	return s
}

// checkProblem puts an error of the checker into this language's words.
func checkProblem(src string, env Env, err error) (Problem, file.Location) {
	var at *file.Error
	if !errors.As(err, &at) {
		return Problem{0, len(src), "FR404", lower(err.Error()), "", ""}, file.Location{}
	}
	p := Problem{Code: "FR404", Message: lower(at.Message)}
	p.Start, p.End = bytesOf(src, at.From, at.To)
	name, isName := strings.CutPrefix(p.Message, "unknown name ")
	switch {
	case isName && called(src, p.End):
		p.Code, p.Message = "FR403", fmt.Sprintf("there is no function `%s`", name)
		p.suggest(name, functionNames())
	case isName && env.NoItem && (name == "it" || name == "meta"):
		p.Code, p.Message = "FR406", fmt.Sprintf("`%s` is not known here: this option is the same for all items", name)
		p.Help = "use `params`, or compute the value in a step before"
	case isName:
		p.Code, p.Message = "FR402", fmt.Sprintf("there is no `%s` here", name)
		known := append([]string{"params"}, env.Vars...)
		if !env.NoItem {
			known = append(known, "it", "meta")
		}
		if p.suggest(name, known); p.Suggest == "" {
			p.Help = fmt.Sprintf("in scope: %s; a field of the item is `it.%s`, and text is `'%s'`", strings.Join(known, ", "), name, name)
		}
	case strings.HasPrefix(p.Message, "unknown field "):
		p.field(src, env, strings.TrimPrefix(p.Message, "unknown field "))
	case strings.HasPrefix(p.Message, "error parsing regexp: "):
		p.Message = "this is no regular expression: " + strings.TrimPrefix(p.Message, "error parsing regexp: ")
		p.Help = "the syntax is that of RE2"
	}
	return p, at.Location
}

// field words the error that params or meta has no such field.
func (p *Problem) field(src string, env Env, field string) {
	if strings.HasSuffix(strings.TrimRight(src[:p.Start], " .?"), "meta") {
		p.Code, p.Message = "FR402", fmt.Sprintf("`meta` has no field `%s`", field)
		p.suggest(field, []string{"index", "source", "file", "line", "time", "attempt"})
		return
	}
	var known []string
	known = append(known, env.Params.Shape().Keys()...)
	for key := range env.Unknown {
		known = append(known, key)
	}
	sort.Strings(known)
	p.Code, p.Message = "FR302", fmt.Sprintf("there is no param `%s`", field)
	if p.suggest(field, known); p.Suggest == "" {
		p.Help = fmt.Sprintf("declare it at the top of the file: `params: {%s: {type: string}}`", field)
	}
}

func (p *Problem) suggest(name string, among []string) {
	if p.Suggest = diag.Nearest(name, among); p.Suggest != "" {
		p.Help = fmt.Sprintf("did you mean `%s`?", p.Suggest)
	}
}

// called reports whether an opening bracket follows.
func called(src string, end int) bool {
	return strings.HasPrefix(strings.TrimLeft(src[end:], " "), "(")
}
