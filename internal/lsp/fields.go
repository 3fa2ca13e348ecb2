package lsp

import (
	"slices"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/flow"
)

// field is what a path leads to.
type field struct{ name, typ string }

// fields gives what may follow a path.
func (d *document) fields(sp *spot, path string) (out []field) {
	switch path {
	case "params":
		for _, n := range d.good.Names {
			if n.Section == "params" {
				out = append(out, field{n.Name, typeOfParam(n.Node)})
			}
		}
	case "meta":
		for name, typ := range metaTypes {
			out = append(out, field{name, typ})
		}
		sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	}
	if of, ok := typeAt(sp, path); ok {
		members, _ := of.Fields()
		for _, m := range members {
			out = append(out, field{m.Name, m.Type.String()})
		}
	}
	return out
}

// typeAt gives the type of a path that begins with `it`, or with what the option's expressions see besides.
func typeAt(sp *spot, path string) (flow.Type, bool) {
	parts := strings.Split(path, ".")
	root, at := element(parts[0])
	if sp.frame.part == nil || root != "it" && root != "key" && (sp.option == nil || !slices.Contains(sp.option.Scope, root)) {
		return flow.Any, false
	}
	of, known := sp.frame.part.Sees[root]
	for range at {
		of = of.Elem()
	}
	for _, name := range parts[1:] {
		name, at := element(name)
		next, ok := of.Field(name)
		if !ok || !known {
			return flow.Any, false
		}
		for of = next; at > 0; at-- {
			of = of.Elem()
		}
	}
	return of, known
}

// element gives the name that a part of a path begins with, and how often an element is taken of that.
func element(part string) (name string, times int) {
	name, _, _ = strings.Cut(part, "[")
	return name, strings.Count(part, "[")
}

var metaTypes = map[string]string{
	"index": "int", "source": "string", "file": "string", "line": "int", "time": "time", "attempt": "int",
}

func typeOfParam(n *yaml.Node) string {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "type" {
			return n.Content[i+1].Value
		}
	}
	return ""
}

// typeOf says what a path in an expression is; "" where that is not known.
func (d *document) typeOf(sp *spot, path string) string {
	if of, ok := typeAt(sp, path); ok && !of.IsAny() {
		return of.String()
	}
	dot := strings.LastIndexByte(path, '.')
	if dot < 0 {
		return ""
	}
	for _, f := range d.fields(sp, path[:dot]) {
		if f.name == path[dot+1:] {
			return f.typ
		}
	}
	return ""
}
