package config

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// parsers read scalars from their text.
var parsers = map[reflect.Type]func(text string) (any, error){
	reflect.TypeFor[string](): func(s string) (any, error) { return s, nil },
	reflect.TypeFor[bool](): func(s string) (any, error) {
		switch s {
		case "true", "True", "TRUE":
			return true, nil
		case "false", "False", "FALSE":
			return false, nil
		}
		return nil, fmt.Errorf("%q is no bool: write true or false", s)
	},
	reflect.TypeFor[int](): func(s string) (any, error) {
		i, err := parseInt(s)
		return int(i), err
	},
	reflect.TypeFor[int64](): func(s string) (any, error) { return parseInt(s) },
	reflect.TypeFor[float64](): func(s string) (any, error) {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%q is no number: write one such as 0.5", s)
		}
		return f, nil
	},
	reflect.TypeFor[time.Duration](): func(s string) (any, error) { return flow.ParseDuration(s) },
	reflect.TypeFor[flow.Bound]():    func(s string) (any, error) { return flow.ParseBound(s) },
	reflect.TypeFor[flow.Size]():     func(s string) (any, error) { return flow.ParseSize(s) },
	reflect.TypeFor[flow.Rate]():     func(s string) (any, error) { return flow.ParseRate(s) },
	reflect.TypeFor[flow.Sample]():   func(s string) (any, error) { return flow.ParseSample(s) },
}

func parseInt(s string) (int64, error) {
	i, err := strconv.ParseInt(s, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%s is no int of 64 bits: write a number from -9223372036854775808 to 9223372036854775807", s)
	case err != nil:
		return 0, fmt.Errorf("%q is no whole number: write one such as 10", s)
	case octal(s):
		return 0, fmt.Errorf("%s may be meant as octal: write %s", s, decimal(s))
	}
	return i, nil
}

// scalar gives the text of a scalar option, with params put in; false where it is wrong, or not known yet.
func (d *Decoder) scalar(n *yaml.Node, t reflect.Type, o Option, noun string) (string, bool) {
	if !d.isScalar(n, t, o, noun) {
		return "", false
	}
	text, ok := d.fill(n)
	return text, ok && d.allowed(n, text, o, noun)
}

// fill puts params into text that may be a template; false where it is wrong, or not known yet.
func (d *Decoder) fill(n *yaml.Node) (string, bool) {
	if !expr.IsTemplate(n.Value) {
		return n.Value, true
	}
	env := d.Expr
	env.NoItem, env.Vars = true, nil
	e, problems := expr.CompileTemplate(n.Value, env)
	if problems != nil {
		d.problems(n, problems)
		return "", false
	}
	v, err := e.Eval(&flow.Scope{})
	if err != nil {
		if !expr.IsUnknown(err) {
			d.At(n, "FR404", err.Error(), "")
		}
		return "", false
	}
	return v.Str(), true
}

// Filled gives data with params put into the text in it, the same node where there is no template; false where that is
// wrong, or not known yet.
func (d *Decoder) Filled(n *yaml.Node) (*yaml.Node, bool) {
	if n.Kind == yaml.ScalarNode {
		text, ok := d.fill(n)
		if !ok || text == n.Value {
			return n, ok
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Line: n.Line, Column: n.Column}, true
	}
	out, all := *n, true
	out.Content = nil
	for i, c := range n.Content {
		filled, ok := c, true
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			filled, ok = d.Filled(c)
		}
		out.Content, all = append(out.Content, filled), all && ok
	}
	return &out, all
}

// isScalar reports whether a node can be the text of a scalar of the type, and says so if not.
func (d *Decoder) isScalar(n *yaml.Node, t reflect.Type, o Option, noun string) bool {
	tag := n.ShortTag()
	switch {
	case n.Kind != yaml.ScalarNode, tag == "!!null":
		d.At(n, "FR203", fmt.Sprintf("`%s` is %s, and this is %s", noun, article(typeName(t)), diag.KindName(n)), typeHelp(t, o))
		return false
	case t == reflect.TypeFor[string]() && tag == "!!bool":
		d.At(n, "FR203", fmt.Sprintf("`%s` is text, and YAML reads %s as a bool", noun, n.Value), fmt.Sprintf("write \"%s\" in quotes", n.Value))
		return false
	}
	return !d.closesNothing(n, o)
}

// closesNothing reports text without quotes that ends with a quote, or a bracket, whose counterpart is not in it: most
// probably that was to stand before it.
func (d *Decoder) closesNothing(n *yaml.Node, o Option) bool {
	if n.Style&^yaml.TaggedStyle != 0 || len(n.Value) < 2 || o.Name == "description" || o.Name == "doc" {
		return false
	}
	last := n.Value[len(n.Value)-1:]
	open, ok := map[string]string{`"`: `"`, "'": "'", "]": "[", "}": "{"}[last]
	if !ok || open == last && strings.Count(n.Value, last)%2 == 0 || open != last && strings.Count(n.Value, open) >= strings.Count(n.Value, last) {
		return false
	}
	d.At(n, "FR208", fmt.Sprintf("the %s at the end of this text closes nothing", last), fmt.Sprintf("write %s before the text as well, or take it out; if it is part of the text, put the whole in quotes", open))
	return true
}

