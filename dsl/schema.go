package dsl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Schema gives the JSON schema, of draft 7, of pipeline files with the registry's components. Its form follows what
// yaml-language-server makes good messages and completion of: conditions in one allOf, never oneOf or anyOf.
func Schema(reg *flow.Registry) []byte {
	props := value.Builder{}
	for _, o := range config.Options(reflect.TypeFor[header]()) {
		props.Set(o.Name, schemaOf(o))
	}
	byName := func(of value.Value) value.Value { return config.Obj("type", "object", "additionalProperties", of) }
	ref := func(name string) value.Value { return config.Obj("$ref", "#/definitions/"+name) }
	shapes := map[string]value.Value{
		"params":   byName(config.Schema(reflect.TypeFor[param]())),
		"defaults": config.Schema(reflect.TypeFor[defaults]()),
		"limits":   byName(config.Schema(reflect.TypeFor[limit]())),
		"retries":  byName(config.Schema(reflect.TypeFor[retry]())),
		"breakers": byName(config.Schema(reflect.TypeFor[breaker]())),
		"budgets":  byName(config.Schema(reflect.TypeFor[budget]())),
		"source":   ref("source"),
		"sources":  byName(ref("source")),
		"steps":    config.Obj("type", "array", "items", ref("step")),
		"sink":     ref("sink"),
		"sinks":    byName(ref("sink")),
	}
	for _, s := range sections {
		props.Set(s.name, described(shapes[s.name], s.doc))
	}
	doc := config.Obj(
		"$schema", "http://json-schema.org/draft-07/schema#",
		"$id", "https://flowrun.dev/schema.json",
		"title", "flowrun pipeline",
		"type", "object",
		"properties", props.Value(),
		"additionalProperties", false,
		"definitions", config.Obj(
			"source", place(reg, "source", reflect.TypeFor[sourceKeys]()),
			"step", place(reg, "step", reflect.TypeFor[stepKeys]()),
			"sink", place(reg, "sink", reflect.TypeFor[sinkKeys]()),
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
				props.Set(o.Name, schemaOf(o))
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

// usable reports whether a component can use a common key.
func usable(c *flow.Component, key string) bool {
	d := &draft{place: c.Kind().Place(), anonymous: true, given: c.Kind() == flow.KindJoin, node: &graph.Node{Component: c}}
	why, _ := useless(d, key)
	return why == ""
}
