package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

var breakers = []*Rule{{
	ID: "K01", Severity: diag.Warning, Title: "a breaker that never has enough calls to open",
	Doc:  "A breaker opens only after `min_calls` within its window. A step that makes fewer calls in that time, by its hints, has no breaker.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    hints: {latency: 2s}\n    breaker: {window: 10s, min_calls: 20}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    hints: {latency: 2s}\n    breaker: {window: 1m, min_calls: 10}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			b, latency := n.Rules.Breaker, n.Hints.Latency
			if b == nil || latency == 0 || b.Calls > 0 || len(sharing(p, b)) > 1 {
				continue
			}
			if most := int(b.Window/latency) * running(n); most < b.MinCalls {
				p.report(n, at("breaker", "min_calls"), fmt.Sprintf("the breaker cannot open: %s of %s make %d calls in %s, and it needs %d", calls(n), flow.FormatDuration(latency), most, flow.FormatDuration(b.Window), b.MinCalls), "write a smaller `min_calls`, or a longer `window`")
			}
		}
	},
}, {
	ID: "K02", Severity: diag.Warning, Title: "an outage that leaves the input out",
	Doc: "An open breaker with `on_open: fail` fails every item at once, and `on_error: skip` leaves it out: an outage of a minute silently empties the " +
		"input at full speed. `on_open: wait`, which is the default, stops the input instead.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    breaker: {on_open: fail}\n    on_error: {action: skip, tolerate: {ratio: 0.1}}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    breaker: {on_open: wait}\n    on_error: {action: skip, tolerate: {ratio: 0.1}}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if b := n.Rules.Breaker; b != nil && b.OnOpen == policy.Fail && n.OnError.Action == "skip" {
				p.report(n, at("breaker"), "while the breaker is open, all of the input is left out", "write `on_open: wait`, or send failed items to a sink by `on_error: {to: …}`")
			}
		}
	},
}, {
	ID: "K03", Severity: diag.Error, Title: "a breaker around calls that may take for ever",
	Doc:  "An open breaker lets a few calls try whether the other side has recovered. If one of them hangs, the breaker never closes, and everything waits.",
	Bad:  "source: {items: [1]}\nsteps:\n  - exec: [\"true\"]\n    timeout: none\n    breaker: {}\n",
	Good: "source: {items: [1]}\nsteps:\n  - exec: [\"true\"]\n    timeout: 1m\n    breaker: {}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if n.Rules.Breaker != nil && n.Rules.Timeouts.Attempt == 0 {
				p.report(n, at("breaker"), "with a breaker and no timeout of the attempt, a call that tries whether the other side has recovered may hang, and all others wait for it", "add `timeout: 30s`, or whatever is long enough")
			}
		}
	},
}, {
	ID: "K04", Severity: diag.Warning, Title: "one breaker for several hosts",
	Doc:  "Calls of several hosts that share a breaker share their outages: one host that is down stops the calls of the others.",
	Bad:  "breakers: {api: {}}\nsource: {items: [1]}\nsteps:\n  - http: \"http://localhost/a/${it}\"\n    breaker: api\n  - http: \"http://127.0.0.1/b/${it.body}\"\n    breaker: api\n",
	Good: "breakers: {a: {}, b: {}}\nsource: {items: [1]}\nsteps:\n  - http: \"http://localhost/a/${it}\"\n    breaker: a\n  - http: \"http://127.0.0.1/b/${it.body}\"\n    breaker: b\n",
	find: func(p *pass) {
		seen := map[*policy.Breaker]map[string]bool{}
		for _, n := range p.Nodes {
			b := n.Rules.Breaker
			r, ok := n.Options.(flow.Remote)
			if b == nil || !ok || r.Peer().Host == "" {
				continue
			}
			host := r.Peer().Host
			if hosts := seen[b]; len(hosts) > 0 && !hosts[host] {
				others := slices.Sorted(maps.Keys(hosts))
				p.report(n, at("breaker"), fmt.Sprintf("the breaker `%s` is for %s and %s: one that is down stops the calls of the other", b.Name, strings.Join(others, ", "), host), "give each host a breaker of its own")
			}
			if seen[b] == nil {
				seen[b] = map[string]bool{}
			}
			seen[b][host] = true
		}
	},
}}

// sharing gives the nodes that have a breaker.
func sharing(p *pass, b *policy.Breaker) []string {
	var all []string
	for _, n := range p.Nodes {
		if n.Rules.Breaker == b {
			all = append(all, n.ID)
		}
	}
	return all
}
