package lint

import (
	"fmt"
	"math"
	"time"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// queue gives how many items wait before a node, and whether a buffer step says so.
func queue(p *pass, n *graph.Node) (size int, said bool) {
	if len(n.In) == 1 && n.In[0].From.Component.Traits.Buffer {
		return n.In[0].From.Options.(*flow.BufferOptions).Size, true
	}
	if p.Plan.Buffer != nil {
		return p.Plan.Buffer.Size, false
	}
	return graph.BeforeCall, false
}

// least is how many bytes an item takes at the least while it waits.
const least = 64

var memory = []*Rule{{
	ID: "B01", Severity: diag.Error, Title: "a channel without a bound that means anything",
	Doc: "A channel that may hold more items than the run has memory for is not bounded: a source that is faster than what reads it fills it until the run " +
		"fails. A bound of a few thousand items is enough for any burst; what is more is to wait, or to be left out by an `overflow`.",
	Bad:  "source: {items: [1]}\nsteps:\n  - buffer: 100000000\n  - map: it\n",
	Good: "source: {items: [1]}\nsteps:\n  - buffer: 10000\n  - map: it\n",
	find: func(p *pass) {
		check := func(n *graph.Node, o *flow.BufferOptions, at []string) {
			if most := int64(o.Size); o.Bytes == 0 && most > p.Plan.Memory/least {
				p.report(n, at, fmt.Sprintf("%d items take %s at the least, and the run has %s: memory is the only limit", o.Size, about(most*least), flow.Size(p.Plan.Memory)), "write a size such as 10000, or a bound by `bytes`")
			}
		}
		for _, n := range p.Nodes {
			if o, ok := n.Options.(*flow.BufferOptions); ok {
				check(n, o, at(n.Component.Name, "size"))
			}
		}
		if p.Plan.Buffer != nil {
			check(nil, p.Plan.Buffer, at("defaults", "buffer"))
		}
	},
}, {
	ID: "B02", Severity: diag.Warning, Right: true, Title: "items that may take more memory than there is",
	Doc:  "By its hints the items that wait before a step, and those under way in it, may together be larger than the run's `memory`.",
	Bad:  "memory: 64MiB\nsource: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: 10\n    hints: {item_bytes: 10MiB}\n",
	Good: "memory: 1GiB\nsource: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: 10\n    hints: {item_bytes: 10MiB}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if n.Hints.ItemBytes == 0 || running(n) == many {
				continue
			}
			waiting, _ := queue(p, n)
			items := waiting + max(running(n), n.Concurrency.Window)
			if worst := int64(items) * int64(n.Hints.ItemBytes); worst > p.Plan.Memory {
				p.report(n, at("hints", "item_bytes"), fmt.Sprintf("%d items of %s are %s, and the run has %s", items, n.Hints.ItemBytes, about(worst), flow.Size(p.Plan.Memory)), "raise `memory`, or lower the concurrency or the buffer")
			}
		}
	},
}, {
	ID: "B03", Severity: diag.Warning, Right: true, Title: "replies that may take more memory than there is",
	Doc:  "Each call may read a reply as large as `max_bytes`. Of so many at once, the replies alone may be larger than the run's `memory`.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: {get: \"http://localhost/${it}\", max_bytes: 1GiB}\n    concurrency: 5\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: {get: \"http://localhost/${it}\", max_bytes: 50MiB}\n    concurrency: 5\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			r, ok := n.Options.(flow.Remote)
			if !ok || running(n) == many {
				continue
			}
			if worst := int64(running(n)) * int64(r.Peer().MaxBytes); worst > p.Plan.Memory {
				p.report(n, at(n.Component.Name, "max_bytes"), fmt.Sprintf("the replies of %s alone may need %s, and the run has %s", calls(n), about(worst), flow.Size(p.Plan.Memory)), "lower `max_bytes` or the concurrency, or raise `memory`")
			}
		}
	},
}, {
	ID: "B04", Severity: diag.Warning, Right: true, Title: "a buffer that is smaller than a stall",
	Doc:  "A buffer is to hold what arrives while the step after it is held up. By the hints of that step, this one is full before a single call is done.",
	Bad:  "source: {items: [1]}\nsteps:\n  - buffer: 10\n  - http: \"http://localhost/${it}\"\n    hints: {rate: 200/s, latency: 500ms}\n",
	Good: "source: {items: [1]}\nsteps:\n  - buffer: 200\n  - http: \"http://localhost/${it}\"\n    hints: {rate: 200/s, latency: 500ms}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			size, said := queue(p, n)
			if !said || size == 0 || n.Hints.Latency == 0 || n.Hints.Rate.Count == 0 {
				continue
			}
			perSecond := n.Hints.Rate.Count / n.Hints.Rate.Per.Seconds()
			if need := perSecond * n.Hints.Latency.Seconds(); float64(size) < need {
				absorbed := time.Duration(float64(size) / perSecond * float64(time.Second)).Round(time.Millisecond)
				p.report(n.In[0].From, nil, fmt.Sprintf("this buffer absorbs %s of a stall, and a call takes %s", flow.FormatDuration(absorbed), flow.FormatDuration(n.Hints.Latency)), fmt.Sprintf("write `buffer: %d`, twice the rate by the latency", int(math.Ceil(2*need))))
			}
		}
	},
}}

// about gives a size in a unit that is easy to read.
func about(bytes int64) string {
	for _, u := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= u.size {
			return fmt.Sprintf("%.3g%s", float64(bytes)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%dB", bytes)
}
