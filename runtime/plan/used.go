package plan

import (
	"slices"

	"github.com/flowrun/flowrun/dsl/graph"
)

// Used is what of a source's items anybody reads, up to where steps make new values of them.
type Used struct {
	Fields []string `json:"fields"`          // such as it.user.id, named by expressions
	Whole  []string `json:"whole,omitempty"` // steps and sinks that take the items whole
}

// used finds what of a source's items is read. What is not is checked to be well formed, and stays text.
func (l *Layout) used(source *graph.Node) *Used {
	u := &Used{Fields: []string{}}
	seen := map[*graph.Node]bool{}
	var follow func(n *graph.Node)
	follow = func(n *graph.Node) {
		for _, reader := range l.Plan.Nodes {
			at := slices.IndexFunc(reader.In, func(in graph.Input) bool { return in.From == n && in.Output != "error" })
			if at < 0 || seen[reader] {
				continue
			}
			seen[reader] = true
			whole := !reader.Component.PassesOn() && !reader.Component.Traits.Fresh
			if reader.In[at].Port > 0 && !reader.Component.PassesOn() { // `it` is what comes by the first
				u.Whole = append(u.Whole, reader.ID)
				continue
			}
			for _, path := range reader.Reads {
				if path == "it" {
					whole = true
				} else {
					u.Fields = append(u.Fields, path)
				}
			}
			if whole {
				u.Whole = append(u.Whole, reader.ID)
			}
			if reader.Component.PassesOn() || reader.When != nil {
				follow(reader)
			}
		}
	}
	follow(source)
	slices.Sort(u.Fields)
	u.Fields = slices.Compact(u.Fields)
	return u
}
