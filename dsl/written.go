package dsl

import (
	"slices"

	"github.com/flowrun/flowrun/dsl/diag"
)

// policyPaths are the common keys that a node may have of the defaults, or of its component.
var policyPaths = [][]string{
	{"concurrency"}, {"retry"}, {"breaker"}, {"limits"}, {"hedge"}, {"hints"}, {"timeout", "attempt"}, {"timeout", "item"}, {"timeout", "acquire"},
	{"timeout", "connect"}, {"timeout", "header"}, {"timeout", "body"}, {"timeout", "idle"}, {"timeout", "first"},
}

// written notes where the common keys stand that hold for a node: on it, which is the first of the standards, else in the
// nearest of the others. Hedges says that their hedge is for this node, too.
func (l *loader) written(d *draft, all []*standard, hedges bool) {
	d.node.Written = map[string]diag.Place{}
	_, inner := d.node.Nest()
	for _, path := range policyPaths {
		name, of := path[0], all
		if len(path) > 1 {
			name += "." + path[1]
		}
		if path[0] == "hedge" && !hedges || inner != nil && !slices.Contains([]string{"concurrency", "hints"}, path[0]) {
			of = all[:1]
		}
		for _, s := range of {
			if s.at == nil || child(s.at, path[0]) == nil {
				continue
			}
			if p, ok := s.in.place(s.at, s.at, path); ok {
				d.node.Written[name] = p.Place
				break
			}
		}
	}
}
