// Package config makes a tagged Go struct the one description of options: how they are decoded from YAML, what their
// JSON schema is, and how the reference shows them.
package config

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Option is one field of an options struct, as its tags describe it.
type Option struct {
	Name     string
	Type     string // for people: duration, size, expression, list of text, …
	Doc      string
	Default  string // as YAML; "" is none
	Enum     []string
	Scope    []string // names that an expression sees beside it, params and meta
	NoItem   bool     // there is no item yet: an expression does not see it and meta; the tag `scope` says `-it`
	Required bool
	Short    bool // may stand alone in place of the mapping
	Fields   []Option
	GoType   reflect.Type
	index    []int
}

// Options gives the options of a struct type in the order of its fields, those of embedded structs in their place. The
// list is one for all who ask, and not to be changed.
func Options(t reflect.Type) []Option {
	if known, ok := described.Load(t); ok {
		return known.([]Option)
	}
	out := slices.Clip(describe(t))
	described.Store(t, out)
	return out
}

var described sync.Map // lists of options by their struct's type

func describe(t reflect.Type) []Option {
	var out []Option
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			for _, o := range Options(f.Type) {
				o.index = slices.Concat([]int{i}, o.index)
				out = append(out, o)
			}
			continue
		}
		tag, ok := f.Tag.Lookup("flow")
		if !ok {
			continue
		}
		parts := strings.Split(tag, ",")
		o := Option{
			Name: parts[0], Doc: f.Tag.Get("doc"), Default: f.Tag.Get("default"), GoType: f.Type, index: []int{i},
			Required: slices.Contains(parts[1:], "required"), Short: slices.Contains(parts[1:], "short"),
			Type: typeName(f.Type),
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			o.Enum = strings.Split(enum, ",")
			o.Type = "one of " + strings.Join(o.Enum, ", ")
		}
		if scope := f.Tag.Get("scope"); scope != "" {
			o.Scope = strings.Split(scope, ",")
			o.NoItem = slices.Contains(o.Scope, "-it")
			o.Scope = slices.DeleteFunc(o.Scope, func(name string) bool { return name == "-it" })
		}
		if s := structOf(f.Type); s != nil {
			o.Fields = Options(s)
		}
		out = append(out, o)
	}
	return out
}

// inline reports whether the only option stands for the whole: it takes a mapping itself, so that none is one of options.
func inline(options []Option) bool {
	if len(options) != 1 || !options[0].Short {
		return false
	}
	switch options[0].GoType {
	case reflect.TypeFor[flow.Literal](), reflect.TypeFor[flow.Fields](), reflect.TypeFor[flow.Aggregates](), reflect.TypeFor[value.Value]():
		return true
	}
	return false
}

// structOf gives the options struct that a type is, points to, or is a list of; nil for any other type.
func structOf(t reflect.Type) reflect.Type {
	if _, ok := typeNames[t]; ok {
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return structOf(t.Elem())
	case reflect.Struct:
		return t
	}
	return nil
}

var typeNames = map[reflect.Type]string{
	reflect.TypeFor[bool]():                    "bool",
	reflect.TypeFor[int]():                     "int",
	reflect.TypeFor[int64]():                   "int",
	reflect.TypeFor[float64]():                 "number",
	reflect.TypeFor[string]():                  "text",
	reflect.TypeFor[[]string]():                "list of text",
	reflect.TypeFor[map[string]string]():       "mapping of text",
	reflect.TypeFor[map[string]value.Value]():  "mapping of data",
	reflect.TypeFor[time.Duration]():           "duration",
	reflect.TypeFor[flow.Bound]():              "duration or none",
	reflect.TypeFor[flow.Size]():               "size",
	reflect.TypeFor[flow.Rate]():               "rate",
	reflect.TypeFor[flow.Expr]():               "expression",
	reflect.TypeFor[flow.Sample]():             "bool or int",
	reflect.TypeFor[flow.Type]():               "type",
	reflect.TypeFor[flow.Literal]():            "literal",
	reflect.TypeFor[flow.Fields]():             "mapping of literals",
	reflect.TypeFor[flow.Keys]():               "expression, list or mapping of expressions",
	reflect.TypeFor[flow.Aggregates]():         "mapping of aggregates",
	reflect.TypeFor[flow.Match]():              "condition",
	reflect.TypeFor[flow.Steps]():              "list of steps",
	reflect.TypeFor[flow.Ref]():                "id",
	reflect.TypeFor[[]flow.Ref]():              "list of ids",
	reflect.TypeFor[flow.Dyn[string]]():        "template",
	reflect.TypeFor[flow.Dyn[int64]]():         "int or template",
	reflect.TypeFor[flow.Dyn[float64]]():       "number or template",
	reflect.TypeFor[flow.Dyn[bool]]():          "bool or template",
	reflect.TypeFor[flow.Dyn[time.Duration]](): "duration or template",
	reflect.TypeFor[flow.Dyn[flow.Size]]():     "size or template",
	reflect.TypeFor[value.Value]():             "data",
	reflect.TypeFor[[]value.Value]():           "list of data",
}

func typeName(t reflect.Type) string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	}
	return "mapping"
}
