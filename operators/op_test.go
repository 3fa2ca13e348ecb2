package operators

import (
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// of is an expression that a function computes of the item.
type of func(it value.Value) value.Value

func (f of) Eval(s *flow.Scope) (value.Value, error) { return f(s.It), nil }
func (f of) String() string                          { return "f(it)" }

// field is the expression of a field of the item.
func field(name string) flow.Expr {
	return of(func(it value.Value) value.Value {
		v, _ := it.Field(name)
		return v
	})
}

// build makes an operator of options.
func build[C any](c *flow.Component, options any) C {
	op, err := c.Maker.Build(options, &flow.Env{Step: c.Name, Memory: &flow.Memory{}})
	if err != nil {
		panic(err)
	}
	return op.(C)
}

// whole gives what an operator makes of items, and whether it wanted no more before they were all taken.
func whole(op flow.Op, items []value.Value) (out []value.Value, done bool, err error) {
	emit := func(it flow.Item) error {
		out = append(out, it.Value)
		return nil
	}
	for _, v := range items {
		switch err := op.Process(flow.Item{Value: v}, emit); err {
		case nil:
		case flow.Done:
			return out, true, nil
		default:
			return out, false, err
		}
	}
	if f, ok := op.(flow.Flusher); ok {
		err = f.Flush(emit)
	}
	return out, false, err
}

// object makes an object of alternating keys and values.
func object(pairs ...any) value.Value {
	b := value.Builder{}
	for i := 0; i < len(pairs); i += 2 {
		b.Set(fmt.Sprint(pairs[i]), value.FromGo(pairs[i+1]))
	}
	return b.Value()
}

// texts writes values as JSON, one after another.
func texts(values []value.Value) string {
	var all []string
	for _, v := range values {
		all = append(all, string(value.AppendJSON(nil, v)))
	}
	return strings.Join(all, " ")
}
