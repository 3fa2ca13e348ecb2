package expr

import (
	"sort"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// loop is a builtin that evaluates a predicate for the elements of a list.
type loop struct {
	n       *ast.BuiltinNode
	list    code
	body    code // nil where the builtin has none
	element int  // slot of `#`
	index   int  // of `#index`
	acc     int  // of `#acc`
}

// loops are the builtins with a predicate.
var loops map[string]func(c *compiler, l *loop) code

func init() { // the bodies of loops are compiled by what looks up loops
	loops = map[string]func(c *compiler, l *loop) code{
		"all":           until(true, func(all bool) value.Value { return value.OfBool(all) }),
		"none":          until(false, func(none bool) value.Value { return value.OfBool(none) }),
		"any":           until(false, func(none bool) value.Value { return value.OfBool(!none) }),
		"one":           counting(func(n int64) value.Value { return value.OfBool(n == 1) }),
		"count":         counting(value.OfInt),
		"filter":        collecting(true),
		"map":           collecting(false),
		"find":          finding(false, false),
		"findIndex":     finding(true, false),
		"findLast":      finding(false, true),
		"findLastIndex": finding(true, true),
		"sum":           summing,
		"groupBy":       grouping,
		"sortBy":        sorting,
		"reduce":        reducing,
	}
}

// loop compiles a builtin with a predicate.
func (c *compiler) loop(n *ast.BuiltinNode) code {
	depth := c.depth
	l := &loop{n: n, list: c.compile(n.Arguments[0])}
	l.element, l.index, l.acc = c.slot(), c.slot(), c.slot()
	if len(n.Arguments) > 1 {
		c.elements = append(c.elements, l.element)
		l.body = c.compile(n.Arguments[1])
		c.elements = c.elements[:len(c.elements)-1]
	}
	out := loops[n.Name](c, l)
	c.depth = depth
	return out
}

func (c *compiler) pointer(n *ast.PointerNode) code {
	if len(c.elements) == 0 {
		c.problem(n, "FR402", "`#` stands for an element, and there is no list around it", "")
		return constant(value.Value{})
	}
	slot := c.elements[len(c.elements)-1]
	switch n.Name {
	case "index":
		slot++
	case "acc":
		slot += 2
	}
	return func(s *flow.Scope) (value.Value, error) { return s.Locals[slot], nil }
}

// items gives the list.
func (l *loop) items(s *flow.Scope) ([]value.Value, error) {
	v, err := l.list(s)
	if err != nil {
		return nil, err
	}
	if v.Kind() != value.List {
		return nil, failure("%s is %s, and `%s` takes a list", text(l.n.Arguments[0]), flow.Describe(v), l.n.Name)
	}
	if s.Steps += v.Len(); s.Steps > maxSteps {
		return nil, failure("%s takes more than %d steps", text(l.n), maxSteps)
	}
	return v.List(), nil
}

// at evaluates the body for one element.
func (l *loop) at(s *flow.Scope, i int, x value.Value) (value.Value, error) {
	s.Locals[l.element], s.Locals[l.index] = x, value.OfInt(int64(i))
	return l.body(s)
}

// test evaluates the body as a condition.
func (l *loop) test(s *flow.Scope, i int, x value.Value) (bool, error) {
	if l.body == nil {
		if x.Kind() != value.Bool {
			return false, failure("an element of %s is %s, not a bool", text(l.n.Arguments[0]), flow.Describe(x))
		}
		return x.Bool(), nil
	}
	v, err := l.at(s, i, x)
	if err == nil && v.Kind() != value.Bool {
		err = failure("%s is %s, not a bool", text(l.n.Arguments[1]), flow.Describe(v))
	}
	return v.Bool(), err
}

// until looks for an element whose test differs from want, and gives whether there was none.
func until(want bool, give func(bool) value.Value) func(*compiler, *loop) code {
	return func(_ *compiler, l *loop) code {
		return func(s *flow.Scope) (value.Value, error) {
			items, err := l.items(s)
			if err != nil {
				return value.Value{}, err
			}
			for i, x := range items {
				ok, err := l.test(s, i, x)
				if err != nil {
					return x, err
				}
				if ok != want {
					return give(false), nil
				}
			}
			return give(true), nil
		}
	}
}

func counting(give func(int64) value.Value) func(*compiler, *loop) code {
	return func(_ *compiler, l *loop) code {
		return func(s *flow.Scope) (value.Value, error) {
			items, err := l.items(s)
			if err != nil {
				return value.Value{}, err
			}
			var n int64
			for i, x := range items {
				ok, err := l.test(s, i, x)
				if err != nil {
					return x, err
				}
				if ok {
					n++
				}
			}
			return give(n), nil
		}
	}
}

func collecting(filter bool) func(*compiler, *loop) code {
	return func(_ *compiler, l *loop) code {
		return func(s *flow.Scope) (value.Value, error) {
			items, err := l.items(s)
			if err != nil {
				return value.Value{}, err
			}
			out := make([]value.Value, 0, len(items))
			for i, x := range items {
				if filter {
					ok, err := l.test(s, i, x)
					if err != nil {
						return x, err
					}
					if ok {
						out = append(out, x)
					}
					continue
				}
				v, err := l.at(s, i, x)
				if err != nil {
					return v, err
				}
				out = append(out, v)
			}
			return value.OfList(out), nil
		}
	}
}

func finding(index, last bool) func(*compiler, *loop) code {
	return func(_ *compiler, l *loop) code {
		return func(s *flow.Scope) (value.Value, error) {
			items, err := l.items(s)
			if err != nil {
				return value.Value{}, err
			}
			for k := range items {
				i := k
				if last {
					i = len(items) - 1 - k
				}
				ok, err := l.test(s, i, items[i])
				if err != nil {
					return value.Value{}, err
				}
				if ok && index {
					return value.OfInt(int64(i)), nil
				}
				if ok {
					return items[i], nil
				}
			}
			return value.Value{}, nil
		}
	}
}

func summing(_ *compiler, l *loop) code {
	plus := &ast.BinaryNode{Operator: "+", Left: l.n, Right: l.n}
	return func(s *flow.Scope) (value.Value, error) {
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
	}
}

func grouping(_ *compiler, l *loop) code {
	return func(s *flow.Scope) (value.Value, error) {
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
			key := k.Text()
			if _, ok := groups[key]; !ok {
				keys = append(keys, key)
			}
			groups[key] = append(groups[key], x)
		}
		b := value.Builder{}
		for _, k := range keys {
			b.Set(k, value.OfList(groups[k]))
		}
		return b.Value(), nil
	}
}

