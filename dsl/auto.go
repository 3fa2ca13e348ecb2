package dsl

import (
	"fmt"
	"math"
	"slices"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// autos sizes the buffers that leave their size to the hints of what reads them: what comes at the peak in twice the
// time that a call takes.
func (l *loader) autos() {
	for _, d := range l.drafts {
		if d.auto == nil {
			continue
		}
		size, reader := 0, ""
		for _, other := range l.drafts {
			if !slices.Contains(other.node.In, graph.Input{From: d.node}) {
				continue
			}
			reader = other.node.ID
			if h := other.node.Hints; h.Rate.Count > 0 && h.Latency > 0 {
				size = max(size, int(math.Ceil(2*h.Rate.Count*float64(h.Latency)/float64(h.Rate.Per))))
			}
		}
		d.node.Options.(*flow.BufferOptions).Size = max(size, 1)
		if size == 0 && reader != "" && !l.unsure {
			l.dec.At(d.auto, "FR208", fmt.Sprintf("`auto` takes the size from the hints of the step that reads the buffer, and `%s` has none", reader), "write `hints: {rate: 100/s, latency: 200ms}` on that step, or a size here")
		}
	}
}
