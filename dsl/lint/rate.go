package lint

import (
	"fmt"
	"time"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// lossy reports whether a node leaves items out when what reads it is slow.
func lossy(n *graph.Node) bool {
	o, ok := n.Options.(*flow.BufferOptions)
	return ok && o.Overflow != "block" && o.Overflow != "fail"
}

var rates = []*Rule{{
	ID: "P01", Severity: diag.Warning, Right: true, Title: "asked more often than it answers",
	Doc: "By its hints, what is asked again and again takes longer to answer than the time from one question to the next. The next question waits for the " +
		"answer, so that the period is how long an answer takes, and ticks are missed.",
	Bad:  "source:\n  interval: {every: 1s, count: 60}\nsteps:\n  - http: \"http://localhost/${it.n}\"\n    hints: {latency: 3s}\n",
	Good: "source:\n  interval: {every: 1s, count: 60}\nsteps:\n  - http: \"http://localhost/${it.n}\"\n    concurrency: 4\n    hints: {latency: 3s}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			asks := n // of a call, the source that it reads
			if len(n.In) == 1 {
				asks = n.In[0].From
			}
			o, ok := asks.Options.(flow.Periodic)
			if !ok || running(n) == many {
				continue
			}
			every, takes := o.Period(), n.Hints.Latency/time.Duration(running(n))
			if every > 0 && takes > every {
				help := fmt.Sprintf("write `every: %s` or more", flow.FormatDuration(takes.Round(time.Millisecond)))
				if asks != n {
					help += fmt.Sprintf(", or `concurrency: %d` on `%s`", (n.Hints.Latency+every-1)/every, n.ID)
				}
				p.report(asks, at(asks.Component.Name, "every"), fmt.Sprintf("asked every %s, and an answer takes %s", flow.FormatDuration(every), flow.FormatDuration(n.Hints.Latency)), help)
			}
		}
	},
}, {
	ID: "X02", Severity: diag.Warning, Right: true, Title: "items left out of one side of a zip",
	Doc: "A `zip` by position pairs the first item of each side, then the second. When a full channel on one side leaves an item out, all later pairs are of " +
		"items that do not belong together. A `zip` by lineage leaves the pair out; so does a channel before the point where the sides part.",
	Bad:  "source: {range: {from: 1, to: 9}}\nsteps:\n  - {id: n, map: it}\n  - id: few\n    from: n\n    buffer: {size: 2, overflow: drop_newest}\n  - {id: b, map: it * 10}\n  - zip: {inputs: [n, b]}\n",
	Good: "source: {range: {from: 1, to: 9}}\nsteps:\n  - buffer: {size: 2, overflow: drop_newest}\n  - {id: n, map: it}\n  - {id: b, map: it * 10, from: n}\n  - zip: {inputs: [n, b]}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if l, ok := n.Options.(graph.Lineage); !ok || l.ByLineage() {
				continue
			}
			sides := map[*graph.Node]int{} // by how many of the inputs its items come
			for _, in := range n.In {
				for x := range upstream(in.From, map[*graph.Node]bool{}) {
					sides[x]++
				}
			}
			for _, x := range p.Nodes {
				if k := sides[x]; k > 0 && k < len(n.In) && lossy(x) {
					p.report(x, at(x.Component.Name, "overflow"), fmt.Sprintf("when this leaves an item out, `%s` pairs all later ones with items that they do not belong to", n.ID), "pair them by `align: lineage`, or put this before the sides part")
				}
			}
		}
	},
}}
