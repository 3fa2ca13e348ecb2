package expr

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// takes are the kinds that functions take as their first argument; with any other but null they fail.
var takes = map[string]flow.Type{}

func init() {
	for _, group := range []struct {
		of    flow.Type
		names []string
	}{
		{str, []string{"upper", "lower", "trim", "trimPrefix", "trimSuffix", "split", "splitAfter", "replace", "repeat", "indexOf", "lastIndexOf", "hasPrefix", "hasSuffix"}},
		{flow.Only(value.List), []string{
			"first", "last", "reverse", "uniq", "sort", "flatten", "join", "map", "filter", "find", "findLast", "findIndex", "findLastIndex", "all", "any", "none", "one",
			"count", "reduce", "groupBy", "sortBy",
		}},
		{object, []string{"keys", "values", "toPairs"}},
		{flow.Only(value.List, value.String, value.Object, value.Bytes), []string{"len"}},
		{flow.Only(value.Int, value.Float), []string{"round", "ceil", "floor"}},
	} {
		for _, name := range group.names {
			takes[name] = group.of
		}
	}
}

// argument reports a first argument that a function never takes.
func (x *inference) argument(name string, n ast.Node, of flow.Type) {
	want, known := takes[name]
	if !known || of.May(value.Null) {
		return
	}
	for k := value.Null; k <= value.Object; k++ {
		if want.May(k) && of.May(k) {
			return
		}
	}
	x.problem(n, "FR404", fmt.Sprintf("`%s` takes %s, and this is %s", name, wording(want), wording(of)), "convert it, as by `string(…)`, or name another field")
}
