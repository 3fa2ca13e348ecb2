package expr

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// absent stands for an end of a slice that is left out.
var absent = struct{}{}

// models replaces in a tree what has another meaning here by calls of the models.
type models struct{}

func (models) Visit(n *ast.Node) {
	call := func(name string, args ...ast.Node) {
		ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: modelName(name)}, Arguments: args})
	}
	switch x := (*n).(type) {
	case *ast.UnaryNode:
		switch x.Operator {
		case "-":
			call("negative", x.Node)
		case "+":
			call("positive", x.Node)
		}
	case *ast.BinaryNode:
		switch x.Operator {
		case "and", "&&", "or", "||":
			x.Right = &ast.CallNode{Callee: &ast.IdentifierNode{Value: modelName("bool")}, Arguments: []ast.Node{x.Right}}
		default:
			if isModelled(x.Operator) {
				call(x.Operator, x.Left, x.Right)
			}
		}
	case *ast.MemberNode:
		if _, ok := x.Property.(*ast.StringNode); !ok {
			args := []ast.Node{x.Node, x.Property}
			if x.Optional {
				args = append(args, &ast.BoolNode{Value: true})
			}
			call("at", args...)
		}
	case *ast.SliceNode:
		end := func(n ast.Node) ast.Node {
			if n == nil {
				return &ast.IdentifierNode{Value: "absent"}
			}
			return n
		}
		call("slice", x.Node, end(x.From), end(x.To))
	case *ast.PairNode:
		if _, ok := x.Key.(*ast.StringNode); !ok {
			x.Key = &ast.CallNode{Callee: &ast.IdentifierNode{Value: modelName("key")}, Arguments: []ast.Node{x.Key}}
		}
	case *ast.BuiltinNode:
		if loops[x.Name] != nil {
			x.Arguments[0] = &ast.CallNode{Callee: &ast.IdentifierNode{Value: modelName("list")}, Arguments: []ast.Node{x.Arguments[0]}}
		}
		body := func() ast.Node {
			return &ast.BuiltinNode{Name: "map", Arguments: x.Arguments[:2]}
		}
		switch {
		case x.Name == "sum" && len(x.Arguments) == 2:
			call("sum", body())
		case x.Name == "findLast": // as long as the body has no #index
			ast.Patch(n, &ast.BuiltinNode{Name: "find", Arguments: []ast.Node{reversed(x.Arguments[0]), x.Arguments[1]}})
		case x.Name == "findLastIndex":
			call("findLastIndex", &ast.BuiltinNode{Name: "findIndex", Arguments: []ast.Node{reversed(x.Arguments[0]), x.Arguments[1]}}, x.Arguments[0])
		case x.Name == "groupBy":
			call("groupBy", x.Arguments[0], body())
		case x.Name == "sortBy" && len(x.Arguments) == 2:
			call("sortBy", x.Arguments[0], body(), &ast.StringNode{Value: "asc"})
		case x.Name == "sortBy":
			call("sortBy", x.Arguments[0], body(), x.Arguments[2])
		case isModelled(x.Name):
			call(x.Name, x.Arguments...)
		}
	}
}

func reversed(list ast.Node) ast.Node {
	return &ast.BuiltinNode{Name: "reverse", Arguments: []ast.Node{list}}
}

func isModelled(name string) bool {
	return slices.ContainsFunc(differences, func(d difference) bool { return d.name == name })
}

func modelName(name string) string {
	for i, d := range differences {
		if d.name == name {
			return fmt.Sprintf("model%d", i)
		}
	}
	panic("no model of " + name)
}
