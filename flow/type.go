package flow

import (
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow/value"
)

// Type is what is known of values before there are any: the kinds that they may have, the fields of objects, the
// elements of lists. The zero Type is any value whatever. A Type never says too much: what it leaves out cannot be.
// Of a part that has a thousand parts of its own, only the kinds are known: a call gives the item that came beside its
// reply, and of ten such calls in a row the whole type would be a thousand times as large as that of one.
type Type struct {
	kinds  kinds
	elem   *Type    // of lists; nil for any
	empty  bool     // lists have no elements
	fields []Member // of objects, in order, where some are known
	closed bool     // objects have no fields but these
	size   int      // how many types it is made of
}

// most is how many types a part of a type is made of at most.
const most = 1000

// within gives the type as a part of another one.
func (t Type) within() Type {
	if t.size >= most {
		return Type{kinds: t.kinds}
	}
	return t
}

// counted sets the size.
func (t Type) counted() Type {
	if t.size = 1; t.elem != nil {
		t.size += t.elem.size
	}
	for _, f := range t.fields {
		t.size += 1 + f.Type.size
	}
	return t
}

// kinds is a set of kinds; none stands for all.
type kinds uint16

const everyKind kinds = 1<<(value.Object+1) - 1

// Member is a field of an object's type.
type Member struct {
	Name     string
	Type     Type
	Optional bool // some objects do not have it
}

// Any is the type of any value.
var Any = Type{}

// Only gives the type of values of these kinds.
func Only(of ...value.Kind) Type {
	t := Type{}
	for _, k := range of {
		t.kinds |= 1 << k
	}
	return t
}

// ListOf gives the type of lists with such elements.
func ListOf(elem Type) Type {
	t := Only(value.List)
	if elem = elem.within(); !elem.IsAny() {
		t.elem = &elem
	}
	return t.counted()
}

// EmptyList is the type of the list without elements.
var EmptyList = Type{kinds: 1 << value.List, empty: true}

// ObjectOf gives the type of objects with these fields, and no others if it is closed.
func ObjectOf(closed bool, fields ...Member) Type {
	t := Only(value.Object)
	if slices.ContainsFunc(fields, func(f Member) bool { return f.Type.size >= most }) {
		fields = slices.Clone(fields)
		for i := range fields {
			fields[i].Type = fields[i].Type.within()
		}
	}
	t.fields, t.closed = fields, closed
	return t.counted()
}

// TypeOf gives the type of a value, as exactly as it can be said.
func TypeOf(v value.Value) Type {
	switch v.Kind() {
	case value.List:
		items := v.List()
		if len(items) == 0 {
			return EmptyList
		}
		elem := TypeOf(items[0])
		for _, x := range items[1:] {
			elem = elem.Or(TypeOf(x))
		}
		return ListOf(elem)
	case value.Object:
		fields := make([]Member, v.Len())
		for i, key := range v.Shape().Keys() {
			fields[i] = Member{Name: key, Type: TypeOf(v.At(i))}
		}
		return ObjectOf(true, fields...)
	}
	return Only(v.Kind())
}

func (t Type) set() kinds {
	if t.kinds == 0 {
		return everyKind
	}
	return t.kinds
}

// IsAny reports whether nothing is known.
func (t Type) IsAny() bool {
	return t.set() == everyKind && t.elem == nil && !t.empty && len(t.fields) == 0 && !t.closed
}

// May reports whether a value may have one of the kinds.
func (t Type) May(kinds ...value.Kind) bool {
	return slices.ContainsFunc(kinds, func(k value.Kind) bool { return t.set()&(1<<k) != 0 })
}

// Must reports whether every value has one of the kinds.
func (t Type) Must(kinds ...value.Kind) bool { return t.set()&^Only(kinds...).kinds == 0 }

// Part gives the type of those values that have one of the kinds, of any such values if there are none.
func (t Type) Part(of ...value.Kind) Type {
	if !t.May(of...) {
		return Only(of...)
	}
	t.kinds = t.set() & Only(of...).kinds
	return t
}

// Without gives the type of those values that do not have the kind, which must not be all of them.
func (t Type) Without(k value.Kind) Type {
	t.kinds = t.set() &^ (1 << k)
	return t
}

