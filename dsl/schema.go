package dsl

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Schema gives the JSON schema, of draft 7, of pipeline files with the registry's components. Its form is one of which
// yaml-language-server makes good messages, hover and completion: conditions in an allOf, never oneOf or anyOf, and
// messages beside keywords that show them.
func Schema(reg *flow.Registry) []byte {
	s := &schema{reg: reg}
	props := value.Builder{}
	for _, o := range config.Options(reflect.TypeFor[header]()) {
		of := s.of.Option(o)
		if o.Name == "version" {
			of = of.With("const", value.OfInt(1)).With("errorMessage", value.OfString("this flowrun reads version 1 of the language"))
		}
		props.Set(o.Name, of)
	}
	shapes := map[string]value.Value{
		"params":   byName(s.of.Of(reflect.TypeFor[param]()), paramName),
		"defaults": s.of.Of(reflect.TypeFor[defaults]()),
		"limits":   byName(s.of.Of(reflect.TypeFor[limit]()), nodeName),
		"retries":  byName(s.of.Of(reflect.TypeFor[retry]()), nodeName),
		"breakers": byName(s.of.Of(reflect.TypeFor[breaker]()), nodeName),
		"budgets":  byName(s.of.Of(reflect.TypeFor[budget]()), nodeName),
		"source":   ref("source"),
		"sources":  byName(withoutID("source"), nodeName),
		"steps":    config.Obj("type", "array", "items", ref("step"), "errorMessage", "begin each step by `- `"),
		"sink":     ref("sink"),
		"sinks":    byName(withoutID("sink"), nodeName),
	}
	for _, section := range sections {
		props.Set(section.name, described(shapes[section.name], section.doc))
	}
	s.place("source", reflect.TypeFor[sourceKeys]())
	s.place("step", reflect.TypeFor[stepKeys]())
	s.place("sink", reflect.TypeFor[sinkKeys]())
	fragment := config.Obj("required", config.Strings([]string{"steps"}), "patternProperties", never(slices.Sorted(maps.Keys(ofPipelines))))
	var out bytes.Buffer
	print(&out, config.Obj(
		"$schema", "http://json-schema.org/draft-07/schema#",
		"$id", "https://flowrun.dev/schema.json",
		"title", "flowrun pipeline",
		"type", "object",
		"properties", props.Value(),
		"additionalProperties", false,
		"if", required("sources"),
		"else", config.Obj("if", fragment,
			"else", required("source").With("errorMessage", value.OfString("a pipeline begins with a source, as in `source: {range: {from: 1, to: 10}}`"))),
		"definitions", s.of.Definitions.Value(),
	), 0)
	out.WriteByte('\n')
	return out.Bytes()
}

const (
	nodeName  = `^[\p{L}_][\p{L}\p{N}_-]*$`
	paramName = `^[\p{L}_][\p{L}\p{N}_]*$`
)

type schema struct {
	reg *flow.Registry
	of  config.Schemas
}

func ref(name string) value.Value { return config.Obj("$ref", "#/definitions/"+name) }

// byName is a mapping of names to values of a form.
func byName(of value.Value, pattern string) value.Value {
	return config.Obj("type", "object", "additionalProperties", of,
		"propertyNames", config.Obj("title", "NAME", "pattern", pattern, "patternErrorMessage", "a name is a letter, then letters, digits and `_`"),
		"errorMessage", "write `NAME: …` on the lines below it")
}

// withoutID is a node whose name is its key.
func withoutID(place string) value.Value {
	return config.Obj("allOf", []value.Value{ref(place), refused([]string{"id"}, "its name is its key: leave `id` out")})
}

func described(v value.Value, doc string) value.Value {
	return v.With("markdownDescription", value.OfString(doc))
}

// refused refuses keys with a message, at the key. Completion does not offer what stands in a pattern.
func refused(keys []string, message string) value.Value {
	return config.Obj("patternProperties", never(keys), "errorMessage", message)
}

// never is a pattern of keys that may not be there.
func never(keys []string) value.Value {
	return config.Obj("^("+strings.Join(keys, "|")+")$", false)
}

func required(name string) value.Value { return config.Obj("required", config.Strings([]string{name})) }