// allowed reports whether a text is among the values of an option that lists them.
func (d *Decoder) allowed(n *yaml.Node, text string, o Option, noun string) bool {
	if o.Enum == nil || slices.Contains(o.Enum, text) {
		return true
	}
	help := "one of " + strings.Join(o.Enum, ", ")
	near := diag.Nearest(text, o.Enum)
	if near != "" {
		help = fmt.Sprintf("did you mean `%s`? (%s)", near, help)
	}
	d.At(n, "FR204", fmt.Sprintf("`%s` cannot be %s", noun, diag.Quote(text)), help)
	(*d.Diags)[len(*d.Diags)-1].Suggest = near
	return false
}

// parse sets v to what a text spells.
func (d *Decoder) parse(n *yaml.Node, text string, v reflect.Value, noun string) {
	t := v.Type()
	x, err := parsers[t](text)
	if err == nil {
		v.Set(reflect.ValueOf(x).Convert(t))
		return
	}
	code := "FR203"
	if t == reflect.TypeFor[time.Duration]() || t == reflect.TypeFor[flow.Bound]() || t == reflect.TypeFor[flow.Size]() || t == reflect.TypeFor[flow.Rate]() {
		code = "FR210"
	}
	message, help, _ := strings.Cut(err.Error(), ": ")
	d.At(n, code, fmt.Sprintf("`%s` is %s, and %s", noun, article(typeName(t)), message), help)
}

func article(name string) string {
	switch {
	case name == "text" || name == "data" || strings.HasPrefix(name, "one of"):
		return name
	case strings.ContainsAny(name[:1], "aeiou"):
		return "an " + name
	}
	return "a " + name
}

func typeHelp(t reflect.Type, o Option) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "write it as 250ms, 10s, 1m30s or 2h"
	case reflect.TypeFor[flow.Bound]():
		return "write it as 250ms, 10s, 1m30s or 2h, or none"
	case reflect.TypeFor[flow.Size]():
		return "write it as 64KiB, 16MiB or 1GB"
	case reflect.TypeFor[flow.Rate]():
		return "write it as 100/s, 5/m or 10/500ms"
	}
	return o.Doc
}

// dyn decodes an option that may differ from item to item.
func dyn[T any](d *Decoder, n *yaml.Node, p *flow.Dyn[T], o Option, noun string) {
	t := reflect.TypeFor[T]()
	if !d.isScalar(n, t, o, noun) {
		return
	}
	v := reflect.New(t).Elem()
	if !expr.IsTemplate(n.Value) {
		if d.allowed(n, n.Value, o, noun) {
			d.parse(n, n.Value, v, noun)
			*p = flow.DynOf(v.Interface().(T))
		}
		return
	}
	env := d.Expr
	env.Vars, env.NoItem = o.Scope, o.NoItem
	e, problems := expr.CompileTemplate(n.Value, env)
	if problems != nil {
		d.problems(n, problems)
		return
	}
	d.noted(e)
	if c, ok := expr.Constant(e); ok {
		d.parse(n, c.Str(), v, noun)
		*p = flow.DynOf(v.Interface().(T))
		return
	}
	if text, ok := any(func(x value.Value) (string, error) { return x.Str(), nil }).(func(value.Value) (T, error)); ok {
		*p = flow.DynExpr(e, text)
		return
	}
	parse := parsers[t]
	*p = flow.DynExpr(e, func(x value.Value) (T, error) {
		out, err := parse(x.Str())
		if err != nil {
			var zero T
			return zero, flow.Typed("expression", fmt.Errorf("%s: %w", noun, err))
		}
		return reflect.ValueOf(out).Convert(t).Interface().(T), nil
	})
}

// octal reports whether a number may be meant as octal: it begins with 0, and goes on.
func octal(text string) bool {
	digits := strings.TrimLeft(text, "-+")
	return len(digits) > 1 && digits[0] == '0' && strings.Trim(digits, "0123456789_") == ""
}

// data is Data, and refuses numbers that may not be what they seem.
func (d *Decoder) data(n *yaml.Node) value.Value {
	for _, c := range n.Content {
		d.data(c)
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && octal(n.Value) {
		d.At(n, "FR203", fmt.Sprintf("%s begins with 0, and may be meant as octal or as text", n.Value), fmt.Sprintf("write %s for the number, or \"%s\" for the text", decimal(n.Value), n.Value))
	}
	return Data(n)
}

// decimal gives a number without the zeros that it begins with.
func decimal(text string) string {
	sign := ""
	if text[0] == '-' || text[0] == '+' {
		sign, text = strings.TrimPrefix(text[:1], "+"), text[1:]
	}
	return sign + cmp.Or(strings.TrimLeft(strings.ReplaceAll(text, "_", ""), "0"), "0")
}

// Data gives plain data: what YAML reads as a number, a bool or null, the rest as text. Numbers that JSON could spell
// keep their text.
func Data(n *yaml.Node) value.Value {
	switch n.Kind {
	case yaml.SequenceNode:
		items := make([]value.Value, len(n.Content))
		for i, c := range n.Content {
			items[i] = Data(c)
		}
		return value.OfList(items)
	case yaml.MappingNode:
		b := value.Builder{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			b.Set(n.Content[i].Value, Data(n.Content[i+1]))
		}
		return b.Value()
	}
	switch n.ShortTag() {
	case "!!null":
		return value.Value{}
	case "!!bool":
		return value.OfBool(strings.EqualFold(n.Value, "true"))
	case "!!int", "!!float":
		if v, err := value.DecodeJSON([]byte(n.Value)); err == nil && v.IsNumber() {
			return v
		}
		var i int64
		if n.Decode(&i) == nil && n.ShortTag() == "!!int" {
			return value.OfInt(i)
		}
		var f float64
		if n.Decode(&f) == nil {
			return value.OfFloat(f)
		}
	}
	return value.OfString(n.Value)
}
