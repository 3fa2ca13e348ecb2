package expr

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Const gives an expression that is always v.
func Const(v value.Value) flow.Expr {
	return newExpr(string(value.AppendJSON(nil, v)), constantOf(v))
}

// Object gives an expression that makes an object of the fields, whose names must be distinct.
func Object(fields []flow.Field) flow.Expr {
	keys := make([]string, len(fields))
	parts := make([]flow.Expr, len(fields))
	src := "{"
	for i, f := range fields {
		keys[i], parts[i] = f.Name, f.Expr
		if i > 0 {
			src += ", "
		}
		src += f.Name + ": " + f.Expr.String()
	}
	return compose(src+"}", parts, func(o []operand) code { return makeObject(value.NewShape(keys), o) })
}

// List gives an expression that makes a list of the items.
func List(items []flow.Expr) flow.Expr {
	src := "["
	for i, e := range items {
		if i > 0 {
			src += ", "
		}
		src += e.String()
	}
	return compose(src+"]", items, makeList)
}

func compose(src string, parts []flow.Expr, compile func([]operand) code) flow.Expr {
	operands := make([]operand, len(parts))
	varies, meta := false, false
	for i, p := range parts {
		x := p.(*expression)
		operands[i] = x.operand
		varies = varies || x.place != constant
		meta = meta || x.meta
	}
	run := compile(operands)
	o := computedBy(run)
	if !varies {
		v, _ := run(&flow.Scope{}) // of constants
		o = constantOf(v)
	}
	e := newExpr(src, o)
	e.meta = meta
	return e
}
