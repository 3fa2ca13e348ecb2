package expr

import (
	"reflect"
	"slices"
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

	"github.com/flowrun/flowrun/flow/value"
)

// parse parses and checks, and gives every problem that can be told apart. Functions named in aggregates are calls.
func parse(src string, env Env, aggregates []string) (ast.Node, []Problem) {
	config := env.Cache.config(env, aggregates)
	if strings.TrimSpace(src) == "" {
		return nil, []Problem{{0, len(src), "FR401", "an expression is due here", "write a value such as `it.name`, or text as `'abc'`", ""}}
	}
	tree, err := parser.ParseWithConfig(src, config)
	if err != nil {
		return nil, []Problem{syntaxProblem(src, err)}
	}
	ast.Walk(&tree.Node, nullPatch{})
	if _, err := checker.Check(tree, config); err == nil { // by which its parts know their types
		return tree.Node, nil
	}
	var problems []Problem
	work, types, others := sound(src, env, config)
	for range 10 {
		_, err := checker.Check(work, config)
		if err == nil {
			break
		}
		p, at := checkProblem(src, env, err)
		if n := len(problems); !types.doubtful(err) && (n == 0 || problems[n-1].Start != p.Start || problems[n-1].Code != p.Code) {
			problems = append(problems, p)
		}
		hole := &holePatch{at: at}
		ast.Walk(&work.Node, hole)
		if !hole.done {
			break
		}
	}
	if problems == nil {
		return tree.Node, nil
	}
	for _, p := range others { // which the types of the right parts show
		if !slices.ContainsFunc(problems, func(known Problem) bool { return p.Start < known.End && known.Start < p.End }) {
			problems = append(problems, p)
		}
	}
	return nil, problems
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
	if env.Key != nil && !env.NoItem {
		names["key"] = types.Any
	}
	for _, name := range env.Vars {
		names[name] = types.Any
	}
	exprlang.Env(names)(config)
	for name, f := range extra {
		exprlang.Function(name, func(...any) (any, error) { return nil, nil }, f.types...)(config)
	}
	exprlang.Function(anyOf, func(...any) (any, error) { return nil, nil }, new(func(...any) any))(config)
	exprlang.Function(listOf, func(...any) (any, error) { return nil, nil }, new(func(...any) []any))(config)
	exprlang.Function(choiceOf, func(...any) (any, error) { return nil, nil }, new(func(bool, any, any) any))(config)
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