// Elem gives the type of the elements of lists.
func (t Type) Elem() Type {
	if t.elem == nil {
		return Any
	}
	return *t.elem
}

// Fields gives what is known of the fields of objects, and whether they have no others.
func (t Type) Fields() (fields []Member, closed bool) { return t.fields, t.closed }

// Field gives the type of a field of objects, null where one may not have it; false if none has it.
func (t Type) Field(name string) (Type, bool) {
	for _, f := range t.fields {
		if f.Name == name {
			if f.Optional {
				return f.Type.Or(Only(value.Null)), true
			}
			return f.Type, true
		}
	}
	return Any, !t.closed
}

// Or gives the type of what is of one type or the other.
func (t Type) Or(u Type) Type {
	out := Type{kinds: t.set() | u.set()}
	switch {
	case !t.May(value.List), t.empty && u.May(value.List):
		out.elem, out.empty = u.elem, u.empty
	case !u.May(value.List), u.empty:
		out.elem, out.empty = t.elem, t.empty
	case t.elem != nil && u.elem != nil:
		if elem := t.elem.Or(*u.elem).within(); !elem.IsAny() {
			out.elem = &elem
		}
	}
	switch {
	case !t.May(value.Object):
		out.fields, out.closed = u.fields, u.closed
	case !u.May(value.Object):
		out.fields, out.closed = t.fields, t.closed
	default:
		out.closed = t.closed && u.closed
		out.fields = either(t, u)
	}
	if out.kinds == everyKind {
		out.kinds = 0
	}
	return out.counted()
}

// Equal reports whether the types say the same.
func (t Type) Equal(u Type) bool {
	if t.set() != u.set() || t.closed != u.closed || len(t.fields) != len(u.fields) || (t.elem == nil) != (u.elem == nil) {
		return false
	}
	if t.elem != nil && t.elem != u.elem && !t.elem.Equal(*u.elem) {
		return false
	}
	same := len(t.fields) == 0 || &t.fields[0] == &u.fields[0]
	return same || slices.EqualFunc(t.fields, u.fields, func(f, g Member) bool {
		return f.Name == g.Name && f.Optional == g.Optional && f.Type.Equal(g.Type)
	})
}

// either gives the fields of objects of one type or the other.
func either(t, u Type) (out []Member) {
	for _, f := range t.fields {
		g, known := u.Member(f.Name)
		switch {
		case known:
			out = append(out, Member{f.Name, f.Type.Or(g.Type).within(), f.Optional || g.Optional})
		case u.closed:
			out = append(out, Member{f.Name, f.Type, true})
		}
	}
	for _, g := range u.fields {
		if _, known := t.Member(g.Name); !known && t.closed {
			out = append(out, Member{g.Name, g.Type, true})
		}
	}
	return out
}

// Member gives what is known of a field of objects; false if nothing is.
func (t Type) Member(name string) (Member, bool) {
	for _, f := range t.fields {
		if f.Name == name {
			return f, true
		}
	}
	return Member{}, false
}

// String gives the type for people: `int`, `string or null`, `list of int`, `{id: int, name?: string}`.
func (t Type) String() string {
	switch t.set() {
	case everyKind:
		return "any"
	case everyKind &^ (1 << value.Null):
		return "anything but null"
	}
	var parts []string
	for k := value.Bool; k <= value.Object; k++ {
		switch {
		case !t.May(k):
		case k == value.List && t.elem != nil:
			parts = append(parts, "list of "+t.elem.String())
		case k == value.Object && (len(t.fields) > 0 || t.closed):
			parts = append(parts, t.braces())
		default:
			parts = append(parts, k.String())
		}
	}
	if t.May(value.Null) {
		parts = append(parts, "null")
	}
	return strings.Join(parts, " or ")
}

func (t Type) braces() string {
	var parts []string
	for _, f := range t.fields {
		mark := ": "
		if f.Optional {
			mark = "?: "
		}
		parts = append(parts, f.Name+mark+f.Type.String())
	}
	if !t.closed {
		parts = append(parts, "…")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
