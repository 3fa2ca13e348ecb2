package dsl

import (
	"fmt"
	"math"
	"slices"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// autos sizes the buffers that leave that to flowrun: by the hints of what reads them, they hold what comes at the peak in
// twice the time that a call takes; and where branches meet again, they hold what else would bring all to a standstill.
func (l *loader) autos(all []*draft) {
	var open []*draft
	unsure := l.unsure
	for _, d := range all {
		unsure = unsure || d.in.unsure || d.wrong
		if d.auto != nil {
			hinted(d, all)
			open = append(open, d)
		}
	}
	if len(open) == 0 || unsure {
		return
	}
	l.widen(open, all)
	for _, d := range open {
		reader := ""
		for _, other := range all {
			if slices.Contains(other.node.In, graph.Input{From: d.node}) {
				reader = other.node.ID
			}
		}
		switch {
		case d.node.Chosen != "":
			d.node.Label = fmt.Sprintf("auto, %d", d.node.Options.(*flow.BufferOptions).Size)
		case reader != "":
			d.in.dec.At(d.auto, "FR208", fmt.Sprintf("`auto` takes the size from the hints of the step that reads the buffer, and `%s` has none; nor do branches meet here that need a buffer", reader), "write `hints: {rate: 100/s, latency: 200ms}` on that step, or a size here")
		}
	}
}

// hinted sizes a buffer by the hints of the steps that read it, else to one item.
func hinted(d *draft, all []*draft) {
	o := d.node.Options.(*flow.BufferOptions)
	o.Size, d.node.Chosen = 1, ""
	for _, other := range all {
		h := other.node.Hints
		if h.Rate.Count == 0 || h.Latency == 0 || !slices.Contains(other.node.In, graph.Input{From: d.node}) {
			continue
		}
		if size := math.Ceil(2 * h.Rate.Count * float64(h.Latency) / float64(h.Rate.Per)); size >= float64(o.Size) {
			o.Size = int(min(size, math.MaxInt32))
			d.node.Chosen = fmt.Sprintf("what comes to `%s` at %s in twice the %s of a call", other.node.ID, h.Rate, flow.FormatDuration(h.Latency))
		}
	}
}

// widen gives buffers the room that the branches they stand in need, so that these cannot hang. Of several in one branch it
// takes the first.
func (l *loader) widen(open, all []*draft) {
	p := *l.plan
	p.Nodes = nil
	for _, d := range all {
		p.Nodes = append(p.Nodes, d.node)
	}
	for range open { // each of them is wide enough after the first time at the latest
		for _, s := range p.Standstills(-1) {
			for _, d := range open {
				size := s.Widen(d.node)
				if o := d.node.Options.(*flow.BufferOptions); size > int64(o.Size) && size <= math.MaxInt32 {
					o.Size = int(size)
					d.node.Chosen = fmt.Sprintf("else `%s` would stand still: its items wait here while those of %v come", s.Join.ID, s.While)
					break
				}
			}
		}
	}
}
