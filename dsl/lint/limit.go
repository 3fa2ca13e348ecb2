package lint

import (
	"fmt"
	"math"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// permits gives how many attempts at once a limit lets pass; 0 for a rate.
func permits(l *policy.Limit) int {
	if l.IsRate() {
		return 0
	}
	return l.Most()
}

var limits = []*Rule{{
	ID: "C01", Severity: diag.Warning, Title: "calls without a bound",
	Doc: "Without a bound there are as many calls at once as there are items: ten thousand items open ten thousand connections or processes, and the " +
		"other side, or this machine, gives in.",
	Bad:  "source: {range: {from: 1, to: 3}}\nsteps:\n  - sleep: 1ms\n    concurrency: {max: unbounded}\n",
	Good: "source: {range: {from: 1, to: 3}}\nsteps:\n  - sleep: 1ms\n    concurrency: {max: 100}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if running(n) == many {
				p.report(n, at("concurrency"), "ten thousand items are ten thousand calls at once", "write a `max`, or `adaptive: {}`, which finds it")
			}
		}
	},
}, {
	ID: "O01", Severity: diag.Warning, Title: "an order that holds most calls up",
	Doc: "With `order: input` a result waits for those before it. Where one call in a hundred takes far longer than most, the others are done and " +
		"wait for it, and no new ones begin once the window is full.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: 5\n    hints: {latency: 50ms, latency_p99: 1s}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: {max: 5, order: completion}\n    hints: {latency: 50ms, latency_p99: 1s}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			c, h := n.Concurrency, n.Hints
			if c.Order != graph.OrderInput || c.Max < 2 || h.Latency == 0 || h.LatencyP99 == 0 {
				continue
			}
			window, ratio := max(c.Window, c.Max), float64(h.LatencyP99)/float64(h.Latency)
			if ratio > 2*float64(window)/float64(c.Max) {
				p.report(n, at("concurrency"), fmt.Sprintf("the slowest calls take %.0f times as long as most, and hold up all that is behind them", ratio), fmt.Sprintf("write `order: completion`, or a `window` of %d", c.Max*int(math.Ceil(ratio))))
			}
		}
	},
}, {
	ID: "L01", Severity: diag.Warning, Title: "more calls than their rate lets begin",
	Doc:  "By its hints a step could make more calls than the rate it keeps: the rest of its calls always wait for the limit, and only hold items.",
	Bad:  "limits: {rps: {rate: 10/s}}\nsource: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: 20\n    limits: rps\n    hints: {latency: 100ms}\n",
	Good: "limits: {rps: {rate: 10/s}}\nsource: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: 2\n    limits: rps\n    hints: {latency: 100ms}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			for _, use := range n.Rules.Limits {
				if l := use.Limit; l.IsRate() && l.By == nil && n.Hints.Latency > 0 && running(n) < many {
					perSecond := l.Rate.Count / l.Rate.Per.Seconds() / float64(max(use.Weight, 1))
					busy := int(math.Ceil(perSecond * n.Hints.Latency.Seconds()))
					if idle := running(n) - busy; idle > busy {
						p.report(n, at("concurrency"), fmt.Sprintf("%d of %d calls always wait for the limit `%s`: %v at %s each keep %d busy", idle, running(n), l.Name, l.Rate, flow.FormatDuration(n.Hints.Latency), busy), fmt.Sprintf("write `concurrency: %d`, or raise the rate", busy+1))
					}
				}
			}
		}
	},
}, {
	ID: "L02", Severity: diag.Error, Title: "a weight that can never be granted",
	Doc:  "An attempt that takes more permits than a limit has, or more tokens than a rate saves up, waits for ever.",
	Bad:  "limits: {api: {concurrency: 3}}\nsource: {items: [1]}\nsteps:\n  - sleep: 1ms\n    limits: [{use: api, weight: 4}]\n",
	Good: "limits: {api: {concurrency: 3}}\nsource: {items: [1]}\nsteps:\n  - sleep: 1ms\n    limits: [{use: api, weight: 3}]\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			for _, use := range n.Rules.Limits {
				l, most := use.Limit, use.Limit.Most()
				has := fmt.Sprintf("%d permits", l.Concurrency)
				if l.IsRate() {
					has = fmt.Sprintf("a burst of %d", l.Burst)
				}
				switch {
				case use.Weight <= most:
				case l.Adaptive != nil:
					p.report(n, at("limits", l.Name, "weight"), fmt.Sprintf("`%s` finds how many attempts at once are borne, and each is one of them, not %d", l.Name, use.Weight), "leave `weight` out")
				default:
					p.report(n, at("limits", l.Name, "weight"), fmt.Sprintf("a weight of %d can never be granted: `%s` has %s", use.Weight, l.Name, has), fmt.Sprintf("write a weight from 1 to %d, or raise the limit", most))
				}
			}
		}
	},
}, {
	ID: "L03", Severity: diag.Warning, Title: "more calls than permits",
	Doc:  "Of the calls of a step, only as many can run as the limit that they share has permits. Far more calls only wait there, each with its item.",
	Bad:  "limits: {db: {concurrency: 3}}\nsource: {range: {from: 1, to: 9}}\nsteps:\n  - sleep: 1ms\n    concurrency: 20\n    limits: db\n",
	Good: "limits: {db: {concurrency: 3}}\nsource: {range: {from: 1, to: 9}}\nsteps:\n  - sleep: 1ms\n    concurrency: 6\n    limits: db\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			for _, use := range n.Rules.Limits {
				if size := permits(use.Limit); size > 0 && use.Limit.By == nil && running(n) < many && running(n)*max(use.Weight, 1) > 2*size {
					p.report(n, at("concurrency"), fmt.Sprintf("%s wait for the %s of `%s`", calls(n), count(size, "permit", "permits"), use.Limit.Name), fmt.Sprintf("write a concurrency of %d or less", max(2*size/max(use.Weight, 1), 1)))
				}
			}
		}
	},
}, {
	ID: "L04", Severity: diag.Warning, Title: "a wait that is as long as the item",
	Doc:  "An attempt may wait for its permits as long as the item may take in all: the item's timeout comes first, and says less of what was wrong.",
	Bad:  "limits: {db: {concurrency: 3}}\nsource: {items: [1]}\nsteps:\n  - sleep: 1ms\n    limits: db\n    timeout: {item: 10s, acquire: 30s}\n",
	Good: "limits: {db: {concurrency: 3}}\nsource: {items: [1]}\nsteps:\n  - sleep: 1ms\n    limits: db\n    timeout: {item: 10s, acquire: 2s}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if t := n.Rules.Timeouts; len(n.Rules.Limits) > 0 && t.Item > 0 && t.Acquire >= t.Item {
				p.report(n, at("timeout", "acquire"), fmt.Sprintf("the item's %s are over before this wait of %s is", flow.FormatDuration(t.Item), flow.FormatDuration(t.Acquire)), "write a shorter `acquire`, or leave it out")
			}
		}
	},
}, {
	ID: "D05", Severity: diag.Error, Title: "a permit that waits for itself",
	Doc: "A step that holds a permit while the steps within it wait for one of the same limit may wait for ever: when all permits are held outside, " +
		"nobody inside gets one.",
	Bad:  "limits: {db: {concurrency: 3}}\nsource: {items: [1]}\nsteps:\n  - each:\n      - sleep: 1ms\n        limits: db\n    limits: db\n",
	Good: "limits: {db: {concurrency: 3}}\nsource: {items: [1]}\nsteps:\n  - each:\n      - sleep: 1ms\n        limits: db\n",
}}
