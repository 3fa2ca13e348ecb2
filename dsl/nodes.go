package dsl

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// draft is a node that is not connected yet.
type draft struct {
	node     *graph.Node
	place    string     // source, step, sink
	at       *yaml.Node // where messages about the node point
	explicit bool       // the file gives its id
	named    bool       // it stands under sources or sinks
	refs     []reference
	from     []reference
	to       *reference
	read     bool // something reads its output
	targeted bool // some on_error: to names it
}

// reference is the name of a node, as it stands in the file.
type reference struct {
	name string
	at   *yaml.Node
}

// nodes makes a draft of every source, step and sink.
func (l *loader) nodes(root *yaml.Node) {
	l.one(child(root, "source"), "source", nil)
	l.many(l.mappingAt(root, "sources"), "source")
	if n := child(root, "steps"); n != nil {
		if n.Kind != yaml.SequenceNode {
			if n.ShortTag() != "!!null" {
				l.dec.At(n, "FR203", fmt.Sprintf("`steps` is a list, and this is %s", diag.KindName(n)), "begin each step by `- `")
			}
		} else {
			for _, step := range n.Content {
				l.one(step, "step", nil)
			}
		}
	}
	l.one(child(root, "sink"), "sink", nil)
	l.many(l.mappingAt(root, "sinks"), "sink")
	l.ids()
}

func (l *loader) many(n *yaml.Node, place string) {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		l.one(n.Content[i+1], place, n.Content[i])
	}
}

// one makes a draft of a node; key is its name under sources or sinks.
func (l *loader) one(n *yaml.Node, place string, key *yaml.Node) {
	if n == nil {
		return
	}
	if n.Kind != yaml.MappingNode {
		help := fmt.Sprintf("write it as `%s: {…}`", cmp.Or(n.Value, map[string]string{"source": "stdin", "step": "map", "sink": "stdout"}[place]))
		l.dec.At(n, "FR206", fmt.Sprintf("a %s is a mapping with a component's name in it, and this is %s", place, diag.KindName(n)), help)
		return
	}
	component, keys, common := l.split(n, place)
	d := &draft{place: place, at: n, node: &graph.Node{Pos: l.pos(n)}}
	if component == nil {
		return
	}
	d.at = component
	d.node.Pos = l.pos(component)
	d.node.Component = l.settings.Registry.Lookup(place, component.Value)
	d.node.Label = label(child(n, component.Value))
	options := reflect.New(d.node.Component.Maker.Options())
	l.refs = nil
	l.dec.Ref = func(ref flow.Ref, at *yaml.Node) { l.refs = append(l.refs, reference{string(ref), at}) }
	l.dec.Decode(child(n, component.Value), options.Interface(), component.Value)
	d.refs, l.refs = l.refs, nil
	d.node.Options = options.Interface()
	common.Content = keys
	switch place {
	case "source":
		var k sourceKeys
		l.dec.Decode(common, &k, "source")
		d.node.ID = k.ID
		l.onError(d, k.OnError, common)
	case "sink":
		var k sinkKeys
		l.dec.Decode(common, &k, "sink")
		d.node.ID = k.ID
		d.from = l.fromOf(common)
		l.onError(d, k.OnError, common)
	case "step":
		l.stepKeys(d, common)
	}
	if d.explicit = d.node.ID != ""; d.explicit && key == nil {
		l.checkID(child(n, "id"))
	}
	if key != nil {
		d.node.ID, d.explicit, d.named, d.at = key.Value, true, true, key
		l.checkID(key)
	}
	l.drafts = append(l.drafts, d)
}

func (l *loader) checkID(n *yaml.Node) {
	if n != nil && strings.ContainsAny(n.Value, ". \t\n") {
		l.dec.At(n, "FR208", fmt.Sprintf("the id %s has a dot or a space in it", diag.Quote(n.Value)), "an id is one word; a dot names an output of a step")
	}
}