// place defines a source, a step or a sink: one component, and the common keys that it can use.
//
// The order of the conditions decides what completion offers: first, where there is no component, all of them.
func (s *schema) place(name string, common reflect.Type) {
	var components []*flow.Component
	var names, keys []string
	offered := value.Builder{}
	for _, c := range s.reg.All() {
		if c.Kind().Place() == name {
			components, names = append(components, c), append(names, c.Name)
			offered.Set(c.Name, offer(c))
		}
	}
	for _, o := range config.Options(common) {
		keys = append(keys, o.Name)
		s.of.Definitions.Set(name+"."+o.Name, s.of.Option(o))
		offered.Set(o.Name, ref(name+"."+o.Name))
	}
	none := config.Obj("patternProperties", never(names))
	rules := []value.Value{
		config.Obj("if", none, "then", config.Obj("properties", offered.Value())),
		config.Obj("if", config.Obj("propertyNames", config.Obj("enum", config.Strings(keys))),
			"then", required(names[0]).With("errorMessage", value.OfString(fmt.Sprintf("a %s needs a component: %s", name, strings.Join(names, ", "))))),
	}
	for i, c := range components {
		rules = append(rules, config.Obj("if", required(c.Name).With("type", value.OfString("object")), "then", s.component(c, keys, names[i+1:])))
	}
	s.of.Definitions.Set(name, config.Obj("type", "object", "allOf", value.OfList(rules),
		"errorMessage", fmt.Sprintf("a %s is a mapping of a component to its options", name),
		"propertyNames", config.Obj("enum", config.Strings(slices.Concat(names, keys)), "doNotSuggest", true,
			"errorMessage", fmt.Sprintf("a %s is one of %s; and may have %s", name, strings.Join(names, ", "), strings.Join(keys, ", ")))))
}

// component describes the options of a component, the common keys that it can use, and those that it cannot.
func (s *schema) component(c *flow.Component, keys, later []string) value.Value {
	props := value.Builder{}
	props.Set(c.Name, described(s.of.Of(c.Maker.Options()), documentation(c)))
	reasons := map[string][]string{}
	for _, key := range keys {
		why, _ := useless(&draft{place: c.Kind().Place(), anonymous: true, given: c.Kind() == flow.KindJoin && !c.Traits.Beside, node: &graph.Node{Component: c}}, key)
		if why == "" {
			props.Set(key, ref(c.Kind().Place()+"."+key))
			continue
		}
		why, _, _ = strings.Cut(why, "; ")
		reasons[why] = append(reasons[why], key)
	}
	all := []value.Value{config.Obj("properties", props.Value())}
	for _, key := range keys { // in a fixed order
		for why, of := range reasons {
			if of[0] == key {
				all = append(all, refused(of, fmt.Sprintf("of no use with `%s`: %s", c.Name, why)))
			}
		}
	}
	if len(later) > 0 {
		all = append(all, refused(later, fmt.Sprintf("a %s has exactly one component; this one is `%s` already", c.Kind().Place(), c.Name)))
	}
	return config.Obj("allOf", value.OfList(all))
}

// offer is what completion shows and inserts for a component where there is none yet.
func offer(c *flow.Component) value.Value {
	summary, _, _ := strings.Cut(c.Doc, ". ")
	out := config.Obj("markdownDescription", strings.TrimSuffix(summary, ".")+".")
	options := config.Options(c.Maker.Options())
	if slices.ContainsFunc(options, func(o config.Option) bool { return o.Short }) {
		return out.With("type", value.OfString("string"))
	}
	needed, n := value.Builder{}, 0
	for _, o := range options {
		if o.Required {
			n++
			needed.Set(o.Name, value.OfString(fmt.Sprintf("$%d", n)))
		}
	}
	return out.With("defaultSnippets", value.OfList([]value.Value{config.Obj("label", c.Name, "body", needed.Value())}))
}

// documentation is what hover shows for a component.
func documentation(c *flow.Component) string {
	if len(c.Examples) == 0 {
		return c.Doc
	}
	return c.Doc + "\n\n```yaml\n" + c.Examples[0].Pipeline + "```"
}

// lineWidth is how long a value may be to stand in one line.
const lineWidth = 140

// print writes a value as JSON of several lines, one for each value that is short enough.
func print(out *bytes.Buffer, v value.Value, depth int) {
	text := value.AppendJSON(nil, v)
	n := v.Len()
	if kind := v.Kind(); kind != value.Object && kind != value.List || len(text)+2*depth <= lineWidth || n == 0 {
		out.Write(text)
		return
	}
	lead := "\n" + strings.Repeat("  ", depth+1)
	parts, open, closing := v.List(), "[", "]"
	if v.Kind() == value.Object {
		parts, open, closing = v.Slots(), "{", "}"
	}
	out.WriteString(open)
	for i, part := range parts {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(lead)
		if v.Kind() == value.Object {
			out.Write(append(value.AppendJSON(nil, value.OfString(v.Shape().Keys()[i])), ": "...))
		}
		print(out, part, depth+1)
	}
	out.WriteString(lead[:len(lead)-2] + closing)
}
