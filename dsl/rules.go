package dsl

import (
	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/dsl/lint"
)

// lint reports what the rules find, but for what the file says is to be ignored.
func (l *loader) lint(root *yaml.Node) {
	drafts := map[*graph.Node]*draft{}
	s := lint.Subject{Plan: l.plan, Outer: map[*graph.Node]*graph.Node{}, Right: !l.diags.HasErrors(), Limited: l.settings.Limited}
	l.sound(&s, drafts, nil)
	s.Place = func(n *graph.Node, path ...string) (lint.Place, bool) {
		if n == nil {
			return l.place(root, nil, path)
		}
		d := drafts[n]
		if len(path) > 0 && path[0] == "" { // of the node itself, not of the defaults
			return d.in.place(d.mapping, d.at, path[1:])
		}
		p, ok := d.in.place(d.mapping, d.at, path)
		if !ok && len(path) > 0 {
			for _, s := range d.in.standards {
				if standard, ok := s.in.place(s.at, s.at, path); ok {
					return standard, true
				}
			}
		}
		return p, ok
	}
	*l.diags = append(*l.diags, l.ignore(root, lint.Check(s))...)
}

// sound gathers the nodes in which nothing is wrong, those of steps within steps included.
func (l *loader) sound(s *lint.Subject, drafts map[*graph.Node]*draft, outer *graph.Node) {
	for _, d := range l.drafts {
		if d.fragment != nil {
			d.fragment.sound(s, drafts, outer)
			continue
		}
		if d.mapping == nil || !d.sound {
			continue
		}
		s.Nodes = append(s.Nodes, d.node)
		drafts[d.node] = d
		if outer != nil {
			s.Outer[d.node] = outer
		}
	}
	for _, in := range l.inners {
		in.sound(s, drafts, in.step)
	}
}

// place gives the place of a key below a mapping, or the nearest above it that there is, and whether it stands there. An
// option that stands alone in its short form is the first of the names below.
func (l *loader) place(n, otherwise *yaml.Node, path []string) (lint.Place, bool) {
	at := otherwise
	for i, key := range path {
		var next *yaml.Node
		switch {
		case n.Kind == yaml.MappingNode:
			next = child(n, key)
		case n.Kind == yaml.SequenceNode:
			for _, x := range n.Content {
				if x.Value == key || child(x, "use") != nil && child(x, "use").Value == key {
					next = x
				}
			}
		case i > 0 && shortOf[path[i-1]] == key:
			return l.where(n), true
		case i > 0 && path[i-1] == "limits" && n.Value == key:
			next = n
		}
		if next == nil {
			return l.where(at), false
		}
		n, at = next, next
	}
	return l.where(at), len(path) > 0
}

func (l *loader) where(n *yaml.Node) lint.Place {
	p := lint.Place{Place: diag.Place{File: l.file.Name, Range: l.file.Range(0, 0)}, Used: l.dec.Used}
	if n != nil {
		p.Range = l.file.Node(n)
	}
	return p
}

// shortOf are the options that may stand alone in place of the mapping of a common key.
var shortOf = map[string]string{"timeout": "attempt", "retry": "max_attempts", "concurrency": "max", "hedge": "delay", "on_error": "action"}
