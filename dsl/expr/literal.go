package expr

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Const gives an expression that is always v.
func Const(v value.Value) flow.Expr {
	return &expression{src: string(value.AppendJSON(nil, v)), konst: true, val: v}
}

// Object gives an expression that makes an object of the fields, whose names must be distinct.
func Object(fields []flow.Field) flow.Expr {
	keys := make([]string, len(fields))
	parts := make([]flow.Expr, len(fields))
	for i, f := range fields {
		keys[i], parts[i] = f.Name, f.Expr
	}
	shape := value.NewShape(keys)
	src := "{"
	for i, f := range fields {
		if i > 0 {
			src += ", "
		}
		src += f.Name + ": " + f.Expr.String()
	}
	return compose(src+"}", parts, func(slots []value.Value) value.Value { return value.OfShape(shape, slots) })
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
	return compose(src+"]", items, value.OfList)
}

func compose(src string, parts []flow.Expr, make_ func([]value.Value) value.Value) flow.Expr {
	e := &expression{src: src, konst: true}
	fixed := make([]value.Value, len(parts))
	for i, p := range parts {
		x := p.(*expression)
		e.konst = e.konst && x.konst
		e.meta = e.meta || x.meta
		fixed[i] = x.val
	}
	e.val = make_(fixed)
	e.run = func(s *flow.Scope) (value.Value, error) {
		out := make([]value.Value, len(parts))
		for i, p := range parts {
			v, err := p.Eval(s)
			if err != nil {
				return v, err
			}
			out[i] = v
		}
		return make_(out), nil
	}
	return e
}
