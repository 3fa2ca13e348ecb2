package expr

import (
	"cmp"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func summing(_ *compiler, l *loop) operand {
	plus := &ast.BinaryNode{Operator: "+", Left: l.n, Right: l.n}
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		items, err := l.items(s)
		if err != nil {
			return value.Value{}, err
		}
		total := value.OfInt(0)
		for i, x := range items {
			if l.body != nil {
				if x, err = l.at(s, i, x); err != nil {
					return x, err
				}
			}
			if !x.IsNumber() {
				return x, failure("an element of %s is %s, not a number", text(l.n.Arguments[0]), flow.Describe(x))
			}
			if total, err = add(plus, total, x); err != nil {
				return x, err
			}
		}
		return total, nil
	})
}

// grouping gives an object of lists, whose keys are the texts of what the body gives.
func grouping(_ *compiler, l *loop) operand {
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		items, err := l.items(s)
		if err != nil {
			return value.Value{}, err
		}
		var keys []string
		groups := map[string][]value.Value{}
		for i, x := range items {
			k, err := l.at(s, i, x)
			if err != nil {
				return k, err
			}
			key, err := fieldName(l.n.Arguments[1], k)
			if err != nil {
				return k, err
			}
			if _, ok := groups[key]; !ok {
				keys = append(keys, key)
			}
			groups[key] = append(groups[key], x)
		}
		slots := make([]value.Value, len(keys))
		for i, k := range keys {
			slots[i] = value.OfList(groups[k])
		}
		return value.OfShape(value.NewShape(keys), slots), nil
	})
}

func sorting(c *compiler, l *loop) operand {
	var order code
	if len(l.n.Arguments) > 2 {
		order = c.code(l.n.Arguments[2])
	}
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		items, err := l.items(s)
		if err != nil {
			return value.Value{}, err
		}
		descending := false
		if order != nil {
			v, err := order(s)
			if err == nil {
				descending, err = isDescending(v)
			}
			if err != nil {
				return v, failure("%s: %w", text(l.n), err)
			}
		}
		keys := make([]value.Value, len(items))
		for i, x := range items {
			if keys[i], err = l.at(s, i, x); err != nil {
				return x, err
			}
		}
		return sorted(items, keys, descending), nil
	})
}

// sorted gives the items in the order of their keys; those of equal keys stay in theirs.
func sorted(items, keys []value.Value, descending bool) value.Value {
	places := make([]int, len(items))
	for i := range places {
		places[i] = i
	}
	sign := 1
	if descending {
		sign = -1
	}
	slices.SortFunc(places, func(i, j int) int { return cmp.Or(sign*value.Compare(keys[i], keys[j]), i-j) })
	out := make([]value.Value, len(items))
	for i, p := range places {
		out[i] = items[p]
	}
	return value.OfList(out)
}

func reducing(c *compiler, l *loop) operand {
	acc := l.element + 2
	var first code
	if len(l.n.Arguments) > 2 {
		first = c.code(l.n.Arguments[2])
	}
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		items, err := l.items(s)
		if err != nil {
			return value.Value{}, err
		}
		from, v := 0, value.Value{}
		switch {
		case first != nil:
			if v, err = first(s); err != nil {
				return v, err
			}
		case len(items) == 0:
			return v, failure("%s has no value, for the list is empty: give it a first one", text(l.n))
		default:
			from, v = 1, items[0]
		}
		for i := from; i < len(items); i++ {
			s.Locals[acc] = v
			if v, err = l.at(s, i, items[i]); err != nil {
				return v, err
			}
		}
		return v, nil
	})
}
