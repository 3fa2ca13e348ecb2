package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow/value"
)

// Sample is how many items to look at before the first of them is given: a number, true for 100, or false for none.
type Sample int

const standardSample = 100

// ParseSample reads a sample's size.
func ParseSample(text string) (Sample, error) {
	switch text {
	case "true":
		return standardSample, nil
	case "false":
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1e6 {
		return 0, fmt.Errorf("%q is no number of items: write true for 100, or another number", text)
	}
	return Sample(n), nil
}

// TypeNames are the words of which types are written, beside lists and mappings.
var TypeNames = []string{"any", "null", "bool", "int", "float", "string", "bytes", "time", "duration", "list", "object"}

// ParseType reads a type that is written as words: `int`, `int or null`, which is `int?`. A whole number is a float, too. The error
// names the word that is none.
func ParseType(text string) (t Type, word string, ok bool) {
	for i, word := range strings.Split(text, " or ") {
		name, orNull := strings.CutSuffix(strings.TrimSpace(word), "?")
		at := slices.Index(TypeNames, name)
		var one Type
		switch {
		case at < 0:
			return t, name, false
		case name == "float":
			one = Only(value.Float, value.Int)
		case at > 0:
			one = Only(value.Kind(at - 1))
		}
		if orNull {
			one = one.Or(Only(value.Null))
		}
		if i > 0 {
			one = one.Or(t)
		}
		t = one
	}
	return t, "", true
}

// Fault says where a value is not of the type, and how; nothing where it is.
func (t Type) Fault(v value.Value) string {
	where, what := t.fault(v)
	if what == "" {
		return ""
	}
	return cmp.Or(where, "the item") + " " + what
}

// fault gives the place of what is wrong, which is made of on the way back to the whole, and what it is.
func (t *Type) fault(v value.Value) (where, what string) {
	if !t.May(v.Kind()) {
		return "", fmt.Sprintf("is %s, and should be %s", Describe(v), t)
	}
	switch v.Kind() {
	case value.List:
		return t.faultOfElements(v)
	case value.Object:
		return t.faultOfFields(v)
	}
	return "", ""
}

func (t *Type) faultOfElements(v value.Value) (where, what string) {
	switch {
	case t.empty && v.Len() > 0:
		return "[0]", "should not be there"
	case t.elem == nil:
		return "", ""
	}
	for i, x := range v.List() {
		if where, what := t.elem.fault(x); what != "" {
			return partOf(fmt.Sprintf("[%d]", i), where), what
		}
	}
	return "", ""
}

func (t *Type) faultOfFields(v value.Value) (where, what string) {
	there := 0
	for i := range t.fields {
		f := &t.fields[i]
		x, ok := v.Field(f.Name)
		switch {
		case ok:
			there++
			if where, what := f.Type.fault(x); what != "" {
				return partOf(f.Name, where), what
			}
		case !f.Optional:
			return f.Name, "is missing"
		}
	}
	if !t.closed || there == v.Len() {
		return "", ""
	}
	for _, key := range v.Shape().Keys() {
		if _, known := t.Member(key); !known {
			return key, "should not be there"
		}
	}
	return "", ""
}

// partOf gives the place of a part of what has a place.
func partOf(place, part string) string {
	if part == "" || part[0] == '[' {
		return place + part
	}
	return place + "." + part
}

// Closed gives the type of values whose objects have no fields but those that are known.
func (t Type) Closed() Type {
	if t.elem != nil {
		elem := t.elem.Closed()
		t.elem = &elem
	}
	fields := slices.Clone(t.fields)
	for i := range fields {
		fields[i].Type = fields[i].Type.Closed()
	}
	t.fields, t.closed = fields, t.closed || len(fields) > 0
	return t
}

// Clashes says where no value can be of both types, and what it would have to be there.
func (t Type) Clashes(u Type) (path string, of, with Type, clash bool) {
	if t.set()&u.set() == 0 {
		return "", t, u, true
	}
	if !t.Must(value.Object) || !u.Must(value.Object) {
		return "", t, u, false
	}
	for _, f := range t.fields {
		g, known := u.Member(f.Name)
		switch {
		case known && !f.Optional && !g.Optional:
			if path, of, with, clash := f.Type.Clashes(g.Type); clash {
				return strings.TrimSuffix(f.Name+"."+path, "."), of, with, true
			}
		case !known && u.closed && !f.Optional:
			return f.Name, f.Type, u, true
		}
	}
	return "", t, u, false
}
