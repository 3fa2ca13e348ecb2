package expr

import (
	"errors"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// path is the access to fields with known names, one within the other, such as it.a.b.
type path struct {
	base  operand
	steps []*field
	finds []*value.Finder // of the steps
	chain bool            // what is under `?.` gives null where a value is null
}

// field is one step of a path.
type field struct {
	find     *value.Finder
	node     *ast.MemberNode
	optional bool // it is `?.`, which ends the chain where the value is null
}

// errNull ends the chain around a `?.` whose left side is null.
var errNull = errors.New("null in a chain")

func (c *compiler) member(n *ast.MemberNode) operand {
	name, ok := n.Property.(*ast.StringNode)
	id, isID := n.Node.(*ast.IdentifierNode)
	switch {
	case ok && isID && id.Value == "params" && c.isUnknown(name.Value):
		return computedBy(func(*flow.Scope) (value.Value, error) { return value.Value{}, errUnknown })
	case ok && isID && id.Value == "meta" && metaFields[name.Value] != nil:
		c.varies, c.meta = true, true
		of := metaFields[name.Value]
		return computedBy(func(s *flow.Scope) (value.Value, error) { return of(metaOf(s)), nil })
	case ok:
		return c.field(n, name.Value)
	}
	if k, ok := constantIndex(n.Property); ok && splits(n.Node) != nil {
		return c.part(n, splits(n.Node), k)
	}
	base, key, looped := c.code(n.Node), c.code(n.Property), c.looped()
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		v, err := base(s)
		if err != nil {
			return v, err
		}
		if v.IsNull() && n.Optional {
			return v, errNull
		}
		k, err := key(s)
		if err != nil {
			return k, err
		}
		if looped && v.IsString() {
			if err := spend(s, n, effort(v)); err != nil {
				return v, err
			}
		}
		return at(n, v, k)
	})
}

// field compiles the access to a field with a known name.
func (c *compiler) field(n *ast.MemberNode, name string) operand {
	base := c.compile(n.Node)
	p := &path{base: base}
	if base.path != nil && !base.path.chain {
		p = &path{base: base.path.base, steps: append([]*field(nil), base.path.steps...)}
	}
	p.steps = append(p.steps, &field{value.NewFinder(name), n, n.Optional})
	return p.operand()
}

func (c *compiler) chain(n *ast.ChainNode) operand {
	inner := c.compile(n.Node)
	if inner.path != nil {
		return (&path{base: inner.path.base, steps: inner.path.steps, chain: true}).operand()
	}
	run := inner.code
	return computedBy(func(s *flow.Scope) (value.Value, error) {
		v, err := run(s)
		if err == errNull {
			return value.Value{}, nil
		}
		return v, err
	})
}

// isField reports whether the path is one field of the item.
func (p *path) isField() bool {
	return p != nil && p.base.place == item && len(p.steps) == 1 && !p.steps[0].optional
}

func (p *path) operand() operand {
	p.finds = make([]*value.Finder, len(p.steps))
	for i, f := range p.steps {
		p.finds[i] = f.find
	}
	o := computedBy(p.code())
	o.path = p
	return o
}

func (p *path) code() code {
	base, first := p.base.code, p.steps[0]
	switch {
	case p.isField():
		return func(s *flow.Scope) (value.Value, error) {
			v, ok := first.find.In(s.It)
			if !ok {
				return v, first.failure(s.It)
			}
			return v, nil
		}
	case p.base.atHand():
		return func(s *flow.Scope) (value.Value, error) { return p.in(p.base.in(s)) }
	}
	return func(s *flow.Scope) (value.Value, error) {
		v, err := base(s)
		if err == errNull && p.chain {
			return value.Value{}, nil
		}
		if err != nil {
			return v, err
		}
		return p.in(v)
	}
}

// in follows the path from v on.
func (p *path) in(v value.Value) (value.Value, error) {
	v, n := value.Follow(v, p.finds)
	if n == len(p.finds) {
		return v, nil
	}
	switch f := p.steps[n]; {
	case !v.IsNull() || !f.optional:
		return v, f.failure(v)
	case p.chain:
		return value.Value{}, nil
	}
	return v, errNull
}

// failure says that v has no fields.
func (f *field) failure(v value.Value) error {
	_, err := notObject(f.node, v, f.find.Key())
	return err
}

func notObject(n *ast.MemberNode, v value.Value, name string) (value.Value, error) {
	if v.IsNull() {
		return v, failure("%s is null, and has no field `%s`: write `?.` where it may be null", text(n.Node), name)
	}
	return v, failure("%s is %s, and has no field `%s`", text(n.Node), flow.Describe(v), name)
}

func at(n *ast.MemberNode, v, k value.Value) (value.Value, error) {
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
			return v.Index(int(i)), nil
		}
		return character(v.Str(), i), nil
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

// character gives the character at a place of a string, counted from its end where negative; null where there is none.
func character(s string, i int64) value.Value {
	size := int64(utf8.RuneCountInString(s))
	if i < 0 {
		i += size
	}
	if i < 0 || i >= size {
		return value.Value{}
	}
	return value.OfString(cut(s, int(i), int(i)+1))
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
	base := c.code(n.Node)
	bound := func(x ast.Node) code {
		if x == nil {
			return nil
		}
		return c.code(x)
	}
	from, to, looped := bound(n.From), bound(n.To), c.looped()
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
		if looped && v.IsString() {
			if err := spend(s, n, effort(v)); err != nil {
				return v, err
			}
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

// isUnknown reports whether a param has no value yet.
func (c *compiler) isUnknown(param string) bool {
	_, unknown := c.env.Unknown[param]
	return unknown
}
