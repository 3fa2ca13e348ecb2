package expr

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// results are the types of what functions give whatever they are given.
var results = map[string]flow.Type{}

func init() {
	for _, group := range []struct {
		gives flow.Type
		names []string
	}{
		{boolean, []string{"all", "none", "any", "one", "hasPrefix", "hasSuffix", "IsZero", "Before", "After", "Equal"}},
		{integer, []string{
			"count", "len", "int", "indexOf", "lastIndexOf", "bitand", "bitor", "bitxor", "bitnand", "bitshl", "bitshr", "bitushr", "bitnot",
			"Year", "Month", "Day", "YearDay", "Weekday", "Hour", "Minute", "Second", "Nanosecond", "Unix", "UnixMilli", "UnixMicro", "UnixNano",
			"Compare", "Milliseconds", "Microseconds", "Nanoseconds",
		}},
		{float, []string{"ceil", "floor", "round", "float", "mean", "median", "Hours", "Minutes", "Seconds"}},
		{str, []string{
			"string", "type", "upper", "lower", "trim", "trimPrefix", "trimSuffix", "replace", "repeat", "join", "toJSON", "toBase64", "fromBase64",
			"timezone", "uuid", "sha256", "format_time", "url_encode", "Format", "String",
		}},
		{instant, []string{"now", "date", "parse_time", "UTC", "Add", "AddDate", "In"}},
		{span, []string{"duration", "Sub", "Abs"}},
		{flow.Only(value.Time, value.Duration), []string{"Truncate", "Round"}},
		{flow.ListOf(str), []string{"split", "splitAfter", "keys"}},
		{flow.ListOf(flow.Any), []string{"values", "toPairs", "flatten"}},
		{flow.Only(value.Int, value.Null), []string{"findIndex", "findLastIndex"}},
		{object, []string{"groupBy", "fromPairs"}},
	} {
		for _, name := range group.names {
			results[name] = group.gives
		}
	}
}

func (x *inference) builtin(n *ast.BuiltinNode) flow.Type {
	if loops[n.Name] != nil {
		return x.loop(n)
	}
	args := x.all(n.Arguments...)
	if len(args) > 0 {
		x.argument(n.Name, n.Arguments[0], args[0])
	}
	return x.result(n.Name, args)
}

func (x *inference) call(n *ast.CallNode) flow.Type {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		if x.c.agg != nil && slices.Contains(flow.AggregateFuncs, callee.Value) {
			return x.c.agg.gives[n]
		}
		return x.result(callee.Value, x.all(n.Arguments...))
	case *ast.MemberNode:
		of := x.of(callee.Node)
		x.all(n.Arguments...)
		if name, ok := callee.Property.(*ast.StringNode); ok {
			return x.orNull(callee, of, results[name.Value])
		}
	}
	return flow.Any
}

// result gives the type of what a function without a body gives.
func (x *inference) result(name string, args []flow.Type) flow.Type {
	if t, ok := results[name]; ok {
		return t
	}
	if len(args) == 0 {
		return flow.Any
	}
	list := args[0]
	switch name {
	case "abs":
		return list.Part(aNumber...)
	case "first", "last":
		return list.Elem().Or(null)
	case "take", "reverse", "uniq", "sort":
		return list.Part(value.List)
	case "concat":
		all := list.Part(value.List)
		for _, a := range args[1:] {
			all = all.Or(a.Part(value.List))
		}
		return all
	case "min", "max":
		all := union(args)
		switch {
		case all.Must(value.Int):
			return integer
		case all.Must(value.Int, value.Float):
			return numeric
		}
		return flow.Only(value.Null, value.Int, value.Float, value.String, value.Time, value.Duration)
	case "merge":
		if len(args) == 2 {
			return merged(args[0], args[1])
		}
	}
	return flow.Any
}

// merged gives the type of the fields of two objects, of which those of the second win.
func merged(a, b flow.Type) flow.Type {
	if !a.Must(value.Object) || !b.Must(value.Object) {
		return object
	}
	first, aClosed := a.Fields()
	second, bClosed := b.Fields()
	var out []flow.Member
	of := map[string]flow.Member{}
	for _, f := range second {
		of[f.Name] = f
	}
	for _, f := range first {
		g, ok := of[f.Name]
		delete(of, f.Name)
		switch {
		case ok && g.Optional:
			out = append(out, flow.Member{Name: f.Name, Type: f.Type.Or(g.Type), Optional: f.Optional})
		case ok:
			out = append(out, g)
		case bClosed:
			out = append(out, f)
		default:
			out = append(out, flow.Member{Name: f.Name, Type: flow.Any, Optional: f.Optional})
		}
	}
	for _, g := range second {
		if _, left := of[g.Name]; left && (aClosed || !g.Optional) {
			out = append(out, g)
		}
	}
	return flow.ObjectOf(aClosed && bClosed, out...)
}

func (x *inference) loop(n *ast.BuiltinNode) flow.Type {
	list := x.of(n.Arguments[0])
	x.argument(n.Name, n.Arguments[0], list)
	elem := list.Elem()
	first := elem
	if len(n.Arguments) > 2 {
		first = x.of(n.Arguments[2])
	}
	body := elem
	if len(n.Arguments) > 1 {
		x.elements = append(x.elements, elementTypes{element: elem})
		body = x.perhaps(n.Arguments[1])
		x.elements = x.elements[:len(x.elements)-1]
	}
	switch n.Name {
	case "map":
		return flow.ListOf(body)
	case "filter", "sortBy":
		return list.Part(value.List)
	case "find", "findLast":
		return elem.Or(null)
	case "reduce":
		return first.Or(body)
	case "sum":
		if body.Must(value.Int) {
			return integer
		}
		return numeric
	}
	return results[n.Name]
}
