package flowrun_test

import (
	"fmt"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

// shape is what a drawn pipeline knows of the values at a place, found out without the checker.
type shape struct {
	kind   value.Kind
	opaque bool // nothing is known
	null   bool // some are null
	elem   *shape
	fields []part
}

type part struct {
	name     string
	of       *shape
	optional bool
}

func only(k value.Kind) *shape      { return &shape{kind: k} }
func listOf(elem *shape) *shape     { return &shape{kind: value.List, elem: elem} }
func objectOf(of ...part) *shape    { return &shape{kind: value.Object, fields: of} }
func field(n string, s *shape) part { return part{name: n, of: s} }

var unknown = &shape{opaque: true}

func (s *shape) isObject() bool { return s.kind == value.Object && !s.opaque && !s.null }

// with gives the shape of objects with a field more, or another one in its place.
func (s *shape) with(name string, of *shape) *shape {
	out := objectOf()
	for _, f := range s.fields {
		if f.name != name {
			out.fields = append(out.fields, f)
		}
	}
	out.fields = append(out.fields, field(name, of))
	return out
}

// without gives the shape of objects of whose fields those named stay, or all others do.
func (s *shape) fieldsIn(names map[string]bool, stay bool) *shape {
	out := objectOf()
	for _, f := range s.fields {
		if names[f.name] == stay {
			out.fields = append(out.fields, f)
		}
	}
	return out
}

// either gives the shape of values of one shape or the other: of objects, what both have.
func either(a, b *shape) *shape {
	switch {
	case a.opaque || b.opaque || a.kind != b.kind:
		return unknown
	case a.kind == value.List:
		return &shape{kind: value.List, null: a.null || b.null, elem: either(a.elem, b.elem)}
	case a.kind != value.Object:
		return &shape{kind: a.kind, null: a.null || b.null}
	}
	out := &shape{kind: value.Object, null: a.null || b.null}
	for _, f := range a.fields {
		for _, g := range b.fields {
			if f.name == g.name {
				out.fields = append(out.fields, part{f.name, either(f.of, g.of), f.optional || g.optional})
			}
		}
	}
	return out
}

var names = []string{"a", "b", "c", "d"}

// anyShape draws the shape of data.
func anyShape(t *rapid.T, depth int) *shape {
	kinds := []value.Kind{value.Int, value.Int, value.Float, value.String, value.Bool}
	if depth > 0 {
		kinds = append(kinds, value.List, value.Object, value.Object)
	}
	s := &shape{kind: rapid.SampledFrom(kinds).Draw(t, "kind"), null: rapid.IntRange(0, 5).Draw(t, "null") == 0}
	switch s.kind {
	case value.List:
		s.elem = anyShape(t, depth-1)
	case value.Object:
		s.fields = record(t, depth).fields
	}
	return s
}

// record draws the shape of objects.
func record(t *rapid.T, depth int) *shape {
	s := objectOf()
	for _, name := range names[:rapid.IntRange(1, len(names)).Draw(t, "fields")] {
		s.fields = append(s.fields, part{name, anyShape(t, depth-1), rapid.IntRange(0, 4).Draw(t, "optional") == 0})
	}
	return s
}

// schema gives the shape as a pipeline file declares it.
func (s *shape) schema() string {
	null := ""
	if s.null {
		null = " or null"
	}
	switch s.kind {
	case value.List:
		if s.null {
			return "list or null"
		}
		return "[" + s.elem.schema() + "]"
	case value.Object:
		if s.null {
			return "object or null"
		}
		var of []string
		for _, f := range s.fields {
			text := f.of.schema()
			if f.optional {
				text = fmt.Sprintf("%s or null", f.of.kind)
			}
			of = append(of, f.name+": "+text)
		}
		return "{" + strings.Join(of, ", ") + "}"
	}
	return s.kind.String() + null
}

var texts = []string{"x", "ab", "2024-05-01", "k=v", "1,2", ""}

// datum draws a value of a shape, as JSON; with full, nothing of it is missing.
func datum(t *rapid.T, s *shape, full bool) string {
	if s.null && !full && rapid.Bool().Draw(t, "isNull") {
		return "null"
	}
	switch s.kind {
	case value.Int:
		return strconv.Itoa(rapid.IntRange(-3, 9).Draw(t, "int"))
	case value.Float:
		return fmt.Sprintf("%d.5", rapid.IntRange(0, 9).Draw(t, "float"))
	case value.Bool:
		return strconv.FormatBool(rapid.Bool().Draw(t, "bool"))
	case value.String:
		return strconv.Quote(rapid.SampledFrom(texts).Draw(t, "text"))
	case value.List:
		least := 0
		if full {
			least = 1
		}
		var of []string
		for range rapid.IntRange(least, 3).Draw(t, "length") {
			of = append(of, datum(t, s.elem, full))
		}
		return "[" + strings.Join(of, ", ") + "]"
	}
	var of []string
	for _, f := range s.fields {
		if full || !f.optional || rapid.Bool().Draw(t, "has") {
			of = append(of, strconv.Quote(f.name)+": "+datum(t, f.of, full))
		}
	}
	return "{" + strings.Join(of, ", ") + "}"
}
