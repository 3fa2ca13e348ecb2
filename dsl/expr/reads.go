package expr

import (
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/dsl/lazy"
	"github.com/flowrun/flowrun/flow"
)

// Reads gives the parts of the item that an expression names, such as it.user.id, sorted; `it` where it is the whole.
func Reads(e flow.Expr) []string {
	if x, ok := e.(*expression); ok {
		return x.reads
	}
	return nil
}

var plain = lazy.Regexp(`^[A-Za-z_]\w*$`)

// reader collects the longest paths from `it`.
type reader map[ast.Node]string

func (r reader) Visit(n *ast.Node) { // what is within a node comes before it
	switch x := (*n).(type) {
	case *ast.IdentifierNode:
		if x.Value == "it" {
			r[x] = "it"
		}
	case *ast.ChainNode:
		r.extend(x, x.Node, "")
	case *ast.MemberNode:
		if name, ok := x.Property.(*ast.StringNode); ok {
			by := "." + name.Value
			if !plain().MatchString(name.Value) {
				by = "[" + strconv.Quote(name.Value) + "]"
			}
			r.extend(x, x.Node, by)
		}
	}
}

func (r reader) extend(n, within ast.Node, by string) {
	if path, ok := r[within]; ok {
		delete(r, within)
		r[n] = path + by
	}
}

func readsOf(tree ast.Node) []string {
	r := reader{}
	ast.Walk(&tree, r)
	var paths []string
	for _, path := range r {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
