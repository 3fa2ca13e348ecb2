package dsl

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// wire connects the drafts and checks the connections.
//
// A node reads what it names. Else a step or sink that failed items are sent to reads only these; a step reads the node
// above it; and the anonymous sink reads the last step.
func (l *loader) wire() {
	sources, steps, sinks := l.ofPlace("source"), l.ofPlace("step"), l.ofPlace("sink")
	for _, d := range l.drafts {
		l.unsure = l.unsure || d.broken
		if d.to != nil {
			l.route(d, *d.to)
		}
		l.aim(d.standard)
	}
	l.aim(l.fallback)
	above := first(sources)
	for _, d := range steps {
		l.inputs(d, above)
		above = d
	}
	fed := false
	for _, d := range sinks {
		switch {
		case d.given || d.anonymous:
			l.inputs(d, above)
		case !d.targeted && !d.broken && !l.unsure:
			l.dec.At(d.at, "FR305", fmt.Sprintf("nothing feeds the sink `%s`", d.node.ID), "give it a `from`, or name it by a step's `on_error: {to: …}`")
		}
		fed = fed || d.anonymous
	}
	switch {
	case l.use != nil:
		l.end = above
	case l.inside:
		l.exit(above)
	case above != nil && !above.last().read && !fed && !l.unsure && !l.routes(above):
		l.standardOutput(above)
	}
	l.byDefault()
	l.cycles()
	all := l.splice()
	l.unread()
	if l.use == nil {
		l.followed(all)
		l.autos(all)
		exclusive(all)
	}
	l.live()
	for _, d := range all {
		l.plan.Nodes = append(l.plan.Nodes, d.node)
	}
}

// first gives the source that the first step reads: the one without a name, or the only one.
func first(sources []*draft) *draft {
	for _, d := range sources {
		if d.anonymous {
			return d
		}
	}
	if len(sources) == 1 {
		return sources[0]
	}
	return nil
}

// inputs connects a node to what it names, else to the node above.
func (l *loader) inputs(d, above *draft) {
	beside := d.node.Component != nil && d.node.Component.Traits.Beside
	if beside {
		defer func() { l.readNamed(d, d.refs, 1) }()
	}
	switch {
	case len(d.refs) > 0 && !beside:
		l.readNamed(d, d.refs, 0)
	case len(d.from) > 0:
		l.readNamed(d, d.from, -1)
	case d.given:
		if d.node.Component != nil && d.node.Component.Kind() == flow.KindJoin && !l.unsure {
			l.dec.At(d.at, "FR309", fmt.Sprintf("`%s` has nothing to read", d.node.ID), fmt.Sprintf("name what it reads: `%s: [a, b]`", d.node.Component.Name))
			l.unsure = true
		}
	case d.targeted && d.place == "step":
	case above != nil:
		if l.hasMain(above, d.at) {
			d.node.In = append(d.node.In, graph.Input{From: above.last().node})
			above.last().read = true
		}
	case !l.unsure && !l.missing:
		var names []string
		for _, s := range l.ofPlace("source") {
			names = append(names, s.node.ID)
			s.read = true
		}
		l.dec.At(d.at, "FR309", fmt.Sprintf("`%s` has nothing to read, as there are %d sources", d.node.ID, len(names)), fmt.Sprintf("name one of them, or several: `from: [%s]`", strings.Join(names, ", ")))
	}
}

// readNamed connects a node to what its `from`, or its component, names. Port is that of the first, and each has one of
// its own; less than 0: they are merged.
func (l *loader) readNamed(d *draft, refs []reference, port int) {
	seen := map[graph.Input]bool{}
	for _, in := range d.node.In {
		seen[graph.Input{From: in.From, Output: in.Output}] = true
	}
	for _, ref := range refs {
		named, output := l.resolve(ref)
		from := named.last()
		switch {
		case from == nil || output == "" && !l.hasMain(named, ref.at):
			continue
		case from.place == "sink":
			l.unsure = true
			l.dec.At(ref.at, "FR301", fmt.Sprintf("`%s` is a sink, and gives nothing to read", ref.name), "name a step or a source")
			continue
		case seen[graph.Input{From: from.node, Output: output}]:
			l.dec.At(ref.at, "FR208", fmt.Sprintf("`%s` stands here twice, and its items would come twice", ref.name), "name it once")
			continue
		}
		in := graph.Input{From: from.node, Output: output}
		seen[in] = true
		if output == "" {
			from.read = true
		} else {
			from.taken = append(from.taken, output)
		}
		if port >= 0 {
			in.Port = port
			port++
		}
		d.node.In = append(d.node.In, in)
	}
}

