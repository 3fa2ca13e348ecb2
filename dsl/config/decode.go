package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Decoder turns YAML nodes into options structs, and reports everything that is wrong.
type Decoder struct {
	File   *diag.File
	Expr   expr.Env
	Diags  *diag.List
	Ref    func(ref flow.Ref, n *yaml.Node) // hears of every reference to another node; may be nil
	Meta   bool                             // set where an expression names meta
	Weight int                              // nanoseconds that the expressions decoded so far take for an item, roughly
	Reads  []string                         // the parts of the item that they name, such as it.user.id
	Shows  bool                             // what expressions give becomes part of items, which go anywhere
	Steps  func(n *yaml.Node, o Option) any // makes the plan of an option that is a list of steps
	Used   []diag.Place                     // of a file that another one uses: where
}

// Report adds an error at a place.
func (d *Decoder) Report(r diag.Range, code, message, help string) {
	*d.Diags = append(*d.Diags, diag.Diagnostic{File: d.File.Name, Range: r, Severity: diag.Error, Code: code, Message: message, Help: help, Used: d.Used})
}

// At adds an error about a whole node.
func (d *Decoder) At(n *yaml.Node, code, message, help string) {
	d.Report(d.File.Node(n), code, message, help)
}

// Decode decodes a node into the options struct that `into` points to; noun names it in messages. It reports whether
// nothing was wrong.
func (d *Decoder) Decode(n *yaml.Node, into any, noun string) bool {
	before := d.errors()
	d.structure(n, reflect.ValueOf(into).Elem(), noun)
	return d.errors() == before
}

// errors gives the number of errors so far.
func (d *Decoder) errors() (n int) {
	for _, x := range *d.Diags {
		if x.Severity == diag.Error {
			n++
		}
	}
	return n
}

func (d *Decoder) structure(n *yaml.Node, v reflect.Value, noun string) {
	options := Options(v.Type())
	before := d.errors()
	for _, o := range options {
		if o.Default != "" {
			d.preset(v.FieldByIndex(o.index), o)
		}
	}
	places := map[string]*yaml.Node{}
	short := slices.IndexFunc(options, func(o Option) bool { return o.Short })
	switch {
	case isNull(n):
		d.missing(n, options, places, noun)
	case inline(options) || n.Kind != yaml.MappingNode && short >= 0:
		o := options[short]
		places[o.Name] = n
		d.value(n, v.FieldByIndex(o.index), o, noun)
		d.missing(n, options, places, noun)
	case n.Kind != yaml.MappingNode:
		if len(options) == 0 {
			d.At(n, "FR203", fmt.Sprintf("`%s` takes no options, and this is %s", noun, diag.KindName(n)), fmt.Sprintf("write `%s: {}`", noun))
			return
		}
		help := "its options: " + names(options)
		if i := slices.IndexFunc(options, func(o Option) bool { return o.Required }); i >= 0 && n.Kind == yaml.ScalarNode {
			help = fmt.Sprintf("write `%s: {%s: %s}`", noun, options[i].Name, n.Value)
		}
		d.At(n, "FR203", fmt.Sprintf("`%s` takes a mapping of options, and this is %s", noun, diag.KindName(n)), help)
		return
	default:
		d.mapping(n, v, options, places, noun)
		d.missing(n, options, places, noun)
	}
	if checker, ok := v.Addr().Interface().(flow.Checker); ok && d.errors() == before && len(d.Expr.Unknown) == 0 {
		checker.Check(func(option, message, help string) {
			d.At(placeOf(option, places, n), "FR208", message, help)
		})
	}
}

// placeOf gives where an option stands, or the name within it; the whole where it does not stand.
func placeOf(option string, places map[string]*yaml.Node, whole *yaml.Node) *yaml.Node {
	option, name, _ := strings.Cut(option, ".")
	at := places[option]
	if at == nil {
		return whole
	}
	if at.Kind == yaml.MappingNode && name != "" {
		for i := 0; i < len(at.Content); i += 2 {
			if at.Content[i].Value == name {
				return at.Content[i]
			}
		}
	}
	return at
}

func isNull(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func (d *Decoder) mapping(n *yaml.Node, v reflect.Value, options []Option, places map[string]*yaml.Node, noun string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, x := n.Content[i], n.Content[i+1]
		at := slices.IndexFunc(options, func(o Option) bool { return o.Name == key.Value })
		if at < 0 {
			if near := d.unknown(key, options, noun); near != "" && places[near] == nil {
				places[near] = x
			}
			continue
		}
		places[key.Value] = x
		d.value(x, v.FieldByIndex(options[at].index), options[at], key.Value)
	}
}

// unknown reports an option that there is not, and gives the one that was probably meant.
func (d *Decoder) unknown(key *yaml.Node, options []Option, noun string) (near string) {
	var all []string
	for _, o := range options {
		all = append(all, o.Name)
	}
	help := "its options: " + names(options)
	if len(options) == 0 {
		help = fmt.Sprintf("`%s` has no options", noun)
	}
	if near = diag.Nearest(key.Value, all); near != "" {
		help = fmt.Sprintf("did you mean `%s`?", near)
	}
	d.At(key, "FR201", fmt.Sprintf("`%s` has no option `%s`", noun, key.Value), help)
	(*d.Diags)[len(*d.Diags)-1].Suggest = near
	return near
}

