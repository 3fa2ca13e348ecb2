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
func autos(all []*draft) {
	for _, d := range all {
		if d.auto == nil {
			continue
		}
		size, reader, at := 0, "", d.auto
		for _, other := range all {
			if !slices.Contains(other.node.In, graph.Input{From: d.node}) {
				continue
			}
			reader = other.node.ID
			if h := other.node.Hints; h.Rate.Count > 0 && h.Latency > 0 {
				size = max(size, int(math.Ceil(2*h.Rate.Count*float64(h.Latency)/float64(h.Rate.Per))))
			}
		}
		d.node.Options.(*flow.BufferOptions).Size = max(size, 1)
		if reader != "" { // within a file that another one uses, it may not be known yet
			d.auto = nil
		}
		if size == 0 && reader != "" && !d.in.unsure {
			d.in.dec.At(at, "FR208", fmt.Sprintf("`auto` takes the size from the hints of the step that reads the buffer, and `%s` has none", reader), "write `hints: {rate: 100/s, latency: 200ms}` on that step, or a size here")
		}
	}
}
