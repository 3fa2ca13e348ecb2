package expr

import (
	"errors"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Functions that stand, for the checker, for what it takes for more than it is.
const (
	anyOf    = "any value"
	listOf   = "list of any"
	choiceOf = "choice"
)

// known are the types of the parts of a tree.
type known map[ast.Node]flow.Type

// sound parses an expression, which has no mistake of syntax, for expr-lang's checker, in which it finds nothing wrong that may be right. It takes the
// type of a list from its last element, that of a conditional from its first branch, and that of a reduction from its
// body: where those are not all that there is, they are replaced by what may give anything.
// It gives, besides, what the types of the parts show to be wrong.
func sound(src string, env Env, config *conf.Config) (*parser.Tree, known, []Problem) {
	work, _ := parser.ParseWithConfig(src, config) // which was right the first time
	ast.Walk(&work.Node, nullPatch{})
	k := known{}
	x := &inference{c: &compiler{src: src, env: env}, locals: map[string]flow.Type{}, found: k}
	x.of(work.Node)
	ast.Walk(&work.Node, widening(k))
	return work, k, x.c.problems
}

// mixed reports whether the checker may take the part of an expression for more than it is.
func mixed(n ast.Node, t flow.Type) bool {
	switch n := n.(type) {
	case *ast.ArrayNode:
		return len(n.Nodes) > 0 && !single(t.Elem())
	case *ast.ConditionalNode:
		return !single(t)
	case *ast.BuiltinNode:
		return n.Name == "reduce" && !single(t)
	}
	return false
}

// single reports whether all values of a type are of one kind that has no parts.
func single(t flow.Type) bool {
	for _, k := range []value.Kind{value.Bool, value.Int, value.Float, value.String, value.Time, value.Duration} {
		if t.Must(k) {
			return true
		}
	}
	return false
}

// widening replaces what is mixed.
type widening known

func (w widening) Visit(n *ast.Node) {
	if !mixed(*n, w[*n]) {
		return
	}
	call := &ast.CallNode{}
	name := anyOf
	switch x := (*n).(type) {
	case *ast.ArrayNode:
		name, call.Arguments = listOf, x.Nodes
	case *ast.ConditionalNode:
		name, call.Arguments = choiceOf, []ast.Node{x.Cond, x.Exp1, x.Exp2}
	default:
		call.Arguments = []ast.Node{x}
	}
	call.Callee = &ast.IdentifierNode{Value: name}
	ast.Patch(n, call)
}

// doubtful reports whether the checker is wrong: what it finds to be no operation, field or element may be one.
func (k known) doubtful(err error) bool {
	var at *file.Error
	if !errors.As(err, &at) || !strings.HasPrefix(at.Message, "invalid operation") && !strings.HasPrefix(at.Message, "type ") {
		return false
	}
	for n := range k {
		if n.Location() == at.Location && k.may(n) {
			return true
		}
	}
	return false
}

// may reports whether a part of an expression may have a value.
func (k known) may(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryNode:
		l, r := k[n.Left], k[n.Right]
		switch n.Operator {
		case "<", "<=", ">", ">=":
			return comparable(l, r)
		}
		_, ok := combine(n.Operator, l, r)
		return ok && arithmetic[n.Operator] != nil
	case *ast.MemberNode:
		of := k[n.Node]
		if _, ok := n.Property.(*ast.StringNode); ok {
			return of.May(value.Object)
		}
		return of.May(value.List, value.String) && k[n.Property].May(value.Int)
	}
	return false
}
