package expr

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// in compiles the search for an element of a list, or for the name of a field.
func (c *compiler) in(n *ast.BinaryNode) operand {
	l, r := c.compile(n.Left), c.compile(n.Right)
	left, right, looped := l.code, r.code, c.looped()
	if r.place == constant && r.value.Kind() == value.List {
		o := condition(oneOf(n, left, newMembers(r.value.List())))
		o.column = among(&l, &r)
		return o
	}
	return condition(func(s *flow.Scope) (bool, error) {
		a, err := left(s)
		if err != nil {
			return false, err
		}
		b, err := right(s)
		if err != nil {
			return false, err
		}
		if err := bounded(n, a); err != nil {
			return false, err
		}
		switch b.Kind() {
		case value.Null:
			return false, nil
		case value.List:
			if looped {
				if err := spendOn(s, n, b); err != nil {
					return false, err
				}
			}
			for _, x := range b.List() {
				if equal(a, x) {
					return true, nil
				}
			}
			return false, nil
		case value.Object:
			if a.Kind() != value.String {
				return false, failure("%s is %s, and a field's name is a string", text(n.Left), flow.Describe(a))
			}
			_, ok := b.Field(a.Str())
			return ok, nil
		}
		return false, failure("%s is %s: `in` takes a list or an object, and `contains` a string", text(n.Right), flow.Describe(b))
	})
}

// oneOf compiles the search in a constant list.
//
//go:noinline
func oneOf(n *ast.BinaryNode, left code, m *members) test {
	return func(s *flow.Scope) (bool, error) {
		a, err := left(s)
		if err == nil {
			err = bounded(n, a)
		}
		return err == nil && m.has(a), err
	}
}

// members are the elements of a constant list, to be found by one look, however many they are.
type members struct {
	words    []string // where they are few
	texts    map[string]bool
	few      []int64 // likewise
	ints     map[int64]bool
	from, to int64 // of ints without a gap between them
	dense    bool
	others   map[string]bool // keys of all that is neither
}

// fewMembers is how many elements are found faster by comparing than by hashing.
const fewMembers = 8

func newMembers(list []value.Value) *members {
	m := &members{texts: map[string]bool{}, ints: map[int64]bool{}, others: map[string]bool{}}
	for _, x := range list {
		switch i, ok := asInt(x); {
		case ok:
			if len(m.ints) == 0 {
				m.from, m.to = i, i
			}
			m.from, m.to = min(m.from, i), max(m.to, i)
			m.ints[i] = true
		case x.IsString():
			m.texts[x.Str()] = true
		case !x.IsNaN(): // which equals nothing
			m.others[string(value.AppendKey(nil, x))] = true
		}
	}
	if len(m.texts) <= fewMembers {
		m.words, m.texts = slices.Sorted(maps.Keys(m.texts)), nil
	}
	switch n := len(m.ints); {
	case n > 0 && uint64(m.to)-uint64(m.from) == uint64(n-1):
		m.dense, m.ints = true, nil
	case n <= fewMembers:
		m.few, m.ints = slices.Sorted(maps.Keys(m.ints)), nil
	}
	return m
}

func (m *members) has(v value.Value) bool {
	switch {
	case v.IsInt():
		return m.hasInt(v.Int())
	case v.IsString():
		return slices.Contains(m.words, v.Str()) || m.texts[v.Str()]
	case len(m.others) > 0:
		var room [64]byte
		if m.others[string(value.AppendKey(room[:0], v))] {
			return true
		}
	}
	i, ok := asInt(v)
	return ok && m.hasInt(i)
}

func (m *members) hasInt(i int64) bool {
	if m.dense {
		return m.from <= i && i <= m.to
	}
	return slices.Contains(m.few, i) || m.ints[i]
}

// asInt gives the int that equals a number, if one does.
func asInt(v value.Value) (int64, bool) {
	if !v.IsNumber() {
		return 0, false
	}
	if f := v.Float(); !v.IsInt() && f >= -(1<<63) && f < 1<<63 {
		return int64(f), value.Equal(v, value.OfInt(int64(f)))
	}
	return v.Int(), v.IsInt()
}
