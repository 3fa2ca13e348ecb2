package lint

import (
	"fmt"
	"time"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// start gives when the last of so many attempts begins, where each takes as long as it may.
func start(n *graph.Node, attempts int) time.Duration {
	total := time.Duration(0)
	for k := 1; k < attempts; k++ {
		total += n.Rules.Timeouts.Attempt + n.Rules.Retry.Longest(k)
	}
	return total
}

var timeouts = []*Rule{{
	ID: "T01", Severity: diag.Error, Title: "a call over a network that may take for ever",
	Doc: "A peer that hangs holds a call's place for ever, and soon all of them; nothing fails, and nothing goes on. An attempt over a network has a " +
		"timeout of 30s by default, and `none` takes it away.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    timeout: none\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    timeout: 5m\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if n.Component.Traits.Network && n.Rules.Timeouts.Attempt == 0 {
				p.report(n, at("timeout", "attempt"), "without a timeout of the attempt, a peer that hangs holds a slot for ever", "write `timeout: 30s`, or whatever is long enough")
			}
		}
	},
}, {
	ID: "T02", Severity: diag.Warning, Title: "an item's timeout that leaves no room for the attempts",
	Doc: "The timeout of the item holds for its attempts and the delays between them together. Where these take as long as they may, the last ones " +
		"are never made.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    retry: 5\n    timeout: {attempt: 10s, item: 20s}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    retry: 5\n    timeout: {attempt: 3s, item: 30s}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			t := n.Rules.Timeouts
			if attempts(n) < 2 || t.Attempt == 0 || t.Item <= t.Attempt || !own(p, n, "timeout") && !own(p, n, "retry") {
				continue
			}
			begin := 1
			for begin < attempts(n) && start(n, begin+1) < t.Item {
				begin++
			}
			if begin < attempts(n) {
				p.report(n, at("timeout", "item"), fmt.Sprintf("where each takes its whole %s, only %d of %d attempts begin within %s", flow.FormatDuration(t.Attempt), begin, attempts(n), flow.FormatDuration(t.Item)),
					fmt.Sprintf("give the item more than %s, or the attempt less", flow.FormatDuration(start(n, attempts(n)))))
			}
		}
	},
}, {
	ID: "T03", Severity: diag.Error, Title: "an attempt that may take all of the item's time",
	Doc:  "When an attempt runs into its timeout, the item's is over as well: no retry can ever follow it.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    timeout: {attempt: 1m, item: 30s}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    timeout: {attempt: 10s, item: 1m}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if t := n.Rules.Timeouts; attempts(n) > 1 && t.Item > 0 && t.Attempt >= t.Item && p.written(n, "timeout", "attempt") {
				attempt, item := flow.FormatDuration(t.Attempt), flow.FormatDuration(t.Item)
				p.report(n, at("timeout", "item"), fmt.Sprintf("an attempt may take %s and the item %s in all, so that no retry can follow a timeout", attempt, item), fmt.Sprintf("give the item more than %s, or the attempt less; or write `retry: none`", attempt))
			}
		}
	},
}, {
	ID: "X03", Severity: diag.Warning, Title: "a stop that is shorter than an item",
	Doc:  "A stop lets what is under way finish, for as long as `drain` says; then the rest is cancelled. An item may take longer than that.",
	Bad:  "drain: 10s\nsource: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    timeout: {attempt: 10s, item: 1m}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    timeout: {attempt: 10s, item: 1m}\n",
	find: func(p *pass) {
		if !p.written(nil, "drain") || p.Plan.Drain < 0 {
			return
		}
		for _, n := range p.Nodes {
			if t := n.Rules.Timeouts.Item; t > p.Plan.Drain {
				p.report(nil, at("drain"), fmt.Sprintf("a stop cancels items after %s, and one of `%s` may take %s", flow.FormatDuration(p.Plan.Drain), n.ID, flow.FormatDuration(t)), "leave `drain` out: it is as long as the longest item then")
				return
			}
		}
	},
}}
