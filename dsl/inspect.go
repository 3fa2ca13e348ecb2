package dsl

import (
	"maps"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// Inspection is what can be said of a file, also of one that is not right: for editors.
type Inspection struct {
	File       *diag.File
	Root       *yaml.Node // nil where the text cannot be read
	Parts      []*Part    // in the file's order, sources first, then steps, then sinks
	Names      []Name     // that the file declares, to be used by expressions and common keys
	References []Reference
	Diags      diag.List
	Own        *Uses        // what may be known of it from outside
	Used       []*diag.File // the files that it uses
	Wanted     []string     // the names of these, and of those that it would use if they could be read
}

// Part is a source, a step or a sink as it stands in the file.
type Part struct {
	ID        string
	Place     string          // source, step or sink
	Component *flow.Component // nil where it is not known
	At        *yaml.Node      // what names it: its id, its key under sources or sinks, or its component's key
	Node      *yaml.Node      // the whole
	Key       *yaml.Node      // the component's key; nil where there is none
	Options   *yaml.Node      // what stands under it
	Named     bool            // it has a name of its own, not its component's
	Reads     []*Part
	Takes     flow.Type            // the items that come
	Gives     flow.Type            // the items that go
	Sees      map[string]flow.Type // what its expressions name, as far as something is known of that
	Uses      *Uses                // the file that stands in its place; nil where there is none
	Scope     any                  // equal for parts and references that know one another: a list of steps, or the whole file
}

// Uses is a file that a step uses.
type Uses struct {
	File        *diag.File
	Description string
	Params      []Param
}

// Param is what a file may be given.
type Param struct {
	At     diag.Range // of its name
	Option config.Option
}

// asUsed says what may be known of a file from outside.
func (l *loader) asUsed() *Uses {
	u := &Uses{File: l.file, Description: l.plan.Description}
	for _, d := range l.declared {
		o := config.Option{Name: d.name.Value, Type: d.Type, Doc: d.Doc, NoItem: true}
		for _, x := range d.Enum {
			o.Enum = append(o.Enum, x.Text())
		}
		x := child(d.node, "default")
		if x != nil && !d.secret() {
			o.Default = line(x)
		}
		o.Required = x == nil && d.Env == ""
		u.Params = append(u.Params, Param{l.file.Node(d.name), o})
	}
	return u
}

// Name is a param, or a policy that steps share.
type Name struct {
	Section string // params, limits, retries, breakers, budgets
	Name    string
	At      *yaml.Node
	Node    *yaml.Node // what it declares
}

// Reference is where a name is used.
type Reference struct {
	Section string // of a Name; "" names a Part
	Name    string
	At      *yaml.Node
	Scope   any // of a Part
}

// Inspect checks a file as Load does, and gives what it found on the way.
func Inspect(name string, src []byte, s Settings) *Inspection {
	l, root := check(name, src, s)
	in := &Inspection{File: l.file, Root: root, References: *l.references, Diags: *l.diags, Wanted: l.wanted}
	in.Own = l.asUsed()
	for _, f := range l.files {
		if l.read[f.Name] != nil {
			in.Used = append(in.Used, f)
		}
	}
	in.add(l)
	slices.Reverse(in.References) // steps within a step are looked at twice, the second time with more known
	slices.SortStableFunc(in.References, func(a, b Reference) int { return l.file.Node(a.At).Start.Offset - l.file.Node(b.At).Start.Offset })
	in.References = slices.CompactFunc(in.References, func(a, b Reference) bool { return a.At == b.At })
	for _, section := range []string{"params", "limits", "retries", "breakers", "budgets"} {
		for key, x := range pairs(child(root, section)) {
			in.Names = append(in.Names, Name{section, key.Value, key, x})
		}
	}
	return in
}

// add adds the parts of a list of steps, and of the lists within.
func (in *Inspection) add(l *loader) {
	parts := map[*draft]*Part{}
	for _, d := range l.drafts {
		if d.mapping == nil { // steps within a step begin and end with what no file writes
			continue
		}
		p := &Part{
			ID: d.node.ID, Place: d.place, Component: d.node.Component, At: d.at, Node: d.mapping, Key: d.key, Options: d.options,
			Named: d.at != d.key && d.at != d.mapping, Takes: d.node.Known().Takes, Gives: d.node.Known().All(), Scope: l,
		}
		p.sees(d)
		if d.loaded != nil {
			t := &flow.Typing{In: l.takes(d, true).ports}
			p.Uses, p.Takes, p.Gives = d.loaded.asUsed(), t.It(), d.last().node.Known().All()
		}
		parts[d] = p
		in.Parts = append(in.Parts, p)
	}
	of := map[*graph.Node]*Part{}
	for d, p := range parts {
		of[d.last().node] = p
	}
	for d, p := range parts {
		for _, input := range d.node.In {
			if from := of[input.From]; from != nil {
				p.Reads = append(p.Reads, from)
			}
		}
	}
	for _, inner := range l.inners {
		in.add(inner)
	}
}

// sees notes what the expressions of the part name.
func (p *Part) sees(d *draft) {
	if p.Sees = maps.Clone(d.sees); p.Sees == nil {
		p.Sees = map[string]flow.Type{}
	}
	if p.Component == nil || p.Component.Sees == nil {
		p.Sees["it"] = p.Takes
	}
}

// Keys gives the keys that may stand beside a component at a place: source, step or sink.
func Keys(place string) []config.Option {
	switch place {
	case "source":
		return config.Options(reflect.TypeFor[sourceKeys]())
	case "sink":
		return config.Options(reflect.TypeFor[sinkKeys]())
	}
	return config.Options(reflect.TypeFor[stepKeys]())
}

// TopKeys gives the keys of a file, each with its doc.
func TopKeys() []config.Option {
	out := config.Options(reflect.TypeFor[header]())
	for _, s := range sections {
		out = append(out, config.Option{Name: s.name, Type: "mapping", Doc: s.doc})
	}
	return out
}

// SectionKeys gives the keys of what is declared in a section, such as limits.
func SectionKeys(section string) []config.Option {
	types := map[string]reflect.Type{
		"params": reflect.TypeFor[param](), "limits": reflect.TypeFor[limit](), "retries": reflect.TypeFor[retry](),
		"breakers": reflect.TypeFor[breaker](), "budgets": reflect.TypeFor[budget](),
	}
	if t := types[section]; t != nil {
		return config.Options(t)
	}
	return nil
}
