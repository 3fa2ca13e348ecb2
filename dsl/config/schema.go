package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Obj makes an object of alternating keys and values (strings, bools, values, lists of values), in order; nil and
// null leave their key out.
func Obj(pairs ...any) value.Value {
	b := value.Builder{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if x, ok := pairs[i+1].(value.Value); pairs[i+1] != nil && !(ok && x.IsNull()) {
			b.Set(pairs[i].(string), toValue(pairs[i+1]))
		}
	}
	return b.Value()
}

// Strings makes a list of texts.
func Strings(list []string) value.Value {
	out := make([]value.Value, len(list))
	for i, s := range list {
		out[i] = value.OfString(s)
	}
	return value.OfList(out)
}

func toValue(x any) value.Value {
	if list, ok := x.([]value.Value); ok {
		return value.OfList(list)
	}
	return value.FromGo(x)
}

// Schemas makes JSON schemas, of draft 7, of options. A struct within options is described once, among the definitions,
// to which all its uses refer.
type Schemas struct {
	Definitions value.Builder
	known       map[reflect.Type]value.Value // what stands in the definitions
}

// Of describes what may stand for an options struct: a mapping of its options, or its short form.
func (s *Schemas) Of(t reflect.Type) value.Value {
	options := Options(t)
	if inline(options) {
		return s.Option(options[0])
	}
	out := s.object(options)
	required := slices.ContainsFunc(options, func(o Option) bool { return o.Required })
	if short := slices.IndexFunc(options, func(o Option) bool { return o.Short }); short >= 0 {
		one := s.form(options[short].GoType, options[short]) // its doc would be shown in place of the whole's
		message, _ := one.Field("errorMessage")
		out = typed(append(types(one), "object"), "if", Obj("type", "object"), "then", out, "else", one, "errorMessage", message)
	}
	if !required {
		out = typed(append(types(out), "null"), "if", Obj("type", "null"), "else", out)
	}
	return out
}

func (s *Schemas) object(options []Option) value.Value {
	properties := value.Builder{}
	var required []string
	for _, o := range options {
		properties.Set(o.Name, s.Option(o))
		if o.Required {
			required = append(required, o.Name)
		}
	}
	out := Obj("type", "object", "properties", properties.Value(), "additionalProperties", false)
	if required != nil {
		out = out.With("required", Strings(required))
	}
	return out
}

// Option describes one option.
func (s *Schemas) Option(o Option) value.Value {
	out := s.form(o.GoType, o)
	if o.Doc != "" {
		out = out.With("markdownDescription", value.OfString(o.Doc))
	}
	if o.Default != "" {
		var doc yaml.Node
		if yaml.Unmarshal([]byte(o.Default), &doc) == nil && len(doc.Content) > 0 {
			out = out.With("default", Data(doc.Content[0]))
		}
	}
	return out
}

// refer gives a reference to the definition of a struct. It repeats the types, for completion.
func (s *Schemas) refer(t reflect.Type) value.Value {
	if s.known == nil {
		s.known = map[reflect.Type]value.Value{}
	}
	if out, ok := s.known[t]; ok {
		return out
	}
	of := s.Of(t)
	name := t.Name()
	for other := range s.known {
		if other.Name() == name {
			name = t.String()
		}
	}
	s.Definitions.Set(name, of)
	allowed, _ := of.Field("type")
	s.known[t] = Obj("$ref", "#/definitions/"+name, "type", allowed)
	return s.known[t]
}

// types gives the types that a schema allows; none where it allows all.
func types(of value.Value) []string {
	t, _ := of.Field("type")
	if t.Kind() == value.String {
		return []string{t.Str()}
	}
	var all []string
	for _, x := range t.List() {
		all = append(all, x.Str())
	}
	return all
}

// snippets are what completion offers for a value; it does not look into conditions.
func snippets(words []string) []value.Value {
	var all []value.Value
	for _, word := range words {
		all = append(all, Obj("label", word, "body", word))
	}
	return all
}

// typed is a condition with the types that its branches allow together: completion inserts the colon of such an option.
// One type alone is that of a branch without any, and then all are allowed.
func typed(all []string, condition ...any) value.Value {
	if len(all) == 1 {
		return Obj(condition...)
	}
	var sorted []string
	for _, t := range []string{"string", "object", "array", "number", "integer", "boolean", "null"} { // it inserts one of the first
		if slices.Contains(all, t) {
			sorted = append(sorted, t)
		}
	}
	return Obj(append([]any{"type", Strings(sorted)}, condition...)...)
}

// A template may stand for any scalar that is not code.
const template = `\$\{`

// text is a scalar that a pattern bounds, or a template.
func text(pattern, message string) value.Value {
	return Obj("type", "string", "pattern", "("+pattern+")|"+template, "errorMessage", message, "patternErrorMessage", message)
}

const (
	durationPattern = `^-?([0-9.]+(ns|us|µs|ms|s|m|h|d|w))+$`
	sizePattern     = `^[0-9.]+ *(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$`
	ratePattern     = `^[0-9.]+ */ *[0-9.]*(ns|us|µs|ms|s|m|h|d|w)$`
)

