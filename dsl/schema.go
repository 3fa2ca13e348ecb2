package dsl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Schema gives the JSON schema, of draft 7, of pipeline files with the registry's components. Its form follows what
// yaml-language-server makes good messages and completion of: conditions in one allOf, never oneOf or anyOf.
func Schema(reg *flow.Registry) []byte {
	props := value.Builder{}
	for _, o := range config.Options(typeOf[header]()) {
		props.Set(o.Name, schemaOf(o))
	}
	named := func(of value.Value, doc string) value.Value {
		return config.Obj("type", "object", "additionalProperties", of, "markdownDescription", doc)
	}
	ref := func(name string) value.Value { return config.Obj("$ref", "#/definitions/"+name) }
	props.Set("params", named(config.Schema(typeOf[param]()), "Typed inputs, set by --set, --params, the environment or a default."))
	props.Set("defaults", described(config.Schema(typeOf[defaults]()), "Common keys for every step that they apply to."))
	props.Set("limits", named(config.Schema(typeOf[limit]()), "Limits that the steps naming them share."))
	props.Set("source", ref("source"))
	props.Set("sources", named(ref("source"), "Named sources."))
	props.Set("steps", config.Obj("type", "array", "items", ref("step"), "markdownDescription", "The operators, in order. A step reads the one above."))
	props.Set("sink", ref("sink"))
	props.Set("sinks", named(ref("sink"), "Named sinks, each with `from`, or named by a step's `on_error: {to: …}`."))
	doc := config.Obj(
		"$schema", "http://json-schema.org/draft-07/schema#",
		"$id", "https://flowrun.dev/schema.json",
		"title", "flowrun pipeline",
		"type", "object",
		"properties", props.Value(),
		"additionalProperties", false,
		"definitions", config.Obj(
			"source", place(reg, "source", typeOf[sourceKeys]()),
			"step", place(reg, "step", typeOf[stepKeys]()),
			"sink", place(reg, "sink", typeOf[sinkKeys]()),
		),
	)
	var out bytes.Buffer
	if err := json.Indent(&out, value.AppendJSON(nil, doc), "", "  "); err != nil {
		panic(err) // AppendJSON gives JSON
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func described(v value.Value, doc string) value.Value {
	return v.With("markdownDescription", value.OfString(doc))
}

func schemaOf(o config.Option) value.Value {
	one := reflect.StructOf([]reflect.StructField{{
		Name: "X", Type: o.GoType,
		Tag: reflect.StructTag(fmt.Sprintf(`flow:"%s,short" default:%q doc:%q`, o.Name, o.Default, o.Doc)),
	}})
	return config.Schema(one)
}

// place describes a source, a step or a sink: one component, and the common keys that it can use.
func place(reg *flow.Registry, name string, common reflect.Type) value.Value {
	var components []*flow.Component
	var names, commonNames []string
	for _, c := range reg.All() {
		if c.Kind().Place() == name {
			components = append(components, c)
			names = append(names, c.Name)
		}
	}
	commonOptions := config.Options(common)
	offered := value.Builder{}
	for _, c := range components {
		offered.Set(c.Name, config.Obj("markdownDescription", c.Doc))
	}
	for _, o := range commonOptions {
		commonNames = append(commonNames, o.Name)
		offered.Set(o.Name, config.Obj("markdownDescription", o.Doc))
	}
	var noComponent, rules []value.Value
	for _, n := range names {
		noComponent = append(noComponent, config.Obj("required", config.Strings([]string{n})))
	}
	none := config.Obj("not", config.Obj("anyOf", value.OfList(noComponent)))
	rules = append(rules,
		config.Obj("if", none, "then", config.Obj("properties", offered.Value())),
		config.Obj("if", config.Obj("allOf", []value.Value{none, config.Obj("propertyNames", config.Obj("enum", config.Strings(commonNames)))}),
			"then", config.Obj("not", config.Obj(), "errorMessage", fmt.Sprintf("a %s needs a component: %s", name, strings.Join(names, ", ")))),
	)
	for i, c := range components {
		props := value.Builder{}
		props.Set(c.Name, described(config.Schema(c.Maker.Options()), c.Doc))
		for _, o := range commonOptions {
			if usable(c, o.Name) {
				props.Set(o.Name, commonSchema(o))
			} else {
				props.Set(o.Name, config.Obj("not", config.Obj(), "errorMessage", fmt.Sprintf("`%s` cannot be used with `%s`", o.Name, c.Name), "doNotSuggest", true))
			}
		}
		for _, later := range components[i+1:] {
			props.Set(later.Name, config.Obj("not", config.Obj(), "errorMessage", fmt.Sprintf("a %s has exactly one component; this is `%s` already", name, c.Name), "doNotSuggest", true))
		}
		rules = append(rules, config.Obj("if", config.Obj("required", config.Strings([]string{c.Name})), "then", config.Obj("properties", props.Value())))
	}
	all := append(append([]string(nil), names...), commonNames...)
	rules = append(rules, config.Obj("propertyNames", config.Obj("enum", config.Strings(all), "errorMessage",
		fmt.Sprintf("a %s is one of %s; and may have %s", name, strings.Join(names, ", "), strings.Join(commonNames, ", ")))))
	return config.Obj("type", "object", "allOf", value.OfList(rules))
}

func commonSchema(o config.Option) value.Value { return schemaOf(o) }

// usable reports whether a component can use a common key.
func usable(c *flow.Component, key string) bool { return whyNot(c, key) == "" }
