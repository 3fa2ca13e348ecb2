package expr

import (
	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func (c *compiler) object(n *ast.MapNode) operand {
	var names []string
	var keys, values []operand
	for _, p := range n.Pairs {
		pair := p.(*ast.PairNode)
		key := c.compile(pair.Key)
		if name, err := fieldName(pair.Key, key.value); key.place == constant && err == nil {
			names = append(names, name)
		}
		keys, values = append(keys, key), append(values, c.compile(pair.Value))
	}
	if len(names) == len(keys) && distinct(names) {
		return makeObject(value.NewShape(names), values)
	}
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		b := value.Builder{}
		for i := range keys {
			k, err := keys[i].code(s)
			if err != nil {
				return k, err
			}
			v, err := values[i].code(s)
			if err != nil {
				return v, err
			}
			name, err := fieldName(keys[i].node, k)
			if err != nil {
				return k, err
			}
			b.Set(name, v)
		}
		return b.Value(), nil
	})
}

// fieldName gives the name that a value is to a field: its text, of anything that is one datum.
func fieldName(n ast.Node, v value.Value) (string, error) {
	switch v.Kind() {
	case value.Null, value.List, value.Object:
		return "", failure("%s is %s, and names no field", text(n), flow.Describe(v))
	}
	return v.Text(), nil
}

func distinct(keys []string) bool {
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[k] {
			return false
		}
		seen[k] = true
	}
	return true
}

// makeObject makes an object of a known shape.
//
//go:noinline
func makeObject(shape *value.Shape, fields []operand) operand {
	pick, others := pickOf(shape, fields)
	o := computedBy(func(s *flow.Scope) (value.Value, error) {
		if pick != nil {
			if object, slots, ok := pick.Of(s.It, &s.Made); ok {
				return object, fill(s, slots, others)
			}
		}
		object, slots := s.Made.Object(shape)
		return object, fill(s, slots, fields)
	})
	o.column = objectOf(shape, fields)
	return o
}

// pickOf gives what makes the object of rows without reading their fields that are fields of it, if there are some, and
// what computes the others.
func pickOf(shape *value.Shape, fields []operand) (pick *value.Pick, others []operand) {
	names := make([]string, len(fields))
	for i := range fields {
		if fields[i].path.isField() {
			names[i] = fields[i].path.steps[0].find.Key()
		}
		if names[i] == "" {
			others = append(others, fields[i])
		}
	}
	if len(others) == len(fields) {
		return nil, nil
	}
	return value.NewPick(shape, names), others
}

//go:noinline
func makeList(items []operand) operand {
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		list := make([]value.Value, len(items))
		return value.OfList(list), fill(s, list, items)
	})
}

// fill puts the values of operands into slots.
func fill(s *flow.Scope, slots []value.Value, operands []operand) error {
	for i := range operands {
		o := &operands[i]
		switch {
		case o.place == constant:
			slots[i] = o.value
		case o.path.isField():
			f := o.path.steps[0]
			v, ok := f.find.In(s.It)
			if !ok {
				return f.failure(s.It)
			}
			slots[i] = v
		default:
			v, err := o.code(s)
			if err != nil {
				return err
			}
			slots[i] = v
		}
	}
	return nil
}
