package dsl

import (
	"fmt"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/dsl/lazy"
	"github.com/flowrun/flowrun/flow"
)

// draft is a node that is not connected yet.
type draft struct {
	node      *graph.Node
	place     string     // source, step, sink
	at        *yaml.Node // where messages about the node point
	mapping   *yaml.Node // the whole of it
	key       *yaml.Node // its component's key; nil where there is none
	options   *yaml.Node // what stands under that
	anonymous bool       // it stands under source, sink or steps
	broken    bool       // its component is not known: all that is known is that a node stands here
	usable    *yaml.Node // the common keys that it can use
	wrong     bool       // its options could not be decoded
	noErrors  bool       // no item can fail in it
	from      []reference
	refs      []reference // the inputs that its component's options name
	given     bool        // it says what it reads, also wrongly
	to        *reference  // where its failed items go
	targeted  bool        // failed items come to it
	read      bool        // something reads its output
	auto      *yaml.Node  // of a buffer that is sized by the hints of what reads it: where it says so
	taken     []string    // the outputs beside the main one that something reads
	sound     bool        // nothing is wrong with it
	in        *loader     // of the list of steps, or the file, that it stands in
	loaded    *loader     // of a `use` step: of the file that it names, whatever is wrong with that
	fragment  *loader     // the same, where its steps stand in the place of the `use` step
	standard  *standard   // of a `use` step: the common keys that it has for the steps of that file

	sees map[string]flow.Type // what its expressions name, once that is known
}

// reference is the name of a node, as it stands in the file.
type reference struct {
	name string
	at   *yaml.Node
}

// nodes makes a draft of every source, step and sink.
func (l *loader) nodes(root *yaml.Node) {
	if l.inside {
		l.given(child(root, "steps"))
		return
	}
	for key, x := range pairs(root) {
		switch key.Value {
		case "source":
			l.draft(x, "source", nil)
		case "sources":
			l.named(l.section(root, "sources"), "source")
		}
	}
	if several := child(root, "sources"); len(l.drafts) == 0 {
		if !l.missing && (several == nil || several.Kind == yaml.MappingNode) {
			l.dec.Report(l.file.Range(0, 0), "FR202", "the pipeline has no source", "begin with one, as in `source: {range: {from: 1, to: 10}}`"+without(root))
		}
		l.missing = true
	}
	l.steps(child(root, "steps"), "begin each step by `- `, or leave `steps` out")
	for key, x := range pairs(root) {
		switch key.Value {
		case "sink":
			l.draft(x, "sink", nil)
		case "sinks":
			l.named(l.section(root, "sinks"), "sink")
		}
	}
	l.ids()
}

// steps makes a draft of every step of a list.
func (l *loader) steps(n *yaml.Node, help string) {
	if n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		l.unsure = true
		l.dec.At(n, "FR203", fmt.Sprintf("`steps` is a list, and this is %s", diag.KindName(n)), help)
		return
	}
	for _, x := range n.Content {
		l.draft(x, "step", nil)
	}
}

func (l *loader) named(n *yaml.Node, place string) {
	l.unsure = l.unsure || n == nil
	for key, x := range pairs(n) {
		if l.strayed(key, x, place+"s") {
			l.unsure = true
			continue
		}
		l.draft(x, place, key)
	}
}

// draft makes a draft of a node; name is its key under sources or sinks, nil for an anonymous one.
func (l *loader) draft(n *yaml.Node, place string, name *yaml.Node) {
	d := &draft{place: place, at: n, mapping: n, anonymous: name == nil, node: l.node(n), in: l}
	l.drafts = append(l.drafts, d)
	before := len(*l.diags)
	defer func() { d.sound = len(*l.diags) == before }()
	if name != nil {
		d.at = name
		l.name(name, place)
		d.node.ID = name.Value
	}
	if n.Kind != yaml.MappingNode {
		d.broken = true
		l.noMapping(n, place)
		return
	}
	component, options, common := l.split(n, place)
	if component == nil {
		d.broken = true
		l.commonKeys(d, common)
		return
	}
	d.key, d.options = component, options
	d.node.Pos = l.pos(component)
	d.node.Component = l.settings.Registry.Lookup(place, component.Value)
	d.node.Label = label(options)
	if name == nil {
		d.at = component
	}
	d.noErrors = d.node.Component.Kind() == flow.KindJoin && !d.node.Component.Traits.Beside || d.node.Component.Traits.Buffer
	l.options(d, options)
	l.commonKeys(d, common)
	if d.node.Component.Traits.Use {
		l.fragment(d)
	}
}