func sorting(c *compiler, l *loop) code {
	var order code
	if len(l.n.Arguments) > 2 {
		order = c.compile(l.n.Arguments[2])
	}
	return func(s *flow.Scope) (value.Value, error) {
		items, err := l.items(s)
		if err != nil {
			return value.Value{}, err
		}
		type keyed struct{ key, x value.Value }
		list := make([]keyed, len(items))
		for i, x := range items {
			k, err := l.at(s, i, x)
			if err != nil {
				return k, err
			}
			list[i] = keyed{k, x}
		}
		descending, err := isDescending(s, order)
		if err != nil {
			return value.Value{}, err
		}
		sort.SliceStable(list, func(i, j int) bool {
			if descending {
				return value.Compare(list[i].key, list[j].key) > 0
			}
			return value.Compare(list[i].key, list[j].key) < 0
		})
		out := make([]value.Value, len(list))
		for i := range list {
			out[i] = list[i].x
		}
		return value.OfList(out), nil
	}
}

func isDescending(s *flow.Scope, order code) (bool, error) {
	if order == nil {
		return false, nil
	}
	v, err := order(s)
	if err == nil && v.Str() != "asc" && v.Str() != "desc" {
		err = failure("the order is %s, not 'asc' or 'desc'", v.Text())
	}
	return v.Str() == "desc", err
}

func reducing(c *compiler, l *loop) code {
	var init code
	if len(l.n.Arguments) > 2 {
		init = c.compile(l.n.Arguments[2])
	}
	return func(s *flow.Scope) (value.Value, error) {
		items, err := l.items(s)
		if err != nil {
			return value.Value{}, err
		}
		from := 0
		var acc value.Value
		if init != nil {
			if acc, err = init(s); err != nil {
				return acc, err
			}
		} else {
			if len(items) == 0 {
				return acc, failure("`reduce` of an empty list has no value: give it a first one")
			}
			acc, from = items[0], 1
		}
		for i := from; i < len(items); i++ {
			s.Locals[l.acc] = acc
			if acc, err = l.at(s, i, items[i]); err != nil {
				return acc, err
			}
		}
		return acc, nil
	}
}
