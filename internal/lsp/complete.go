package lsp

import (
	"slices"
	"strings"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/dsl/lazy"
)

type completion struct {
	Label  string `json:"label"`
	Kind   int    `json:"kind"`
	Detail string `json:"detail,omitempty"`
	Doc    any    `json:"documentation,omitempty"`
	Insert string `json:"insertText,omitempty"`
	Edit   *edit  `json:"textEdit,omitempty"`
}

// Kinds of completions, as the protocol numbers them.
const (
	completeFunction = 3
	completeField    = 5
	completeVariable = 6
	completeProperty = 10
	completeValue    = 12
	completeKeyword  = 14
	completeFile     = 17
	completeRef      = 18
)

func markdown(text string) any { return map[string]string{"kind": "markdown", "value": text} }

var (
	newKey  = lazy.Regexp(`^( *(?:- +)*)([\w-]*)$`)
	flowKey = lazy.Regexp(`[{,] *[\w-]*$`)
	inValue = lazy.Regexp(`^( *(?:- +)*)([\w-]+): +(.*)$`)
)

// complete offers what may stand at the cursor.
func (s *server) complete(d *document, offset int) (any, error) {
	now := d.now.File
	pos := now.Pos(offset)
	before := string(now.Src[now.Offset(pos.Line, 1):offset])
	t := treeOf(d.good)
	if m := newKey().FindStringSubmatch(before); m != nil {
		if list := s.keys(t, pos.Line, len(m[1])+1, m[1]); list != nil {
			return list, nil
		}
	}
	sp := t.at(offset)
	if d.now == d.good && flowKey().MatchString(before) && (sp == nil || sp.value == nil || sp.value.ShortTag() == "!!null") {
		if f := t.flowFrame(offset); f != nil {
			return f.offer(), nil
		}
	}
	if sp == nil || sp.value == nil || d.now.Root == nil {
		sp = t.lineSpot(pos.Line, before)
	}
	if sp == nil {
		return []completion{}, nil
	}
	if namesFile(sp) {
		return s.files(d, sp), nil
	}
	if list := d.values(sp); list != nil {
		return list, nil
	}
	if holdsCode(sp) {
		return d.code(sp, before), nil
	}
	return []completion{}, nil
}

// lineSpot gives the value that a line sets, where the file as it is cannot be read: from its key, and the mapping that
// the key stands in.
func (t *tree) lineSpot(line int, before string) *spot {
	m := inValue().FindStringSubmatch(before)
	if m == nil {
		return nil
	}
	for i := range t.spots {
		sp := &t.spots[i]
		if sp.key == nil {
			continue
		}
		if p := t.in.File.Node(sp.key).Start; p.Line == line && p.Column == len(m[1])+1 && sp.key.Value == m[2] {
			return &spot{frame: sp.frame, key: sp.key, value: sp.key, option: t.optionOf(sp)}
		}
	}
	f := t.frameFor(line, len(m[1])+1)
	if f == nil {
		return nil
	}
	return &spot{frame: f, value: f.node, option: find(f.options, m[2])}
}

// optionOf gives the option that a key's value is: of a component, the one that may stand alone.
func (t *tree) optionOf(sp *spot) *config.Option {
	if p := sp.frame.part; p != nil && sp.key == p.Key {
		options := config.Options(p.Component.Maker.Options())
		for i := range options {
			if options[i].Short {
				return &options[i]
			}
		}
	}
	return sp.option
}

// keys offers the keys that may stand at a place; nil where no key may.
func (s *server) keys(t *tree, line, column int, lead string) []completion {
	f := t.frameFor(line, column)
	if strings.Contains(lead, "-") && t.under(line) == "steps" && (f == nil || f.whole) { // a new step
		list := s.components("step")
		for _, o := range dsl.Keys("step") {
			list = append(list, keyOf(o))
		}
		return list
	}
	if f == nil {
		if key := t.under(line); key == "source" || key == "sink" {
			return s.components(key)
		}
		return nil
	}
	if f.whole && f.part.Component == nil {
		return append(s.components(f.part.Place), f.offer()...)
	}
	return f.offer()
}

// offer gives the keys that a mapping may have and has not.
func (f *frame) offer() []completion {
	list := []completion{}
	for _, o := range f.options {
		if !f.has(o.Name) {
			list = append(list, keyOf(o))
		}
	}
	return list
}

func keyOf(o config.Option) completion {
	return completion{Label: o.Name, Kind: completeProperty, Detail: o.Type, Doc: markdown(o.Doc), Insert: o.Name + ": "}
}

