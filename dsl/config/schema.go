package config

import (
	"reflect"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Obj makes an object of alternating keys and values (strings, bools, values, lists of values), in order; a nil value
// leaves its key out.
func Obj(pairs ...any) value.Value {
	b := value.Builder{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != nil {
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

// Schema gives the JSON schema, of draft 7, of what may stand for an options struct: a mapping of its options, or its
// short form.
func Schema(t reflect.Type) value.Value {
	options := Options(t)
	if inline(options) {
		return optionSchema(options[0])
	}
	mapping := objectSchema(options)
	for _, o := range options {
		if !o.Short {
			continue
		}
		return Obj("if", Obj("type", "object"), "then", mapping, "else", optionSchema(o))
	}
	if len(options) == 0 || !anyRequired(options) {
		return Obj("if", Obj("type", "null"), "else", mapping)
	}
	return mapping
}

func anyRequired(options []Option) bool {
	for _, o := range options {
		if o.Required {
			return true
		}
	}
	return false
}

func objectSchema(options []Option) value.Value {
	properties := value.Builder{}
	var required []string
	for _, o := range options {
		properties.Set(o.Name, optionSchema(o))
		if o.Required {
			required = append(required, o.Name)
		}
	}
	out := value.Builder{}
	out.SetAll(Obj("type", "object", "properties", properties.Value(), "additionalProperties", false))
	if required != nil {
		out.Set("required", Strings(required))
	}
	return out.Value()
}

// optionSchema describes one option.
func optionSchema(o Option) value.Value {
	out := value.Builder{}
	out.SetAll(typeSchema(o.GoType, o))
	if o.Doc != "" {
		out.Set("markdownDescription", value.OfString(o.Doc))
		out.Set("description", value.OfString(o.Doc))
	}
	if o.Default != "" {
		var doc yaml.Node
		if yaml.Unmarshal([]byte(o.Default), &doc) == nil && len(doc.Content) > 0 {
			out.Set("default", Data(doc.Content[0]))
		}
	}
	return out.Value()
}

const template = `\$\{`

// text is a scalar that a pattern bounds, or a template.
func text(pattern, message string) value.Value {
	return Obj("type", "string", "pattern", "("+pattern+")|"+template, "patternErrorMessage", message)
}

const (
	durationPattern = `^-?([0-9.]+(ns|us|µs|ms|s|m|h|d|w))+$|^0$`
	sizePattern     = `^[0-9.]+ *(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$`
	ratePattern     = `^[0-9.]+ */ *[0-9.]*(ns|us|µs|ms|s|m|h|d|w)$`
)

func typeSchema(t reflect.Type, o Option) value.Value {
	if o.Enum != nil {
		return Obj("enum", Strings(o.Enum))
	}
	either := func(kind string) value.Value {
		return Obj("if", Obj("type", "string"), "then", Obj("pattern", template), "else", Obj("type", kind))
	}
	switch t {
	case reflect.TypeFor[bool](), reflect.TypeFor[flow.Dyn[bool]]():
		return either("boolean")
	case reflect.TypeFor[int](), reflect.TypeFor[int64](), reflect.TypeFor[flow.Dyn[int64]]():
		return either("integer")
	case reflect.TypeFor[float64](), reflect.TypeFor[flow.Dyn[float64]]():
		return either("number")
	case reflect.TypeFor[string](), reflect.TypeFor[flow.Text](), reflect.TypeFor[flow.Ref]():
		return Obj("type", Strings([]string{"string", "number"}))
	case reflect.TypeFor[time.Duration](), reflect.TypeFor[flow.Dyn[time.Duration]]():
		return Obj("if", Obj("type", "integer"), "then", Obj("const", 0), "else", text(durationPattern, "a duration is written as 250ms, 10s, 1m30s or 2h"))
	case reflect.TypeFor[flow.Bound]():
		return text(`^none$|`+durationPattern, "a duration is written as 250ms, 10s, 1m30s or 2h; or none")
	case reflect.TypeFor[flow.Size](), reflect.TypeFor[flow.Dyn[flow.Size]]():
		return Obj("if", Obj("type", "integer"), "then", Obj("minimum", 0), "else", text(sizePattern, "a size is written as 64KiB, 16MiB or 1GB"))
	case reflect.TypeFor[flow.Rate]():
		return text(ratePattern, "a rate is written as 100/s, 5/m or 10/500ms")
	case reflect.TypeFor[flow.Expr]():
		return Obj("type", Strings([]string{"string", "boolean", "number"}))
	case reflect.TypeFor[flow.Literal](), reflect.TypeFor[value.Value]():
		return Obj()
	case reflect.TypeFor[[]value.Value]():
		return Obj("type", "array")
	case reflect.TypeFor[flow.Steps]():
		return Obj("type", "array", "items", Obj("$ref", "#/definitions/step"))
	case reflect.TypeFor[flow.Fields]():
		return Obj("type", "object", "minProperties", 1)
	case reflect.TypeFor[flow.Aggregates]():
		return Obj("type", "object", "minProperties", 1, "additionalProperties", Obj("type", "string"))
	case reflect.TypeFor[flow.Keys]():
		return Obj("type", Strings([]string{"string", "array", "object"}))
	case reflect.TypeFor[[]flow.Ref](), reflect.TypeFor[[]string]():
		item := Obj("type", Strings([]string{"string", "number"}))
		return Obj("if", Obj("type", "array"), "then", Obj("items", item), "else", item)
	case reflect.TypeFor[map[string]string]():
		return Obj("type", "object", "additionalProperties", Obj("type", "string"))
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeSchema(t.Elem(), o)
	case reflect.Struct:
		return Schema(t)
	case reflect.Slice:
		item := typeSchema(t.Elem(), o)
		return Obj("if", Obj("type", "array"), "then", Obj("items", item), "else", item)
	}
	return Obj("type", "object")
}
