package lint

import (
	"fmt"
	"time"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/policy"
)

// attempts gives how many attempts a node makes of a call at most, copies not counted.
func attempts(n *graph.Node) int {
	if n.Rules.Retry == nil {
		return 1
	}
	return n.Rules.Retry.MaxAttempts
}

var retries = []*Rule{{
	ID: "R01", Severity: diag.Warning, Title: "a call over a network without a retry",
	Doc: "Networks fail for moments, and a call without a retry fails its item for good at the first of them. Calls that may be repeated have a " +
		"retry by default; `retry: none` takes it away.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    retry: none\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    retry: 3\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if n.Component.Traits.Network && n.Rules.Retry == nil {
				p.report(n, at("retry"), "one fault that would have passed fails the item", "leave `retry` out for the default, or write a number of attempts")
			}
		}
	},
}, {
	ID: "R02", Severity: diag.Error, Title: "a retry or a hedge of what may not be done twice",
	Doc: "An attempt that gave no result may have done its work all the same: the order is placed, and the reply was lost. To try again may do it " +
		"twice. With an `idempotency_key` the server knows a request that it has had already; `idempotent: true` says that twice is as good as once.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: {post: \"http://localhost/orders\", json: it}\n    retry: 3\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: {post: \"http://localhost/orders\", json: it, idempotency_key: \"order-${it}\"}\n    retry: 3\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			r, ok := n.Options.(flow.Repeater)
			if !ok {
				continue
			}
			repeatable, what, help := r.Repeatable()
			hedge := n.Rules.Hedge
			switch {
			case repeatable:
			case own(p, n, "retry") && attempts(n) > 1:
				p.report(n, at("retry"), fmt.Sprintf("%s may run %d times: an attempt without a result may have done its work", what, attempts(n)), help)
			case own(p, n, "hedge") && hedge != nil:
				p.report(n, at("hedge"), fmt.Sprintf("%s may run %d times at once", what, hedge.Max+1), help)
			}
		}
	},
}, {
	ID: "R03", Severity: diag.Warning, Title: "retries that multiply",
	Doc: "A retry around steps that retry by themselves multiplies: three attempts around four make twelve calls of one item, in an outage the worst " +
		"load at the worst time. Let one of the two retry.",
	Bad:  "source: {items: [1]}\nsteps:\n  - each:\n      - http: \"http://localhost/${it}\"\n    retry: 3\n",
	Good: "source: {items: [1]}\nsteps:\n  - each:\n      - http: \"http://localhost/${it}\"\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			calls, nested := 1, 0
			for x := n; x != nil; x = p.Outer[x] {
				own := attempts(x)
				if x.Rules.Hedge != nil {
					own *= 1 + x.Rules.Hedge.Max
				}
				if calls *= own; own > 1 {
					nested++
				}
			}
			if _, inner := n.Nest(); inner == nil && calls > 10 && nested > 1 {
				p.report(n, at("retry"), fmt.Sprintf("retries within retries: one item may make %d calls", calls), "let this step retry, or the one around it")
			}
		}
	},
}, {
	ID: "R04", Severity: diag.Warning, Title: "retries at the same instant",
	Doc:  "Calls that failed together come back together when their delays are equal, and knock the other side over again. A jitter spreads them.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: 5\n    retry: {jitter: none}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: 5\n    retry: {jitter: full}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if r := n.Rules.Retry; r != nil && r.Jitter == policy.None && r.Strategy != policy.Immediate && running(n) > 1 {
				p.report(n, at("retry", "jitter"), "without jitter, calls that failed together are tried again together", "leave `jitter` out, which is `full` then")
			}
		}
	},
}, {
	ID: "R06", Severity: diag.Warning, Title: "retries without a pause",
	Doc:  "Attempts that follow at once meet the same fault: they use up the attempts within milliseconds, and load a side that is in trouble.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    retry: {strategy: immediate, max_attempts: 5}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    retry: {initial: 100ms, max_attempts: 5}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if r := n.Rules.Retry; r != nil && r.Strategy == policy.Immediate && r.MaxAttempts > 2 {
				p.report(n, at("retry", "strategy"), fmt.Sprintf("%d attempts without a pause meet the same fault", r.MaxAttempts), "write a strategy with a delay, or `max_attempts: 2`")
			}
		}
	},
}, {
	ID: "R07", Severity: diag.Warning, Title: "a retry of what stays wrong",
	Doc:  "A status from 400 to 499 says that the request is wrong, and it stays so: but for 408, 409, 425 and 429, another attempt gives the same.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    retry: {on: error.status >= 400}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    retry: {on: error.status == 429 or error.status >= 500}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if r := n.Rules.Retry; r != nil && r.On != nil && n.Component.Traits.Network {
				for _, status := range []int{400, 401, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 451} {
					if again(r.On, status) {
						p.report(n, at("retry", "on"), fmt.Sprintf("a %d is tried again, and gives the same", status), "leave statuses below 500 out, but for 408, 409, 425 and 429")
						break
					}
				}
			}
		}
	},
}, {
	ID: "R08", Severity: diag.Warning, Title: "many retries without a budget",
	Doc: "In an outage every call fails, and each is tried again: a step with many calls at once then sends several times its usual load. A budget " +
		"bounds the retries to a part of the requests, and an outage stays one.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: 50\n    retry: 4\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: \"http://localhost/${it}\"\n    concurrency: 50\n    retry: {budget: {ratio: 0.2}}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if r := n.Rules.Retry; r != nil && r.Budget == nil && r.MaxAttempts > 1 && n.Component.Traits.Network && n.Rules.Breaker == nil && running(n) > 10 {
				p.report(n, at("retry"), fmt.Sprintf("in an outage, %s at once make %d times the load", calls(n), r.MaxAttempts), "add `budget: {ratio: 0.2}` to the retry, or a `breaker`")
			}
		}
	},
}, {
	ID: "H01", Severity: diag.Warning, Title: "a failure of the server taken for a result",
	Doc:  "With `expect: any` a 500 is a result as good as a 200: it is neither tried again nor counted as failed, and what follows works on an error page.",
	Bad:  "source: {items: [1]}\nsteps:\n  - http: {get: \"http://localhost/${it}\", expect: any}\n",
	Good: "source: {items: [1]}\nsteps:\n  - http: {get: \"http://localhost/${it}\", expect: [2xx, 404]}\n",
	find: func(p *pass) {
		for _, n := range p.Nodes {
			if r, ok := n.Options.(flow.Remote); ok && r.Peer().AnyStatus {
				p.report(n, at(n.Component.Name, "expect"), "a 500 counts as a success", "name the statuses that are results, such as [2xx, 404]")
			}
		}
	},
}}

func calls(n *graph.Node) string {
	if running(n) == many {
		return "calls without a bound"
	}
	return count(running(n), "call", "calls")
}

// own reports whether a key stands at the node itself, rather than in the defaults.
func own(p *pass, n *graph.Node, key string) bool {
	_, ok := p.Place(n, "", key)
	return ok
}

// again reports whether a condition tries a status again.
func again(on flow.Expr, status int) bool {
	failure := value.OfPairs("type", value.OfString("http.status"), "message", value.OfString(""), "step", value.OfString(""),
		"attempts", value.OfInt(1), "at", value.OfTime(time.Time{}), "status", value.OfInt(int64(status)))
	yes, err := flow.Bool(on, &flow.Scope{Meta: &flow.Meta{}, Vars: []value.Value{failure}})
	return err == nil && yes
}
