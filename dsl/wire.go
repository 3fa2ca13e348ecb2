package dsl

import (
	"fmt"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// wire connects the drafts, checks the connections, and completes the plan.
func (l *loader) wire() {
	var sources, steps, sinks []*draft
	for _, d := range l.drafts {
		switch d.place {
		case "source":
			sources = append(sources, d)
		case "step":
			steps = append(steps, d)
		case "sink":
			sinks = append(sinks, d)
		}
	}
	broken := l.diags.HasErrors() // a node that was left out would make others look unconnected
	if len(sources) == 0 && !broken {
		l.dec.Report(l.dec.File.Range(0, 0), "FR309", "the pipeline has no source", "begin with one, as in `source: {range: {from: 1, to: 10}}`")
		return
	}
	above := first(sources)
	for _, d := range steps {
		l.inputs(d, above, broken)
		above = d
	}
	var last *draft
	if len(steps) > 0 {
		last = steps[len(steps)-1]
	} else {
		last = above
	}
	for _, d := range l.drafts {
		if d.to != nil {
			if target := l.resolve(*d.to); target != nil {
				l.target(d, target)
			}
		}
	}
	for _, d := range sinks {
		switch {
		case len(d.from) > 0 || len(d.refs) > 0:
			l.inputs(d, nil, broken)
		case !d.named:
			l.inputs(d, last, broken)
		case !d.targeted && !broken:
			l.dec.At(d.at, "FR305", fmt.Sprintf("nothing feeds the sink `%s`", d.node.ID), "add `from: STEP` to it, or name it by a step's `on_error: {to: …}`")
		}
	}
	if last != nil && !last.read && !broken {
		l.standardOutput(last)
	}
	if broken {
		return
	}
	for _, d := range l.drafts {
		if !d.read && d.place != "sink" {
			l.dec.At(d.at, "FR305", fmt.Sprintf("nobody reads the output of `%s`", d.node.ID), fmt.Sprintf("read it by `from: %s`, or leave it out", d.node.ID))
		}
	}
	l.cycles()
	l.exclusive()
	for _, d := range l.drafts {
		l.plan.Nodes = append(l.plan.Nodes, d.node)
	}
}

// first gives the source that the first step reads: the one without a name, or the only one.
func first(sources []*draft) *draft {
	for _, d := range sources {
		if !d.named {
			return d
		}
	}
	if len(sources) == 1 {
		return sources[0]
	}
	return nil
}

// inputs connects a node to what it names, else to the node above.
func (l *loader) inputs(d, above *draft, broken bool) {
	named, isJoin := d.from, d.node.Component.Kind() == flow.KindJoin
	if isJoin {
		named = append(named, d.refs...)
	}
	for i, ref := range named {
		if from := l.resolve(ref); from != nil {
			if from.place == "sink" {
				l.dec.At(ref.at, "FR301", fmt.Sprintf("`%s` is a sink, and gives nothing to read", ref.name), "name a step or a source")
				continue
			}
			port := 0
			if isJoin {
				port = i
			}
			d.node.In = append(d.node.In, graph.Input{From: from.node, Port: port})
			from.read = true
		}
	}
	switch {
	case len(named) > 0:
	case above != nil:
		d.node.In = append(d.node.In, graph.Input{From: above.node})
		above.read = true
	case !broken:
		l.dec.At(d.at, "FR309", fmt.Sprintf("`%s` has nothing to read", d.node.ID), "add `from: SOURCE`, as there are several sources")
	}
}

// resolve finds the node that a reference names, and reports a name that there is not.
func (l *loader) resolve(ref reference) *draft {
	if d := l.byID[ref.name]; d != nil {
		return d
	}
	var names []string
	for _, d := range l.drafts {
		names = append(names, d.node.ID)
	}
	if id, output, ok := strings.Cut(ref.name, "."); ok && l.byID[id] != nil {
		l.dec.At(ref.at, "FR301", fmt.Sprintf("`%s` has no output `%s`", id, output), fmt.Sprintf("read `%s`", id))
		return nil
	}
	help := "there are " + strings.Join(names, ", ")
	near := diag.Nearest(ref.name, names)
	if near != "" {
		help = fmt.Sprintf("did you mean `%s`?", near)
	}
	l.dec.At(ref.at, "FR301", fmt.Sprintf("there is no step, source or sink `%s`", ref.name), help)
	l.diags[len(l.diags)-1].Suggest = near
	return nil
}

// target connects the failures of a node to the sink or step that its on_error names.
func (l *loader) target(d, target *draft) {
	switch {
	case target.place == "source":
		l.dec.At(d.to.at, "FR301", fmt.Sprintf("`%s` is a source, and takes no items", d.to.name), "name a sink or a step")
	case target == d:
		l.dec.At(d.to.at, "FR306", "the failures of a step cannot go to itself", "name a sink, or a later step")
	case target.node.Component.Kind() == flow.KindJoin:
		l.dec.At(d.to.at, "FR301", fmt.Sprintf("`%s` names what it reads itself", d.to.name), "name a sink, or a step with one input")
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
	l.dec.Decode(&yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}, options.Interface(), "stdout")
	id := "stdout"
	for n := 2; l.byID[id] != nil; n++ {
		id = fmt.Sprintf("stdout_%d", n)
	}
	d := &draft{place: "sink", at: last.at, node: &graph.Node{ID: id, Component: c, Options: options.Interface(), Pos: last.node.Pos}}
	d.node.In = []graph.Input{{From: last.node}}
	last.read = true
	l.drafts = append(l.drafts, d)
}

// cycles reports nodes that read, in the end, their own output.
func (l *loader) cycles() {
	const visiting, done = 1, 2
	state := map[*graph.Node]int{}
	byNode := map[*graph.Node]*draft{}
	for _, d := range l.drafts {
		byNode[d.node] = d
	}
	var path []string
	var visit func(n *graph.Node)
	visit = func(n *graph.Node) {
		path = append(path, n.ID)
		defer func() { path = path[:len(path)-1] }()
		switch state[n] {
		case done:
			return
		case visiting:
			start := 0
			for path[start] != n.ID {
				start++
			}
			var names []string
			for i := len(path) - 1; i >= start; i-- {
				names = append(names, path[i])
			}
			l.dec.At(byNode[n].at, "FR306", "the items go in a circle: "+strings.Join(names, " → "), "read another step in one of them")
			return
		}
		state[n] = visiting
		for _, in := range n.In {
			visit(in.From)
		}
		state[n] = done
	}
	for _, d := range l.drafts {
		visit(d.node)
	}
}

// exclusive reports two nodes that need the same thing for themselves, such as a file to write.
func (l *loader) exclusive() {
	owner := map[string]*draft{}
	for _, d := range l.drafts {
		x, ok := d.node.Options.(flow.Exclusive)
		if !ok || x.Exclusive() == "" {
			continue
		}
		key := d.place + " " + x.Exclusive()
		if other := owner[key]; other != nil {
			l.dec.At(d.at, "FR208", fmt.Sprintf("`%s` and `%s` both use %s", other.node.ID, d.node.ID, x.Exclusive()), "use one of them, and let the steps share it by `from`")
			continue
		}
		owner[key] = d
	}
}