// split finds the component's key among the keys of a node, and gives the others.
func (l *loader) split(n *yaml.Node, place string) (component *yaml.Node, keys []*yaml.Node, common *yaml.Node) {
	common = &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column}
	all := map[string]reflect.Type{"source": typeOf[sourceKeys](), "step": typeOf[stepKeys](), "sink": typeOf[sinkKeys]()}
	var commonNames, everyKey []string
	for _, o := range config.Options(all[place]) {
		commonNames = append(commonNames, o.Name)
	}
	for _, o := range config.Options(all["step"]) {
		everyKey = append(everyKey, o.Name)
	}
	var components []string
	for _, c := range l.settings.Registry.All() {
		if c.Kind().Place() == place {
			components = append(components, c.Name)
		}
	}
	var wrong bool
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, x := n.Content[i], n.Content[i+1]
		switch {
		case slices.Contains(components, key.Value):
			if component != nil {
				l.dec.At(key, "FR205", fmt.Sprintf("a %s is one component, and this is `%s` and `%s`", place, component.Value, key.Value), "make it two: each its own")
				wrong = true
				continue
			}
			component = key
		case slices.Contains(commonNames, key.Value):
			keys = append(keys, key, x)
		case place != "step" && slices.Contains(everyKey, key.Value):
			l.dec.At(key, "FR207", fmt.Sprintf("`%s` is for steps, and this is a %s", key.Value, place), "put it on a step")
		case slices.Contains(later["step"], key.Value):
			l.dec.At(key, "FR207", fmt.Sprintf("`%s` cannot be used here", key.Value), notYet)
		default:
			wrong = l.unknownComponent(key, x, place, components, commonNames) || wrong
		}
	}
	if component == nil && !wrong {
		l.dec.At(n, "FR206", fmt.Sprintf("this %s names no component", place), "it is one of "+strings.Join(components, ", "))
	}
	return component, keys, common
}

func (l *loader) unknownComponent(key, x *yaml.Node, place string, components, common []string) bool {
	if slices.Contains(later["component"], key.Value) {
		l.dec.At(key, "FR206", fmt.Sprintf("the %s `%s` cannot be used here", place, key.Value), notYet)
		return true
	}
	for _, other := range []string{"source", "step", "sink"} {
		if other != place && l.settings.Registry.Lookup(other, key.Value) != nil {
			l.dec.At(key, "FR206", fmt.Sprintf("`%s` is a %s, and this is a %s", key.Value, other, place), fmt.Sprintf("put it under `%s`", map[string]string{"source": "source", "step": "steps", "sink": "sink"}[other]))
			return true
		}
	}
	near := diag.Nearest(key.Value, append(append([]string(nil), components...), common...))
	help := "it is one of " + strings.Join(components, ", ")
	if near != "" {
		help = fmt.Sprintf("did you mean `%s`?", near)
	}
	l.dec.At(key, "FR206", fmt.Sprintf("there is no %s `%s`", place, key.Value), help)
	l.diags[len(l.diags)-1].Suggest = near
	return true
}

// ids gives every node without an id the name of its component, numbered where it comes again.
func (l *loader) ids() {
	for _, d := range l.drafts {
		if !d.explicit {
			continue
		}
		if first := l.byID[d.node.ID]; first != nil {
			l.dec.At(d.at, "FR304", fmt.Sprintf("`%s` is the id of two nodes, first on line %d", d.node.ID, first.at.Line), "give one of them another id")
			continue
		}
		l.byID[d.node.ID] = d
	}
	for _, d := range l.drafts {
		for n := 1; !d.explicit; n++ {
			id := d.node.Component.Name
			if n > 1 {
				id = fmt.Sprintf("%s_%d", id, n)
			}
			if l.byID[id] == nil {
				d.node.ID = id
				l.byID[id] = d
				break
			}
		}
	}
}

// fromOf gives the references under `from`.
func (l *loader) fromOf(common *yaml.Node) (out []reference) {
	n := child(common, "from")
	if n == nil {
		return nil
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	for _, item := range items {
		if item.Kind == yaml.ScalarNode {
			out = append(out, reference{item.Value, item})
		}
	}
	return out
}

// label gives options on one line, as written, cut at 60 characters.
func label(n *yaml.Node) string {
	s := oneLine(n)
	if utf8.RuneCountInString(s) > 60 {
		s = string([]rune(s)[:59]) + "…"
	}
	return s
}

func oneLine(n *yaml.Node) string {
	var parts []string
	switch {
	case n == nil || n.ShortTag() == "!!null":
		return ""
	case n.Kind == yaml.ScalarNode:
		return strings.Join(strings.Fields(n.Value), " ")
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			parts = append(parts, oneLine(c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		parts = append(parts, n.Content[i].Value+": "+oneLine(n.Content[i+1]))
	}
	return strings.Join(parts, ", ")
}
