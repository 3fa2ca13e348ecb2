package expr

import (
	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
)

// CompileMatch compiles a condition on an item and another one, `other`, the first of the names in scope. Parts of it that
// say that something of the one equals something of the other, joined by `&&`, are keys to look them up by.
func CompileMatch(src string, env Env) (flow.Match, []Problem) {
	tree, problems := parse(src, env, nil)
	if problems != nil {
		return flow.Match{}, problems
	}
	m := flow.Match{}
	compile := func(n ast.Node) flow.Expr {
		c := &compiler{src: src, env: env}
		e := c.expression(n, n.String())
		problems = append(problems, c.problems...)
		return e
	}
	var rest ast.Node
	for _, part := range conjuncts(tree) {
		if it, other, ok := equated(part, env.Vars[0]); ok {
			m.It, m.Other = append(m.It, compile(it)), append(m.Other, compile(other))
			continue
		}
		if rest == nil {
			rest = part
		} else {
			rest = &ast.BinaryNode{Operator: "&&", Left: rest, Right: part}
		}
	}
	if rest != nil {
		m.Rest = compile(rest)
	}
	m.Source = src
	if problems != nil {
		return flow.Match{}, problems
	}
	return m, nil
}

// conjuncts gives the parts of a condition that must all be true.
func conjuncts(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "&&" || b.Operator == "and") {
		return append(conjuncts(b.Left), conjuncts(b.Right)...)
	}
	return []ast.Node{n}
}

// equated gives the sides of an equation of which one is about the item alone and one about the other.
func equated(n ast.Node, name string) (it, other ast.Node, ok bool) {
	b, isBinary := n.(*ast.BinaryNode)
	if !isBinary || b.Operator != "==" {
		return nil, nil, false
	}
	left, right := namesIn(b.Left), namesIn(b.Right)
	aboutIt := func(names map[string]bool) bool { return (names["it"] || names["meta"]) && !names[name] }
	aboutOther := func(names map[string]bool) bool { return names[name] && !names["it"] && !names["meta"] }
	switch {
	case aboutIt(left) && aboutOther(right):
		return b.Left, b.Right, true
	case aboutIt(right) && aboutOther(left):
		return b.Right, b.Left, true
	}
	return nil, nil, false
}

// names collects the identifiers of a tree.
type names map[string]bool

func (s names) Visit(n *ast.Node) {
	if id, ok := (*n).(*ast.IdentifierNode); ok {
		s[id.Value] = true
	}
}

func namesIn(n ast.Node) map[string]bool {
	s := names{}
	ast.Walk(&n, s)
	return s
}