func names(options []Option) string {
	var all []string
	for _, o := range options {
		all = append(all, o.Name)
	}
	return strings.Join(all, ", ")
}

// missing reports the required options that were not given.
func (d *Decoder) missing(n *yaml.Node, options []Option, places map[string]*yaml.Node, noun string) {
	for _, o := range options {
		if o.Required && places[o.Name] == nil {
			d.At(n, "FR202", fmt.Sprintf("`%s` lacks `%s`", noun, o.Name), o.Name+": "+o.Doc)
		}
	}
}

// preset decodes an option's default.
func (d *Decoder) preset(v reflect.Value, o Option) {
	inner := *d
	inner.Diags = &diag.List{}
	inner.value(defaultOf(o), v, o, o.Name)
	if len(*inner.Diags) > 0 {
		panic("config: the default of " + o.Name + " is wrong: " + (*inner.Diags)[0].Message)
	}
}

var defaults sync.Map // what options are unless given, by its text

// defaultOf gives what an option is unless given.
func defaultOf(o Option) *yaml.Node {
	if known, ok := defaults.Load(o.Default); ok {
		return known.(*yaml.Node)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(o.Default), &doc); err != nil || len(doc.Content) == 0 {
		panic("config: the default of " + o.Name + " is no YAML: " + o.Default)
	}
	defaults.Store(o.Default, doc.Content[0])
	return doc.Content[0]
}

// value decodes one option.
func (d *Decoder) value(n *yaml.Node, v reflect.Value, o Option, noun string) {
	switch p := v.Addr().Interface().(type) {
	case *flow.Expr:
		*p = d.expression(n, o, noun)
	case *flow.Literal:
		p.Expr = d.literal(n, o)
	case *flow.Fields:
		*p = d.fields(n, o, noun)
	case *flow.Keys:
		*p = d.keys(n, o, noun)
	case *flow.Aggregates:
		*p = d.aggregates(n, noun)
	case *flow.Match:
		*p = d.match(n, o, noun)
	case *flow.Steps:
		p.Plan = d.Steps(n, o)
	case *flow.Ref:
		*p = d.ref(n, noun, "names a sink or a step", "write its id")
	case *[]flow.Ref:
		for _, item := range listOf(n) {
			*p = append(*p, d.ref(item, noun, "names steps or sources", "write an id, or a list of ids"))
		}
	case *flow.Type:
		*p = d.shape(n, noun)
	case *value.Value:
		*p = d.data(n)
	case *[]value.Value:
		if n.Kind != yaml.SequenceNode {
			d.At(n, "FR203", fmt.Sprintf("`%s` is a list, and this is %s", noun, diag.KindName(n)), "write `["+n.Value+"]`")
			return
		}
		*p = make([]value.Value, len(n.Content))
		for i, item := range n.Content {
			(*p)[i] = d.data(item)
		}
	case *flow.Dyn[string]:
		dyn(d, n, p, o, noun)
	case *flow.Dyn[int64]:
		dyn(d, n, p, o, noun)
	case *flow.Dyn[float64]:
		dyn(d, n, p, o, noun)
	case *flow.Dyn[bool]:
		dyn(d, n, p, o, noun)
	case *flow.Dyn[time.Duration]:
		dyn(d, n, p, o, noun)
	case *flow.Dyn[flow.Size]:
		dyn(d, n, p, o, noun)
	default:
		d.composite(n, v, o, noun)
	}
}

func listOf(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// composite decodes scalars, and what is made of them.
func (d *Decoder) composite(n *yaml.Node, v reflect.Value, o Option, noun string) {
	t := v.Type()
	if _, ok := parsers[t]; ok {
		if text, ok := d.scalar(n, t, o, noun); ok {
			d.parse(n, text, v, noun)
		}
		return
	}
	switch t.Kind() {
	case reflect.Pointer: // an option of which it matters whether it was given
		x := reflect.New(t.Elem())
		v.Set(x)
		d.value(n, x.Elem(), o, noun)
	case reflect.Struct:
		d.structure(n, v, noun)
	case reflect.Slice:
		items := listOf(n)
		out := reflect.MakeSlice(t, len(items), len(items))
		for i, item := range items {
			d.value(item, out.Index(i), o, noun)
		}
		v.Set(out)
	case reflect.Map:
		if n.Kind != yaml.MappingNode {
			d.At(n, "FR203", fmt.Sprintf("`%s` is a mapping, and this is %s", noun, diag.KindName(n)), "write `name: value`, one a line")
			return
		}
		out := reflect.MakeMap(t)
		for i := 0; i+1 < len(n.Content); i += 2 {
			x := reflect.New(t.Elem()).Elem()
			d.value(n.Content[i+1], x, o, n.Content[i].Value)
			out.SetMapIndex(reflect.ValueOf(n.Content[i].Value), x)
		}
		v.Set(out)
	default:
		panic(fmt.Sprintf("config: an option of type %v cannot be decoded", t))
	}
}

func (d *Decoder) ref(n *yaml.Node, noun, what, help string) flow.Ref {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		d.At(n, "FR203", fmt.Sprintf("`%s` %s, and this is %s", noun, what, diag.KindName(n)), help)
		return ""
	}
	if d.Ref != nil {
		d.Ref(flow.Ref(n.Value), n)
	}
	return flow.Ref(n.Value)
}
