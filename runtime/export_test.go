package runtime

import (
	"fmt"

	"github.com/flowrun/flowrun/flow"
)

// Leaks gives what is still held after the end of a run: permits, goroutines, calls, items of blocks that were worked on.
func Leaks(r *Run) []string {
	out := leaks(r)
	held := func(of string, items []flow.Item) {
		for _, it := range items[:cap(items)] {
			if !it.Value.IsNull() {
				out = append(out, fmt.Sprintf("%s holds %s", of, it.Value.Text()))
			}
		}
	}
	for _, s := range r.stages {
		if s.split == nil {
			continue
		}
		for _, w := range s.split.idle {
			held("a gathering of "+s.spec.Name(), w.st.bulk)
			for _, leg := range w.legs {
				for _, l := range leg {
					held(l.node.ID, l.out)
				}
			}
		}
	}
	return out
}

// Built says what a run has made of its plan: the stages, each with the components that work in it, and the channels that
// it reads.
func Built(r *Run) (out []string) {
	for _, s := range r.stages {
		line, seen := "", map[*head]bool{}
		name := func(h *head) {
			if h != nil && !seen[h] && r.heads[h.node] == h {
				line, seen[h] = line+h.node.ID+" ", true
			}
		}
		name(s.head)
		for _, l := range s.links {
			name(l.head)
		}
		for _, e := range s.in {
			line += fmt.Sprintf("<- %s → %s %d ", e.giver, e.to.spec.Name(), e.capacity)
		}
		if s.calls != nil {
			line += fmt.Sprintf("window %d ", s.calls.window)
		}
		if s.split != nil {
			line += fmt.Sprintf("blocks %d ", s.split.window)
		}
		if s.split != nil {
			for _, by := range s.split.kept {
				line += fmt.Sprintf("%s in %d shards ", by.link.node.ID, max(len(by.shards), 1))
			}
		}
		if s.split != nil && s.split.sink != nil {
			line += "encodes "
		}
		out = append(out, line)
	}
	return out
}