// hasMain reports whether a node has an output without a name, and says so if not.
func (l *loader) hasMain(d *draft, at *yaml.Node) bool {
	if !l.routes(d) {
		return true
	}
	l.unsure = true
	help := "name one of them"
	if outputs := d.last().node.Outputs(); len(outputs) > 0 {
		help = fmt.Sprintf("name one of them: `from: %s.%s`", d.node.ID, strings.Join(outputs, fmt.Sprintf("`, `from: %s.", d.node.ID)))
	}
	l.dec.At(at, "FR301", fmt.Sprintf("`%s` has several outputs, and none that is read by its name alone", d.node.ID), help)
	return false
}

// resolve finds the node that a reference names, and which of its outputs, "" for the main one; nil if there is none,
// which is reported.
func (l *loader) resolve(ref reference) (d *draft, output string) {
	*l.references = append(*l.references, Reference{"", ref.name, ref.at, l})
	if d := l.byID[ref.name]; d != nil {
		return d, ""
	}
	if id, output, ok := strings.Cut(ref.name, "."); ok && l.byID[id] != nil {
		if slices.Contains(l.byID[id].last().node.Outputs(), output) {
			return l.byID[id], output
		}
		l.noOutput(ref, l.byID[id], output)
		return nil, ""
	}
	if l.outside(ref) {
		return nil, ""
	}
	var names []string
	for _, d := range l.drafts {
		if d.node.Component != graph.Entry {
			names = append(names, d.node.ID)
		}
	}
	help := "there are " + strings.Join(names, ", ")
	near := diag.Nearest(ref.name, names)
	if near == "" {
		l.unsure = true
	} else {
		help = fmt.Sprintf("did you mean `%s`?", near)
		l.byID[near].last().read, l.byID[near].targeted = true, true
	}
	l.report(ref.at, "FR301", fmt.Sprintf("there is no step, source or sink `%s`", ref.name), help, near)
	return nil, ""
}

// noOutput reports that a node has no output of a name.
func (l *loader) noOutput(ref reference, d *draft, output string) {
	outputs := d.last().node.Outputs()
	near := diag.Nearest(output, outputs)
	help := fmt.Sprintf("read its output by `%s`", d.node.ID)
	switch {
	case output == "error":
		help = fmt.Sprintf("failed items go where the `on_error: {to: …}` of `%s` says", d.node.ID)
	case near != "":
		near = d.node.ID + "." + near
		help = fmt.Sprintf("did you mean `%s`?", near)
	case len(outputs) > 0:
		help = fmt.Sprintf("its outputs: %s.%s", d.node.ID, strings.Join(outputs, ", "+d.node.ID+"."))
	case d.node.Component == nil:
		help = "its component is not known"
	}
	l.unsure = l.unsure || len(outputs) > 0
	d.last().read = true
	l.report(ref.at, "FR301", fmt.Sprintf("`%s` has no output `%s`", d.node.ID, output), help, near)
}

// route sends the failed items of a node to the sink or step that its on_error names.
func (l *loader) route(d *draft, to reference) {
	target, output := l.resolve(to)
	switch {
	case target == nil:
	case output != "":
		l.dec.At(to.at, "FR301", fmt.Sprintf("`%s` is an output, and takes no items", to.name), "name a sink or a step")
	case target.place == "source":
		l.dec.At(to.at, "FR301", fmt.Sprintf("`%s` is a source, and takes no items", to.name), "name a sink or a step")
	case target.node.Component != nil && target.node.Component.Kind() == flow.KindJoin:
		l.dec.At(to.at, "FR208", fmt.Sprintf("`%s` takes what it names itself, and no failed items", to.name), "name a sink, or a step with one input")
	default:
		target.targeted = true
		target.node.In = append(target.node.In, graph.Input{From: d.node, Output: "error"})
	}
}

// standardOutput adds the sink that a pipeline has when it names none.
func (l *loader) standardOutput(last *draft) {
	c := l.settings.Registry.Lookup("sink", "stdout")
	if c == nil {
		return
	}
	options := reflect.New(c.Maker.Options())
	l.dec.Decode(&yaml.Node{Kind: yaml.MappingNode, Line: last.at.Line, Column: last.at.Column}, options.Interface(), "stdout")
	d := &draft{place: "sink", at: last.at, node: l.node(last.at), in: l}
	d.node.Component, d.node.Options, d.node.In = c, options.Interface(), []graph.Input{{From: last.last().node}}
	last.last().read = true
	l.drafts = append(l.drafts, d)
	l.number(d, map[string]int{})
}
