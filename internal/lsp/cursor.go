package lsp

import (
	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
)

// frame is a mapping of the file, and what may stand in it.
type frame struct {
	part    *dsl.Part // nil outside of sources, steps and sinks
	whole   bool      // the mapping is the part: a component may stand in it
	with    bool      // the mapping gives values to the params of a file that the part uses
	options []config.Option
	section string     // limits, retries, …: names are declared in it
	node    *yaml.Node // the mapping; of a key without a value, that key
	empty   bool       // nothing stands in it yet
}

// spot is what stands at a place: a key, or a scalar that is a key's value.
type spot struct {
	frame  *frame
	key    *yaml.Node     // under the cursor, or whose value is
	value  *yaml.Node     // nil on a key
	option *config.Option // what the key is; nil for a component's and an unknown one
}

// tree is the frames and scalars of a file.
type tree struct {
	in     *dsl.Inspection
	parts  map[*yaml.Node]*dsl.Part // by the whole of each
	frames []*frame
	spots  []spot
}

func treeOf(in *dsl.Inspection) *tree {
	t := &tree{in: in, parts: map[*yaml.Node]*dsl.Part{}}
	for _, p := range in.Parts {
		t.parts[p.Node] = p
	}
	if in.Root != nil {
		t.top(in.Root)
	}
	return t
}

// top walks the whole file.
func (t *tree) top(root *yaml.Node) {
	f := &frame{options: dsl.TopKeys(), node: root}
	t.frames = append(t.frames, f)
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, x := root.Content[i], root.Content[i+1]
		t.spots = append(t.spots, spot{frame: f, key: key, option: find(f.options, key.Value)})
		switch key.Value {
		case "source", "sink":
			t.part(x)
		case "steps":
			for _, item := range x.Content {
				t.part(item)
			}
		case "sources", "sinks":
			for j := 1; j < len(x.Content); j += 2 {
				t.part(x.Content[j])
			}
		case "params", "limits", "retries", "breakers", "budgets":
			for j := 1; j < len(x.Content); j += 2 {
				t.options(x.Content[j], &frame{section: key.Value, options: dsl.SectionKeys(key.Value)}, nil)
			}
		case "defaults":
			t.options(x, &frame{options: dsl.Keys("step")}, nil)
		default:
			t.scalar(f, key, x, find(f.options, key.Value))
		}
	}
}

// part walks a source, a step or a sink.
func (t *tree) part(n *yaml.Node) {
	p := t.parts[n]
	if p == nil || n.Kind != yaml.MappingNode {
		return
	}
	f := &frame{part: p, whole: true, options: dsl.Keys(p.Place), node: n}
	t.frames = append(t.frames, f)
	for j := 0; j+1 < len(n.Content); j += 2 {
		key, x := n.Content[j], n.Content[j+1]
		if key != p.Key {
			t.pair(f, key, x)
			continue
		}
		t.spots = append(t.spots, spot{frame: f, key: key})
		t.options(x, &frame{part: p, options: config.Options(p.Component.Maker.Options())}, key)
	}
}

// options walks what stands under a key: a mapping of options, a list of such, or the one that may stand alone.
func (t *tree) options(x *yaml.Node, f *frame, key *yaml.Node) {
	switch {
	case x.Kind == yaml.MappingNode && !free(f.options):
		f.node = x
		t.frames = append(t.frames, f)
		for i := 0; i+1 < len(x.Content); i += 2 {
			t.pair(f, x.Content[i], x.Content[i+1])
		}
	case x.Kind == yaml.ScalarNode && x.ShortTag() == "!!null" && key != nil && len(f.options) > 0:
		f.node, f.empty = key, true
		t.frames = append(t.frames, f)
	default:
		var short *config.Option
		for i := range f.options {
			if f.options[i].Short {
				short = &f.options[i]
			}
		}
		t.leaves(f, key, x, short)
	}
}

// free reports whether the only option takes any mapping itself.
func free(options []config.Option) bool {
	return len(options) == 1 && options[0].Short && options[0].Fields == nil
}

