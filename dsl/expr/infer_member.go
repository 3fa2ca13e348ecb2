package expr

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func (x *inference) member(n *ast.MemberNode) flow.Type {
	of := x.of(n.Node)
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		x.of(n.Property)
		return x.orNull(n, of, x.element(of))
	}
	if id, ok := n.Node.(*ast.IdentifierNode); ok && (id.Value == "params" || id.Value == "meta") {
		t, _ := of.Field(name.Value) // the checker knows these
		return t
	}
	switch {
	case !of.May(value.Object) && !of.May(value.Null):
		x.problem(n.Property, "FR404", fmt.Sprintf("%s is %s, and has no field `%s`", text(n.Node), wording(of), name.Value), "")
		return flow.Any
	case of.Must(value.Null) && !n.Optional && x.maybe == 0:
		x.problem(n.Property, "FR404", fmt.Sprintf("%s is null, and has no field `%s`", text(n.Node), name.Value), "`?.` in place of the dot gives null")
		return flow.Any
	case !of.May(value.Object):
		return flow.Any
	}
	t, has := of.Field(name.Value)
	if !has {
		x.missing(n, of, name.Value)
		return flow.Any
	}
	return x.orNull(n, of, t)
}

// orNull adds the null that `?.` gives, where it may.
func (x *inference) orNull(n *ast.MemberNode, of, t flow.Type) flow.Type {
	if n.Optional && of.May(value.Null) {
		x.cut = true
		return t.Or(null)
	}
	return t
}

// chain is what may be cut short by `?.`, and then is null as a whole.
func (x *inference) chain(n *ast.ChainNode) flow.Type {
	around := x.cut
	x.cut = false
	t := x.of(n.Node)
	if x.cut {
		t = t.Or(null)
	}
	x.cut = around
	return t
}

// missing says that no such object has the field.
func (x *inference) missing(n *ast.MemberNode, of flow.Type, name string) {
	fields, _ := of.Fields()
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.Name
	}
	what := text(n.Node)
	if what == "it" {
		what = "the item"
	}
	x.problem(n.Property, "FR402", fmt.Sprintf("%s has no field `%s`", what, name), "")
	p := &x.c.problems[len(x.c.problems)-1]
	if p.suggest(name, known); p.Suggest == "" {
		p.Help = "it has " + strings.Join(known, ", ")
		if len(known) == 0 {
			p.Help = "it has no fields"
		}
	}
}

// element gives the type of an element, a character, or a field whose name is computed.
func (x *inference) element(of flow.Type) flow.Type {
	if of.May(value.Object) {
		return flow.Any
	}
	switch list := of.May(value.List); {
	case list && of.May(value.String):
		return of.Elem().Or(str)
	case list:
		return of.Elem()
	case of.May(value.String):
		return str
	}
	return flow.Any
}

func (x *inference) object(n *ast.MapNode) flow.Type {
	var fields []flow.Member
	closed, names := true, map[string]bool{}
	for _, p := range n.Pairs {
		pair := p.(*ast.PairNode)
		key, ok := pair.Key.(*ast.StringNode)
		t := x.of(pair.Value)
		if !ok {
			x.of(pair.Key)
			closed = false
			continue
		}
		if names[key.Value] {
			return object
		}
		names[key.Value] = true
		fields = append(fields, flow.Member{Name: key.Value, Type: t})
	}
	if !closed { // a computed name may be that of any field
		return object
	}
	return flow.ObjectOf(true, fields...)
}
