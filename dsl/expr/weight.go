package expr

import (
	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
)

// Weight estimates the nanoseconds that an evaluation takes, for the planner to tell what is worth several goroutines.
func Weight(e flow.Expr) int {
	if x, ok := e.(*expression); ok {
		return x.weight
	}
	return 0
}

// weights are the costs of what takes long for its size; anything else takes a few nanoseconds.
var weights = map[string]int{
	"all": 200, "none": 200, "any": 200, "one": 200, "filter": 300, "map": 300, "count": 200, "sum": 100, "find": 200, "findIndex": 200,
	"findLast": 200, "findLastIndex": 200, "groupBy": 500, "sortBy": 500, "sort": 300, "reduce": 300, "uniq": 300, "flatten": 200,
	"toJSON": 500, "fromJSON": 500, "toBase64": 100, "fromBase64": 100, "sha256": 200, "uuid": 300,
	"split": 100, "splitAfter": 100, "join": 100, "replace": 100, "repeat": 100, "lower": 50, "upper": 50, "trim": 30,
	"date": 200, "parse_time": 200, "format_time": 200, "url_encode": 100, "merge": 100,
}

type weigher struct{ sum int }

func (w *weigher) Visit(n *ast.Node) {
	switch (*n).(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.NilNode, *ast.ConstantNode:
	case *ast.IdentifierNode:
		w.sum++
	default:
		w.sum += 4
	}
	switch n := (*n).(type) {
	case *ast.BuiltinNode:
		w.sum += weights[n.Name]
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok {
			w.sum += weights[id.Value]
		}
	case *ast.BinaryNode:
		if n.Operator == "matches" {
			w.sum += 150
		}
	}
}

func weigh(tree ast.Node) int {
	w := &weigher{}
	ast.Walk(&tree, w)
	return w.sum
}