// has reports whether the mapping has a key already.
func (f *frame) has(key string) bool {
	for i := 0; !f.empty && i < len(f.node.Content); i += 2 {
		if f.node.Content[i].Value == key {
			return true
		}
	}
	return false
}

// under gives the key at the left margin that a line stands under.
func (t *tree) under(line int) string {
	for ; line > 0; line-- {
		if text := t.in.File.Line(line); text != "" && text[0] != ' ' && text[0] != '#' && text[0] != '-' {
			key, _, _ := strings.Cut(text, ":")
			return key
		}
	}
	return ""
}

func (s *server) components(place string) []completion {
	var list []completion
	for _, c := range s.reg.All() {
		if c.Kind().Place() == place {
			list = append(list, completion{Label: c.Name, Kind: completeKeyword, Detail: c.Group, Doc: markdown(c.Doc), Insert: c.Name + ": "})
		}
	}
	return list
}

// values offers the values of an option that lists them, or the names that it may take; nil for any other.
func (d *document) values(sp *spot) []completion {
	if sp.option == nil {
		return nil
	}
	var list []completion
	for _, v := range sp.option.Enum {
		list = append(list, completion{Label: v, Kind: completeValue})
	}
	section, parts := "", false
	switch name := sp.option.Name; {
	case name == "from", name == "to" && sp.frame.part != nil && !holdsCode(sp), sp.option.Type == "id", sp.option.Type == "list of ids":
		parts = true
		if sp.option.Name == "use" {
			section, parts = "limits", false
		}
	case name == "retry":
		section = "retries"
	case name == "breaker", name == "budget", name == "limits":
		section = map[string]string{"breaker": "breakers", "budget": "budgets", "limits": "limits"}[name]
	}
	for _, n := range d.good.Names {
		if section != "" && n.Section == section {
			list = append(list, completion{Label: n.Name, Kind: completeRef, Detail: section})
		}
	}
	for _, p := range d.good.Parts {
		if parts && p != sp.frame.part && (sp.frame.part == nil || p.Scope == sp.frame.part.Scope) && (p.Place == "sink") == (sp.option.Name == "to") {
			list = append(list, completion{Label: p.ID, Kind: completeRef, Detail: p.Place})
		}
	}
	return list
}

// holdsCode reports whether a value is an expression or a template.
func holdsCode(sp *spot) bool {
	if sp.option == nil || sp.frame.part == nil {
		return false
	}
	t := sp.option.Type
	return t == "condition" || strings.Contains(t, "expression") || strings.Contains(t, "literal") || strings.Contains(t, "aggregate") || strings.Contains(t, "template")
}

var lastPath = lazy.Regexp(`(?:[\pL_][\pL\pN_]*(?:\[[^\[\]]*\])*\??\.)*[\pL\pN_]*$`)

// code offers what may stand in an expression: fields after a dot, else variables and functions.
func (d *document) code(sp *spot, before string) []completion {
	path := strings.ReplaceAll(lastPath().FindString(before), "?.", ".")
	list := []completion{}
	if dot := strings.LastIndexByte(path, '.'); dot >= 0 {
		for _, f := range d.fields(sp, path[:dot]) {
			list = append(list, completion{Label: f.name, Kind: completeField, Detail: f.typ})
		}
		return list
	}
	if strings.Contains(sp.option.Type, "template") && strings.LastIndex(before, "${") <= strings.LastIndex(before, "}") {
		return list // in the text of the template
	}
	scope := append([]string{"it", "params", "meta"}, sp.option.Scope...)
	if sp.option.NoItem {
		scope = slices.DeleteFunc(scope, func(v string) bool { return v == "it" || v == "meta" })
	}
	for _, v := range scope {
		list = append(list, completion{Label: v, Kind: completeVariable})
	}
	for _, f := range functions() {
		list = append(list, completion{Label: f.Name, Kind: completeFunction, Detail: f.Signature, Doc: markdown(f.Doc)})
	}
	return list
}

// functions gives every function, by name; one of flowrun's own hides one of expr-lang's.
func functions() []expr.Function {
	own := expr.Functions()
	all := slices.Concat(own, slices.DeleteFunc(slices.Clone(expr.Builtins()), func(f expr.Function) bool {
		return slices.ContainsFunc(own, func(o expr.Function) bool { return o.Name == f.Name })
	}))
	slices.SortFunc(all, func(a, b expr.Function) int { return strings.Compare(a.Name, b.Name) })
	return all
}