// node makes a node that stands in the loader's file.
func (l *loader) node(n *yaml.Node) *graph.Node {
	return &graph.Node{Pos: l.pos(n), File: l.file.Name, Dir: l.plan.Dir, Used: l.dec.Used}
}

var unspaced = lazy.Regexp(`^(\w+):(\S.*)$`)

// noMapping reports a node that is no mapping.
func (l *loader) noMapping(n *yaml.Node, place string) {
	help, suggest := fmt.Sprintf("write it as `%s: …`", l.componentNames(place)[0]), ""
	m := unspaced().FindStringSubmatch(n.Value)
	switch {
	case n.Kind == yaml.SequenceNode && place != "step":
		help = fmt.Sprintf("name several under `%ss`, as in `%ss: {a: …, b: …}`", place, place)
	case n.Kind == yaml.ScalarNode && l.placeOf(n.Value, place) != "":
		help = fmt.Sprintf("write it as `%s: {}`, with its options", n.Value)
	case m != nil && l.placeOf(m[1], place) != "":
		suggest = m[1] + ": " + m[2]
		help = fmt.Sprintf("a space is missing after the colon: write `%s`", suggest)
	}
	l.report(n, "FR203", fmt.Sprintf("a %s is a mapping of a component to its options, and this is %s", place, diag.KindName(n)), help, suggest)
}

// options decodes the options of the node's component.
func (l *loader) options(d *draft, n *yaml.Node) {
	c := d.node.Component
	if c.Traits.Buffer && n.Kind == yaml.ScalarNode && n.Value == "auto" {
		if d.auto == nil {
			d.auto, d.node.Options = n, &flow.BufferOptions{Overflow: "block"}
		}
		return
	}
	into := reflect.New(c.Maker.Options())
	d.node.Options = into.Interface()
	d.refs = nil
	defer l.fromCommandLine(c, n)()
	defer func(outer config.Decoder) {
		l.dec.Ref, l.dec.Steps, l.dec.Weight, l.dec.Reads, l.dec.Shows = outer.Ref, outer.Steps, outer.Weight, outer.Reads, outer.Shows
	}(*l.dec)
	l.dec.Ref = func(ref flow.Ref, at *yaml.Node) { d.refs = append(d.refs, reference{string(ref), at}) }
	l.dec.Steps = func(n *yaml.Node, o config.Option) any { return l.inner(n, o, d.node) }
	l.dec.Weight, l.dec.Reads = 0, nil
	l.dec.Shows = c.Kind() == flow.KindOp || c.Kind() == flow.KindJoin || c.Kind() == flow.KindSource && !c.Traits.Network
	ok := l.dec.Decode(n, into.Interface(), c.Name)
	d.node.Weight, d.node.Reads, d.wrong = l.dec.Weight, distinct(l.dec.Reads), !ok
	d.given = len(d.refs) > 0 && !c.Traits.Beside || c.Kind() == flow.KindJoin && !c.Traits.Beside
	l.unsure = l.unsure || !ok && c.Kind() == flow.KindJoin
}

// distinct gives names sorted, each once.
func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// ids finds names that stand twice, and gives every node without one the name of its component.
func (l *loader) ids() {
	for _, d := range l.drafts {
		id := d.node.ID
		if id == "" || d.node.Component == graph.Entry {
			continue
		}
		if first := l.byID[id]; first != nil {
			l.unsure = true
			l.dec.At(d.at, "FR304", fmt.Sprintf("`%s` names this %s and, on line %d, a %s", id, d.place, l.pos(first.at).Line, first.place), "give one of them another name")
			continue
		}
		l.byID[id] = d
	}
	last := map[string]int{}
	for _, d := range l.drafts {
		l.number(d, last)
	}
}

// number gives a node without an id the name of its component, numbered where there is such a node already. Last is the
// number of the last one of each name.
func (l *loader) number(d *draft, last map[string]int) {
	name := d.place
	if d.node.Component != nil {
		name = d.node.Component.Name
	}
	if d.fragment != nil {
		name = d.fragment.title()
	}
	for d.node.ID == "" {
		id := name
		if last[name]++; last[name] > 1 {
			id = fmt.Sprintf("%s_%d", name, last[name])
		}
		if l.byID[id] == nil {
			d.node.ID, l.byID[id] = id, d
		}
	}
}

// ofPlace gives the drafts that stand at a place, in order.
func (l *loader) ofPlace(place string) []*draft {
	return slices.DeleteFunc(slices.Clone(l.drafts), func(d *draft) bool { return d.place != place })
}
