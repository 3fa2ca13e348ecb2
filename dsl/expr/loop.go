package expr

import (
	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// loop is a builtin that evaluates a body for the elements of a list.
type loop struct {
	n       *ast.BuiltinNode
	list    code
	body    code // nil where the builtin has none
	holds   test // the body as a condition
	element int  // slot of `#`, followed by those of `#index` and `#acc`
}

// loops are the builtins with a body.
var loops map[string]func(c *compiler, l *loop) operand

func init() { // the bodies of loops are compiled by what looks up loops
	loops = map[string]func(c *compiler, l *loop) operand{
		"all":           allHold,
		"none":          noneHolds,
		"any":           anyHolds,
		"one":           oneHolds,
		"count":         counting,
		"filter":        filtering,
		"map":           mapping,
		"find":          finding(element, false),
		"findIndex":     finding(index, false),
		"findLast":      finding(element, true),
		"findLastIndex": finding(index, true),
		"sum":           summing,
		"groupBy":       grouping,
		"sortBy":        sorting,
		"reduce":        reducing,
	}
}

// loop compiles a builtin with a body.
func (c *compiler) loop(n *ast.BuiltinNode) operand {
	l := &loop{n: n, list: c.code(n.Arguments[0])}
	l.element = c.block(3)
	if len(n.Arguments) > 1 {
		c.elements = append(c.elements, l.element)
		body := c.compile(n.Arguments[1])
		l.body, l.holds = body.code, body.asTest()
		c.elements = c.elements[:len(c.elements)-1]
	}
	return loops[n.Name](c, l)
}

func (c *compiler) pointer(n *ast.PointerNode) operand {
	if len(c.elements) == 0 {
		c.problem(n, "FR402", "`#` stands for an element, and there is no list around it", "")
		return constantOf(value.Value{})
	}
	slot := c.elements[len(c.elements)-1]
	switch n.Name {
	case "index":
		slot++
	case "acc":
		slot += 2
	}
	return c.local(slot)
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
	return v.List(), spend(s, l.n, v.Len())
}

// at evaluates the body for one element.
func (l *loop) at(s *flow.Scope, i int, x value.Value) (value.Value, error) {
	s.Locals[l.element], s.Locals[l.element+1] = x, value.OfInt(int64(i))
	return l.body(s)
}

// test evaluates the body as a condition; without a body, the element is the condition.
func (l *loop) test(s *flow.Scope, i int, x value.Value) (bool, error) {
	if l.body == nil {
		if x.Kind() != value.Bool {
			return false, failure("an element of %s is %s, not a bool", text(l.n.Arguments[0]), flow.Describe(x))
		}
		return x.Bool(), nil
	}
	s.Locals[l.element], s.Locals[l.element+1] = x, value.OfInt(int64(i))
	return l.holds(s)
}

// find gives the position of the first element, or the last, whose test gives want; -1 if there is none.
func (l *loop) find(s *flow.Scope, items []value.Value, want, last bool) (int, error) {
	for k := range items {
		i := k
		if last {
			i = len(items) - 1 - k
		}
		if ok, err := l.test(s, i, items[i]); err != nil || ok == want {
			return i, err
		}
	}
	return -1, nil
}

// whether gives the condition that an element whose test gives want is found, or is not.
//
//go:noinline
func (l *loop) whether(want, found bool) operand {
	return condition(func(s *flow.Scope) (bool, error) {
		items, err := l.items(s)
		if err != nil {
			return false, err
		}
		i, err := l.find(s, items, want, false)
		return err == nil && i >= 0 == found, err
	})
}

func allHold(_ *compiler, l *loop) operand   { return l.whether(false, false) }
func noneHolds(_ *compiler, l *loop) operand { return l.whether(true, false) }
func anyHolds(_ *compiler, l *loop) operand  { return l.whether(true, true) }

// tally counts the elements whose test holds.
func (l *loop) tally(s *flow.Scope) (n int64, err error) {
	items, err := l.items(s)
	if err != nil {
		return 0, err
	}
	for i, x := range items {
		ok, err := l.test(s, i, x)
		if err != nil {
			return 0, err
		}
		if ok {
			n++
		}
	}
	return n, nil
}

func oneHolds(_ *compiler, l *loop) operand {
	return condition(func(s *flow.Scope) (bool, error) {
		n, err := l.tally(s)
		return n == 1, err
	})
}

func counting(_ *compiler, l *loop) operand {
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		n, err := l.tally(s)
		return value.OfInt(n), err
	})
}

func filtering(_ *compiler, l *loop) operand {
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		items, err := l.items(s)
		if err != nil {
			return value.Value{}, err
		}
		var out []value.Value
		for i, x := range items {
			ok, err := l.test(s, i, x)
			if err != nil {
				return x, err
			}
			if ok {
				out = append(out, x)
			}
		}
		return value.OfList(out), nil
	})
}

func mapping(_ *compiler, l *loop) operand {
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		items, err := l.items(s)
		if err != nil {
			return value.Value{}, err
		}
		out := make([]value.Value, len(items))
		for i, x := range items {
			if out[i], err = l.at(s, i, x); err != nil {
				return x, err
			}
		}
		return value.OfList(out), nil
	})
}

func element(items []value.Value, i int) value.Value { return items[i] }
func index(_ []value.Value, i int) value.Value       { return value.OfInt(int64(i)) }

func finding(give func([]value.Value, int) value.Value, last bool) func(*compiler, *loop) operand {
	return func(_ *compiler, l *loop) operand {
		return computedBy(func(s *flow.Scope) (value.Value, error) {
			items, err := l.items(s)
			if err != nil {
				return value.Value{}, err
			}
			i, err := l.find(s, items, true, last)
			if err != nil || i < 0 {
				return value.Value{}, err
			}
			return give(items, i), nil
		})
	}
}
