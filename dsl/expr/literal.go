package expr

import (
	"cmp"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Const gives an expression that is always v.
func Const(v value.Value) flow.Expr {
	e := newExpr(string(value.AppendJSON(nil, v)), constantOf(v))
	e.gives = flow.TypeOf(v)
	return e
}

// Object gives an expression that makes an object of the fields, whose names must be distinct.
func Object(fields []flow.Field) flow.Expr {
	keys := make([]string, len(fields))
	parts := make([]flow.Expr, len(fields))
	members := make([]flow.Member, len(fields))
	var src strings.Builder
	for i, f := range fields {
		members[i] = flow.Member{Name: f.Name, Type: TypeOf(f.Expr)}
		keys[i], parts[i] = f.Name, f.Expr
		if i > 0 {
			src.WriteString(", ")
		}
		src.WriteString(f.Name + ": " + f.Expr.String())
	}
	return compose("{"+src.String()+"}", parts, flow.ObjectOf(true, members...), func(o []operand) operand { return makeObject(value.NewShape(keys), o) })
}

// List gives an expression that makes a list of the items.
func List(items []flow.Expr) flow.Expr {
	types := make([]flow.Type, len(items))
	var src strings.Builder
	for i, e := range items {
		if i > 0 {
			src.WriteString(", ")
		}
		src.WriteString(e.String())
		types[i] = TypeOf(e)
	}
	of := flow.EmptyList
	if len(items) > 0 {
		of = flow.ListOf(union(types))
	}
	return compose("["+src.String()+"]", items, of, makeList)
}

func compose(src string, parts []flow.Expr, gives flow.Type, compile func([]operand) operand) flow.Expr {
	operands := make([]operand, len(parts))
	varies, meta, weight, tells := false, false, 0, ""
	for i, p := range parts {
		x := p.(*expression)
		operands[i] = x.operand
		varies = varies || x.place != constant
		meta = meta || x.meta
		weight += x.weight
		tells = cmp.Or(tells, x.tells)
	}
	o := compile(operands)
	if !varies {
		v, _ := o.code(&flow.Scope{}) // of constants
		o = constantOf(v)
	}
	e := newExpr(src, o)
	e.meta, e.gives, e.weight, e.tells = meta, gives, weight, tells
	return e
}
