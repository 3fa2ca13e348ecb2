package expr

import (
	"fmt"
	"reflect"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// lookup is where a key was found last, so that objects of the same shape need no search.
type lookup struct {
	shape *value.Shape
	slot  int
}

func (c *compiler) member(n *ast.MemberNode) code {
	if name, ok := n.Property.(*ast.StringNode); ok {
		if id, isID := n.Node.(*ast.IdentifierNode); isID && id.Value == "params" && c.env.Unknown[name.Value] {
			return func(*flow.Scope) (value.Value, error) { return value.Value{}, errUnknown }
		}
		return c.field(n, name.Value)
	}
	base, key := c.compile(n.Node), c.compile(n.Property)
	return func(s *flow.Scope) (value.Value, error) {
		v, err := base(s)
		if err != nil {
			return v, err
		}
		k, err := key(s)
		if err != nil {
			return k, err
		}
		if v.IsNull() && n.Optional {
			return v, errNull
		}
		return index(n, v, k)
	}
}

// field compiles the access to a field with a known name.
func (c *compiler) field(n *ast.MemberNode, name string) code {
	base := c.compile(n.Node)
	var cache atomic.Pointer[lookup]
	return func(s *flow.Scope) (value.Value, error) {
		v, err := base(s)
		if err != nil {
			return v, err
		}
		shape := v.Shape()
		if shape == nil {
			if v.IsNull() && n.Optional {
				return v, errNull
			}
			return notObject(n, v, name)
		}
		if at := cache.Load(); at != nil && at.shape == shape {
			return v.At(at.slot), nil
		}
		slot := shape.Slot(name)
		if slot < 0 {
			return value.Value{}, nil
		}
		cache.Store(&lookup{shape, slot})
		return v.At(slot), nil
	}
}

func notObject(n *ast.MemberNode, v value.Value, name string) (value.Value, error) {
	if v.IsNull() {
		return v, failure("%s is null, and has no field `%s`: write `?.` where it may be null", text(n.Node), name)
	}
	return v, failure("%s is %s, and has no field `%s`", text(n.Node), flow.Describe(v), name)
}

func index(n *ast.MemberNode, v, k value.Value) (value.Value, error) {
	switch v.Kind() {
	case value.Object:
		if k.Kind() != value.String {
			return k, failure("%s is %s, and a field's name is a string", text(n.Property), flow.Describe(k))
		}
		x, _ := v.Field(k.Str())
		return x, nil
	case value.List, value.String:
		if k.Kind() != value.Int {
			return k, failure("%s is %s, and an index is an int", text(n.Property), flow.Describe(k))
		}
		i, size := k.Int(), int64(length(v))
		if i < 0 {
			i += size
		}
		if i < 0 || i >= size {
			return k, failure("the index %d is out of range: %s has %d elements", k.Int(), text(n.Node), size)
		}
		if v.Kind() == value.List {
			return v.List()[i], nil
		}
		return value.OfString(cut(v.Str(), int(i), int(i)+1)), nil
	}
	if k.Kind() == value.String {
		return notObject(n, v, k.Str())
	}
	return v, failure("%s is %s, and has no elements", text(n.Node), flow.Describe(v))
}

// length counts elements, fields, bytes, or the characters of a string.
func length(v value.Value) int {
	if v.Kind() == value.String {
		return utf8.RuneCountInString(v.Str())
	}
	return v.Len()
}

// cut gives the characters from a up to b.
func cut(s string, a, b int) string {
	start, n := len(s), 0
	for i := range s {
		if n == a {
			start = i
		}
		if n == b {
			return s[start:i]
		}
		n++
	}
	return s[start:]
}

func (c *compiler) slice(n *ast.SliceNode) code {
	base := c.compile(n.Node)
	bound := func(x ast.Node) code {
		if x == nil {
			return nil
		}
		return c.compile(x)
	}
	from, to := bound(n.From), bound(n.To)
	at := func(s *flow.Scope, b code, x ast.Node, otherwise, size int) (int, error) {
		if b == nil {
			return otherwise, nil
		}
		v, err := b(s)
		if err != nil {
			return 0, err
		}
		if v.Kind() != value.Int {
			return 0, failure("%s is %s, and an index is an int", text(x), flow.Describe(v))
		}
		i := v.Int()
		if i < 0 {
			i += int64(size)
		}
		return int(min(max(i, 0), int64(size))), nil
	}
	return func(s *flow.Scope) (value.Value, error) {
		v, err := base(s)
		if err != nil {
			return v, err
		}
		if k := v.Kind(); k != value.List && k != value.String && k != value.Bytes {
			return v, failure("%s is %s, and cannot be sliced", text(n.Node), flow.Describe(v))
		}
		size := length(v)
		a, err := at(s, from, n.From, 0, size)
		if err != nil {
			return v, err
		}
		b, err := at(s, to, n.To, size, size)
		if err != nil {
			return v, err
		}
		b = max(a, b)
		switch v.Kind() {
		case value.List:
			return value.OfList(v.List()[a:b]), nil
		case value.Bytes:
			return value.OfBytes(v.Bytes()[a:b]), nil
		}
		return value.OfString(cut(v.Str(), a, b)), nil
	}
}

func hasMethod[T any](name string) bool {
	_, ok := reflect.TypeFor[T]().MethodByName(name)
	return ok
}

// method compiles a call of a method of times and durations, such as it.at.Year().
func (c *compiler) method(n *ast.CallNode, m *ast.MemberNode, name string) code {
	base, args := c.compile(m.Node), c.all(n.Arguments)
	if !hasMethod[time.Time](name) && !hasMethod[time.Duration](name) {
		c.problem(m.Property, "FR403", fmt.Sprintf("no value has a method `%s`", name), fmt.Sprintf("functions stand before their value: `%s(…)`; times and durations have those of Go, as in `.Year()`", name))
	}
	return func(s *flow.Scope) (out value.Value, err error) {
		v, err := base(s)
		if err != nil {
			return v, err
		}
		var f reflect.Value
		switch v.Kind() {
		case value.Time:
			f = reflect.ValueOf(v.Time()).MethodByName(name)
		case value.Duration:
			f = reflect.ValueOf(v.Duration()).MethodByName(name)
		}
		if !f.IsValid() {
			return v, failure("%s is %s, and has no method `%s`", text(m.Node), flow.Describe(v), name)
		}
		if f.Type().NumIn() != len(args) || f.Type().NumOut() == 0 || f.Type().IsVariadic() {
			return v, failure("`%s` takes %d arguments", name, f.Type().NumIn())
		}
		in := make([]reflect.Value, len(args))
		for i, arg := range args {
			x, err := arg(s)
			if err != nil {
				return x, err
			}
			in[i] = reflect.ValueOf(x.ToGo())
			if !in[i].IsValid() || !in[i].CanConvert(f.Type().In(i)) {
				return x, failure("%s is %s, and `%s` takes a %v", text(n.Arguments[i]), flow.Describe(x), name, f.Type().In(i))
			}
			in[i] = in[i].Convert(f.Type().In(i))
		}
		result := f.Call(in)[0]
		if t, ok := result.Interface().(time.Month); ok {
			return value.OfInt(int64(t)), nil
		}
		return value.FromGo(result.Interface()), nil
	}
}