// scalars describes the types that have a form of their own.
var scalars = map[reflect.Type]value.Value{
	reflect.TypeFor[bool]():          either("boolean", "write true or false, or a template with `${…}`"),
	reflect.TypeFor[int]():           either("integer", "write a whole number, or a template with `${…}`"),
	reflect.TypeFor[float64]():       either("number", "write a number, or a template with `${…}`"),
	reflect.TypeFor[string]():        Obj("type", Strings([]string{"string", "number"}), "errorMessage", "write text, in quotes if it could be something else"),
	reflect.TypeFor[time.Duration](): numberOr(Obj("const", 0, "errorMessage", durationForm), text(durationPattern, durationForm)),
	reflect.TypeFor[flow.Bound]():    text(`^none$|`+durationPattern, durationForm+", or none"),
	reflect.TypeFor[flow.Size]():     numberOr(Obj("minimum", 0), text(sizePattern, "write a size as 64KiB, 16MiB or 1GB")),
	reflect.TypeFor[flow.Rate]():     text(ratePattern, "write a rate as 100/s, 5/m or 10/500ms"),
	reflect.TypeFor[flow.Sample](): typed([]string{"boolean", "integer", "string"}, "if", Obj("type", "integer"), "then", Obj("minimum", 1), "else", Obj("if", Obj("type", "string"), "then", Obj("pattern", template)),
		"errorMessage", "write true, or how many items to look at"),
	reflect.TypeFor[flow.Expr](): Obj("type", Strings([]string{"string", "boolean", "number"}), "pattern", `\S`,
		"errorMessage", "write an expression, in quotes if it has `: `, ` #`, or begins with a quote, `!`, `*`, `{` or `[`", "patternErrorMessage", "write an expression"),
	reflect.TypeFor[flow.Ref]():        Obj("type", "string", "minLength", 1, "errorMessage", "write the id of a step, source or sink"),
	reflect.TypeFor[flow.Literal]():    Obj(),
	reflect.TypeFor[value.Value]():     Obj(),
	reflect.TypeFor[[]value.Value]():   Obj("type", "array"),
	reflect.TypeFor[flow.Steps]():      Obj("type", "array", "items", Obj("$ref", "#/definitions/step"), "minItems", 1),
	reflect.TypeFor[flow.Fields]():     Obj("type", "object", "minProperties", 1, "errorMessage", "write `field: expression`, one a line"),
	reflect.TypeFor[flow.Aggregates](): Obj("type", "object", "minProperties", 1, "additionalProperties", Obj("type", "string"), "errorMessage", "write `total: sum(it.amount)`, one a line"),
	reflect.TypeFor[flow.Keys]():       Obj("type", Strings([]string{"string", "array", "object"})),
}

// shape describes a type: words, a list of one, or a mapping of fields.
var shape = func() value.Value {
	self := Obj("$ref", "#/definitions/type")
	name := "(" + strings.Join(flow.TypeNames, "|") + `)\??`
	message := "write a type such as int or string?, a list of one as [string], or a mapping of fields to types"
	words := Obj("pattern", "^"+name+"( or "+name+")*$", "errorMessage", message, "patternErrorMessage", message)
	list := Obj("items", self, "minItems", 1, "maxItems", 1)
	mapping := Obj("additionalProperties", self, "minProperties", 1)
	return typed([]string{"string", "object", "array"}, "if", Obj("type", "string"), "then", words,
		"else", Obj("if", Obj("type", "array"), "then", list, "else", mapping), "errorMessage", message)
}()

const durationForm = "write a duration as 250ms, 10s, 1m30s or 2h"

// sameForm are types that are written as others are.
var sameForm = map[reflect.Type]reflect.Type{
	reflect.TypeFor[int64]():                   reflect.TypeFor[int](),
	reflect.TypeFor[flow.Match]():              reflect.TypeFor[flow.Expr](),
	reflect.TypeFor[flow.Dyn[bool]]():          reflect.TypeFor[bool](),
	reflect.TypeFor[flow.Dyn[int64]]():         reflect.TypeFor[int](),
	reflect.TypeFor[flow.Dyn[float64]]():       reflect.TypeFor[float64](),
	reflect.TypeFor[flow.Dyn[string]]():        reflect.TypeFor[string](),
	reflect.TypeFor[flow.Dyn[time.Duration]](): reflect.TypeFor[time.Duration](),
	reflect.TypeFor[flow.Dyn[flow.Size]]():     reflect.TypeFor[flow.Size](),
}

// either is a scalar of a type, or a template.
func either(kind, message string) value.Value {
	return typed([]string{kind, "string"}, "if", Obj("type", "string"), "then", Obj("pattern", template, "patternErrorMessage", message), "errorMessage", message)
}

// numberOr is a whole number, or else something else.
func numberOr(number, other value.Value) value.Value {
	message, _ := other.Field("errorMessage")
	return typed([]string{"integer", "string"}, "if", Obj("type", "integer"), "then", number, "else", other, "errorMessage", message)
}

// listOr is a list, or what alone stands for a list of one.
func listOr(item value.Value, least int) value.Value {
	list := Obj("items", item)
	if least > 0 {
		list = list.With("minItems", value.OfInt(int64(least)))
	}
	return typed(append(types(item), "array"), "if", Obj("type", "array"), "then", list, "else", item)
}

// form describes a type, without the option's doc.
func (s *Schemas) form(t reflect.Type, o Option) value.Value {
	if same, ok := sameForm[t]; ok {
		t = same
	}
	if o.Enum != nil {
		return Obj("type", "string", "if", Obj("pattern", template), "else", Obj("enum", Strings(o.Enum)), "defaultSnippets", snippets(o.Enum))
	}
	if of, ok := scalars[t]; ok {
		return of
	}
	if t == reflect.TypeFor[flow.Type]() {
		s.Definitions.Set("type", shape)
		return Obj("$ref", "#/definitions/type", "type", Strings(types(shape)))
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.form(t.Elem(), o)
	case reflect.Struct:
		return s.refer(t)
	case reflect.Slice:
		least := 0
		if t.Elem() == reflect.TypeFor[flow.Ref]() {
			least = 1
		}
		return listOr(s.form(t.Elem(), o), least)
	case reflect.Map:
		return Obj("type", "object", "additionalProperties", s.form(t.Elem(), Option{}))
	}
	panic(fmt.Sprintf("config: an option of type %v has no schema", t))
}
