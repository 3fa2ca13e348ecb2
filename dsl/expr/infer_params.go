package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
)

// param gives the name of the param that a node is; "" if it is none.
func param(n ast.Node) string {
	if m, ok := n.(*ast.MemberNode); ok {
		id, isID := m.Node.(*ast.IdentifierNode)
		name, isName := m.Property.(*ast.StringNode)
		if isID && isName && id.Value == "params" {
			return name.Value
		}
	}
	return ""
}

// unlisted reports a comparison of a param with a text that it can never be.
func (x *inference) unlisted(n *ast.BinaryNode) {
	if n.Operator != "==" && n.Operator != "!=" {
		return
	}
	for _, sides := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		name := param(sides[0])
		enum := x.c.env.Enums[name]
		text, ok := sides[1].(*ast.StringNode)
		if !ok || len(enum) == 0 || slices.Contains(enum, text.Value) {
			continue
		}
		x.problem(sides[1], "FR404", fmt.Sprintf("the param `%s` is never %q", name, text.Value), "it is one of "+strings.Join(enum, ", "))
	}
}

// Tells reports whether the value of an expression has the text of a secret param in it, and which: as itself, joined to another text, or
// as a part of a list or an object. A hash of it, or a comparison with it, does not tell it.
func Tells(e flow.Expr) string {
	if x, ok := e.(*expression); ok {
		return x.tells
	}
	return ""
}

// tells gives the secret param whose text is in the value of a node; "" if none is.
func (c *compiler) tells(nodes ...ast.Node) string {
	for _, n := range nodes {
		found := ""
		switch n := n.(type) {
		case *ast.MemberNode:
			if name := param(n); c.env.Secrets[name] {
				found = name
			}
		case *ast.ChainNode:
			found = c.tells(n.Node)
		case *ast.BinaryNode:
			if n.Operator == "+" || n.Operator == "??" {
				found = c.tells(n.Left, n.Right)
			}
		case *ast.ConditionalNode:
			found = c.tells(n.Exp1, n.Exp2)
		case *ast.ArrayNode:
			found = c.tells(n.Nodes...)
		case *ast.MapNode:
			for _, p := range n.Pairs {
				if found == "" {
					found = c.tells(p.(*ast.PairNode).Value)
				}
			}
		case *ast.VariableDeclaratorNode:
			found = c.tells(n.Expr)
		case *ast.BuiltinNode:
			if slices.Contains([]string{"string", "upper", "lower", "trim", "toJSON", "toBase64", "concat", "join", "first", "last"}, n.Name) {
				found = c.tells(n.Arguments...)
			}
		}
		if found != "" {
			return found
		}
	}
	return ""
}
