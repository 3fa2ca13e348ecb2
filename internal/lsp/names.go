package lsp

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/lazy"
)

// symbol is a thing with a name, and every place that names it.
type symbol struct {
	section, name string
	at            *yaml.Node // where it is declared; nil where it is nowhere
	uses          []*yaml.Node
	scope         any  // of parts: those that know one another
	fixed         bool // it has no name of its own: it is its component's
}

// symbolAt gives what the name under the cursor stands for; nil where there is no name. In expressions, that is a param.
func (d *document) symbolAt(offset int) *symbol {
	in := d.good
	for _, r := range in.References {
		if within(in, r.At, offset) {
			return d.symbol(r.Section, r.Name, r.Scope)
		}
	}
	for _, p := range in.Parts {
		if p.Named && p.At != nil && within(in, p.At, offset) {
			return d.symbol("", p.ID, p.Scope)
		}
	}
	for _, n := range in.Names {
		if within(in, n.At, offset) {
			return d.symbol(n.Section, n.Name, nil)
		}
	}
	for _, m := range paramUse().FindAllSubmatchIndex(in.File.Src, -1) {
		if m[0] <= offset && offset <= m[1] {
			return d.symbol("params", string(in.File.Src[m[2]:m[3]]), nil)
		}
	}
	return nil
}

var paramUse = lazy.Regexp(`\bparams\.([\pL_][\pL\pN_]*)`)

func within(in *dsl.Inspection, n *yaml.Node, offset int) bool {
	r := in.File.Node(n)
	return r.Start.Offset <= offset && offset <= r.End.Offset
}

func (d *document) symbol(section, name string, scope any) *symbol {
	in := d.good
	s := &symbol{section: section, name: name, scope: scope}
	for _, p := range in.Parts {
		if section == "" && p.ID == name && p.Scope == scope {
			s.at, s.fixed = p.At, !p.Named
		}
	}
	for _, n := range in.Names {
		if n.Section == section && n.Name == name {
			s.at = n.At
		}
	}
	for _, r := range in.References {
		if r.Section == section && r.Name == name && r.Scope == scope {
			s.uses = append(s.uses, r.At)
		}
	}
	return s
}

type location struct {
	URI   string `json:"uri"`
	Range span   `json:"range"`
}

func (s *server) definition(d *document, offset int) (any, error) {
	sp := treeOf(d.good).at(offset)
	if p, param := paramAt(sp); param != nil {
		return location{uriOf(p.Uses.File.Name), spanOf(p.Uses.File, param.At)}, nil
	}
	if sp != nil && namesFile(sp) {
		path := sp.value.Value
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(d.path), path)
		}
		if _, err := s.read(path); err == nil {
			return location{URI: uriOf(path)}, nil
		}
	}
	sym := d.symbolAt(offset)
	if sym == nil || sym.at == nil {
		return nil, nil
	}
	return location{d.uri, spanOf(d.good.File, d.good.File.Node(sym.at))}, nil
}

func (s *server) references(d *document, offset int) (any, error) {
	out := []location{}
	for _, r := range d.places(d.symbolAt(offset)) {
		out = append(out, location{d.uri, r})
	}
	return out, nil
}

// places gives every place that names a symbol, its declaration first.
func (d *document) places(sym *symbol) (out []span) {
	if sym == nil {
		return nil
	}
	f := d.good.File
	if sym.at != nil {
		out = append(out, d.nameSpan(sym.at, sym.name))
	}
	for _, n := range sym.uses {
		out = append(out, d.nameSpan(n, sym.name))
	}
	if sym.section == "params" {
		for _, m := range paramUse().FindAllSubmatchIndex(f.Src, -1) {
			if string(f.Src[m[2]:m[3]]) == sym.name {
				out = append(out, span{positionOf(f, m[2]), positionOf(f, m[3])})
			}
		}
	}
	return out
}

// nameSpan gives the place of a name in a scalar that may say more, as ID.CASE does.
func (d *document) nameSpan(n *yaml.Node, name string) span {
	return spanOf(d.good.File, d.good.File.Inside(n, 0, len(name)))
}

func (s *server) renamable(d *document, offset int) (any, error) {
	if d.now.Root == nil {
		return nil, fmt.Errorf("the file cannot be read as YAML: mend it first")
	}
	for _, r := range d.places(d.symbolAt(offset)) {
		if offsetOf(d.good.File, r.Start) <= offset && offset <= offsetOf(d.good.File, r.End) {
			return r, nil
		}
	}
	return nil, nil
}

var word = lazy.Regexp(`^[\pL_][\pL\pN_-]*$`)

func (s *server) rename(params json.RawMessage) (any, error) {
	var p struct {
		place
		NewName string `json:"newName"`
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, err
	}
	d := s.docs[p.Doc.URI]
	if d == nil || d.now.Root == nil {
		return nil, fmt.Errorf("the file cannot be read as YAML: mend it first")
	}
	sym := d.symbolAt(offsetOf(d.now.File, p.Position))
	switch {
	case sym != nil && sym.fixed:
		return nil, fmt.Errorf("`%s` has no name of its own: give it an `id`", sym.name)
	case sym == nil || sym.at == nil:
		return nil, fmt.Errorf("there is no name here")
	case !word().MatchString(p.NewName):
		return nil, fmt.Errorf("%q cannot be a name: a name is a letter, then letters, digits, `_` and `-`", p.NewName)
	case d.symbol(sym.section, p.NewName, sym.scope).at != nil && p.NewName != sym.name:
		return nil, fmt.Errorf("there is a %q already", p.NewName)
	}
	var edits []edit
	for _, r := range d.places(sym) {
		edits = append(edits, edit{r, p.NewName})
	}
	return changes(d, edits...), nil
}

type documentSymbol struct {
	Name      string `json:"name"`
	Detail    string `json:"detail,omitempty"`
	Kind      int    `json:"kind"`
	Range     span   `json:"range"`
	Selection span   `json:"selectionRange"`
}

// Kinds of symbols, as the protocol numbers them.
const (
	kindConstant = 14
	kindFunction = 12
)

func (s *server) symbols(params json.RawMessage) (any, error) {
	var p place
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, err
	}
	out := []documentSymbol{}
	d := s.docs[p.Doc.URI]
	if d == nil {
		return out, nil
	}
	f := d.good.File
	add := func(name, detail string, kind int, whole, at *yaml.Node) {
		r, selection := extent(f, whole), f.Node(at)
		if selection.Start.Offset < r.Start.Offset {
			r.Start = selection.Start
		}
		out = append(out, documentSymbol{name, detail, kind, spanOf(f, r), spanOf(f, selection)})
	}
	for _, n := range d.good.Names {
		add(n.Name, n.Section, kindConstant, n.Node, n.At)
	}
	for _, part := range d.good.Parts {
		if part.Node == nil || part.At == nil {
			continue
		}
		detail := part.Place
		if part.Component != nil && part.Component.Name != part.ID {
			detail += " " + part.Component.Name
		}
		add(part.ID, detail, kindFunction, part.Node, part.At)
	}
	return out, nil
}
