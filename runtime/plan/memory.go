package plan

import (
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Memory is what a run holds at worst: what is in its channels and under way, and what its steps keep.
type Memory struct {
	Items   Bound    `json:"items"` // in channels and under way
	Bytes   Bound    `json:"bytes"` // of all parts together
	Parts   []Part   `json:"parts"`
	Assumed bool     `json:"assumed,omitempty"` // of some items it is not known how large they are
	Keep    []string `json:"keep,omitempty"`    // steps that keep items, together within the limit
	Limit   int64    `json:"limit"`             // the run's `memory`
}

// Part is what one place holds.
type Part struct {
	Where string `json:"where"`
	Items Bound  `json:"items"`
	Each  int64  `json:"bytes_each"`
	From  string `json:"from"` // how that is known: hints, type, max_bytes, block or assumed
}

// Bytes gives what a part holds.
func (p Part) Bytes() Bound { return p.Items.times(Bound(p.Each)) }

// Batch is how many items are worked on together by one of a stage's workers, at most.
const Batch = 256

// A part of the input that is worked on apart holds so many items of those that came of it, and so many more for each that it has,
// before it waits for its turn to hand them on.
const (
	Ahead       = 4096
	AheadOfEach = 4
)

// Holds gives how many items a stage holds at most, beside those in channels, those that its operators keep, and those in
// blocks of a source's input.
func (s *Stage) Holds() Bound {
	switch {
	case s.Kind == Entry || s.Kind == Exit || s.Kind == Sink: // what a sink writes counts in its channel until it is written
		return 0
	case s.Kind == Call:
		_, window := Width(s.Head)
		return Bound(window)
	case s.Kind == Buffer:
		return Bound(bound(s.Head).Size)
	case s.Workers <= 1:
		return 1 // in hand
	}
	each := 0
	if s.Kind != Source {
		each = Batch
	}
	if slices.ContainsFunc(s.Nodes(), func(n *graph.Node) bool {
		return n.Component.Kind() != flow.KindSource && !n.Component.Traits.Single && !n.Component.Traits.Total
	}) {
		each = Ahead + AheadOfEach*each
	}
	return Bound(s.Blocks() * each)
}

// memory adds up what the run holds.
func (l *Layout) memory() *Memory {
	m := &Memory{Limit: l.Plan.Memory, Parts: l.parts()}
	for _, p := range m.Parts {
		m.Bytes = m.Bytes.plus(p.Bytes())
		if p.From != "block" && p.From != "max_bytes" {
			m.Items = m.Items.plus(p.Items)
		}
		m.Assumed = m.Assumed || p.From == "assumed" && p.Items > 0
	}
	l.Plan.Walk(func(n *graph.Node) {
		if n.Component.Traits.Keeps {
			m.Keep = append(m.Keep, n.ID)
		}
	})
	return m
}

// parts gives what channels and stages hold, those of steps within a step for as many of them as there may be.
func (l *Layout) parts() (out []Part) {
	for _, s := range l.Stages {
		for _, e := range s.In {
			p := sizedPart(e.Items(), s.Nodes()[0])
			p.Items, p.Where = Bound(e.Capacity), fmt.Sprintf("the channel from `%s` to `%s`", e.Giver.ID, s.Name())
			out = append(out, p)
		}
		first := s.Nodes()[0]
		if s.Kind == Source && s.Workers > 1 {
			out = append(out, Part{fmt.Sprintf("blocks of `%s`", s.Name()), Bound(s.Blocks() + 1), flow.BlockSize, "block"}) // one is in hand
		}
		if held := s.Holds(); held > 0 {
			t := first.Takes
			if s.Kind == Source {
				t = first.Gives
			}
			p := sizedPart(t, first)
			p.Items, p.Where = held, fmt.Sprintf("`%s`", s.Name())
			out = append(out, p)
		}
		if r, ok := first.Options.(flow.Remote); ok && s.Kind == Call && r.Peer().MaxBytes > 0 {
			most, _ := Width(first)
			out = append(out, Part{fmt.Sprintf("replies to `%s`", first.ID), Bound(most), int64(r.Peer().MaxBytes), "max_bytes"})
		}
		for _, n := range s.Nodes() {
			inner := l.Inner[n]
			if inner == nil {
				continue
			}
			for _, p := range inner.parts() {
				p.Items = p.Items.times(atOnce(n))
				out = append(out, p)
			}
		}
	}
	return out
}

// sizedPart gives a part with the size of its items, which a node takes.
func sizedPart(t flow.Type, reader *graph.Node) Part {
	const slot, unknown = 48, 1 << 10 // an item itself; what it may hold beside
	switch {
	case reader.Hints.ItemBytes > 0:
		return Part{Each: int64(reader.Hints.ItemBytes), From: "hints"}
	case !t.IsAny() && !t.May(value.String) && !t.May(value.Bytes) && !t.May(value.List) && !t.May(value.Object):
		return Part{Each: slot, From: "type"}
	}
	return Part{Each: unknown, From: "assumed"}
}