func (t *tree) pair(f *frame, key, x *yaml.Node) {
	o := find(f.options, key.Value)
	t.spots = append(t.spots, spot{frame: f, key: key, option: o})
	if o == nil {
		return
	}
	if f.part != nil && f.part.Uses != nil && key.Value == "with" && !f.whole && !f.with {
		t.options(x, &frame{part: f.part, with: true, options: params(f.part.Uses)}, key)
		return
	}
	if o.Fields != nil {
		items := []*yaml.Node{x}
		if x.Kind == yaml.SequenceNode {
			items = x.Content
		}
		for _, item := range items {
			t.options(item, &frame{part: f.part, section: f.section, options: o.Fields}, key)
		}
		return
	}
	t.leaves(f, key, x, o)
}

// leaves notes the scalars under a key, however deep, and the steps among them.
func (t *tree) leaves(f *frame, key, x *yaml.Node, o *config.Option) {
	if t.parts[x] != nil {
		t.part(x)
		return
	}
	for i, c := range x.Content {
		if x.Kind != yaml.MappingNode || i%2 == 1 {
			t.leaves(f, key, c, o)
		}
	}
	t.scalar(f, key, x, o)
}

func (t *tree) scalar(f *frame, key, x *yaml.Node, o *config.Option) {
	if x.Kind == yaml.ScalarNode {
		t.spots = append(t.spots, spot{frame: f, key: key, value: x, option: o})
	}
}

func find(options []config.Option, name string) *config.Option {
	for i := range options {
		if options[i].Name == name {
			return &options[i]
		}
	}
	return nil
}

// at gives what stands at a place: the smallest that does; nil where nothing does.
func (t *tree) at(offset int) *spot {
	var best *spot
	size := 0
	for i := range t.spots {
		n := t.spots[i].key
		if t.spots[i].value != nil {
			n = t.spots[i].value
		}
		r := t.in.File.Node(n)
		if r.Start.Offset <= offset && offset <= r.End.Offset && (best == nil || r.End.Offset-r.Start.Offset < size) {
			best, size = &t.spots[i], r.End.Offset-r.Start.Offset
		}
	}
	return best
}

// extent gives the text from the beginning of a node to the end of the last thing in it.
func extent(f *diag.File, n *yaml.Node) diag.Range {
	r := f.Node(n)
	for _, c := range n.Content {
		if e := extent(f, c); e.End.Offset > r.End.Offset {
			r.End = e.End
		}
	}
	return r
}

// frameFor gives the mapping that a key at a line and a column, both from 1, would stand in; nil if there is none.
func (t *tree) frameFor(line, column int) *frame {
	var best *frame
	last := 0
	for _, f := range t.frames {
		if f.empty {
			if p := t.in.File.Node(f.node).Start; p.Line < line && p.Column < column && p.Line >= last && t.blank(p.Line+1, line) {
				best, last = f, p.Line
			}
			continue
		}
		for i := 0; i < len(f.node.Content); i += 2 {
			p := t.in.File.Node(f.node.Content[i]).Start
			if p.Column == column && p.Line < line && p.Line > last {
				best, last = f, p.Line
			}
		}
	}
	return best
}

// flowFrame gives the smallest mapping in braces that a place is in; nil if it is in none.
func (t *tree) flowFrame(offset int) (best *frame) {
	size := 0
	for _, f := range t.frames {
		if f.empty || f.node.Style&yaml.FlowStyle == 0 {
			continue
		}
		r := t.in.File.Node(f.node)
		if n := r.End.Offset - r.Start.Offset; r.Start.Offset < offset && offset < r.End.Offset && (best == nil || n < size) {
			best, size = f, n
		}
	}
	return best
}

// blank reports whether no text stands on the lines from one up to another.
func (t *tree) blank(from, to int) bool {
	for ; from < to; from++ {
		for _, c := range t.in.File.Line(from) {
			if c != ' ' {
				return false
			}
		}
	}
	return true
}
