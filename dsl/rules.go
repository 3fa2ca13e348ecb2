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
	s.Place = func(n *graph.Node, path ...string) (diag.Range, bool) {
		if n == nil {
			return l.place(root, nil, path)
		}
		d := drafts[n]
		if len(path) > 0 && path[0] == "" { // of the node itself, not of the defaults
			return l.place(d.mapping, d.at, path[1:])
		}
		r, ok := l.place(d.mapping, d.at, path)
		if !ok && l.standard != nil && len(path) > 0 {
			if standard, ok := l.place(l.standard, l.standard, path); ok {
				return standard, true
			}
		}
		return r, ok
	}
	found := lint.Check(s)
	for i := range found {
		found[i].File = l.file.Name
	}
	*l.diags = append(*l.diags, l.ignore(root, found)...)
}

// sound gathers the nodes in which nothing is wrong, those of steps within steps included.
func (l *loader) sound(s *lint.Subject, drafts map[*graph.Node]*draft, outer *graph.Node) {
	for _, d := range l.drafts {
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
func (l *loader) place(n, otherwise *yaml.Node, path []string) (diag.Range, bool) {
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
			return l.file.Node(n), true
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

func (l *loader) where(n *yaml.Node) diag.Range {
	if n == nil {
		return l.file.Range(0, 0)
	}
	return l.file.Node(n)
}

// shortOf are the options that may stand alone in place of the mapping of a common key.
var shortOf = map[string]string{"timeout": "attempt", "retry": "max_attempts", "concurrency": "max", "hedge": "delay", "on_error": "action"}
