package dsl

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// calls sets what surrounds the calls of a node: what stands on it, else the defaults.
func (l *loader) calls(d *draft, k *stepKeys, n *yaml.Node) {
	c := d.node.Component
	if c == nil || c.Kind() != flow.KindCall && !c.Traits.Loops {
		return
	}
	own := &standard{defaults: defaults{policies: k.policies}, at: n, in: l}
	all := append([]*standard{own}, l.standards...)
	if _, inner := d.node.Nest(); inner != nil { // they are for the steps within, and not for both
		all = all[:1]
	}
	l.concurrency(d, k.Concurrency)
	l.timeouts(d, all)
	l.retry(d, nearest(all, "retry"))
	s := nearest(all, "breaker")
	s.in.breaker(d, s.Breaker, child(s.at, "breaker"))
	s = nearest(all, "limits")
	s.in.uses(d, s.Limits, child(s.at, "limits"))
	repeatable := true
	if r, ok := d.node.Options.(flow.Repeater); ok && !d.wrong {
		repeatable, _, _ = r.Repeatable()
	}
	h := k.Hedge
	if h == nil && repeatable && c.Traits.Network && c.Kind() == flow.KindCall {
		h = nearest(l.standards, "hedge").Hedge
	}
	if h != nil && h.Max > 0 {
		d.node.Rules.Hedge = &policy.Hedge{Delay: h.Delay, Max: h.Max}
	}
	if k.Hints != nil {
		d.node.Hints = graph.Hints{Latency: k.Hints.Latency, LatencyP99: k.Hints.LatencyP99, ItemBytes: k.Hints.ItemBytes}
		if k.Hints.Rate != nil {
			d.node.Hints.Rate = *k.Hints.Rate
		}
	}
	l.written(d, append([]*standard{own}, l.standards...), h != nil && k.Hedge == nil)
	l.impossible(d, k, n)
	l.nested(d, n)
}

// concurrency sets how many items a call works on at once.
func (l *loader) concurrency(d *draft, c *concurrency) {
	component := d.node.Component
	if component.Kind() != flow.KindCall || component.Traits.Serial {
		return
	}
	if c == nil {
		c = nearest(l.standards, "concurrency").Concurrency
	}
	if c != nil {
		d.node.Concurrency = c.plan()
	}
}

// timeouts sets the clocks of a node: each of its own, else that of the defaults, else what the component has.
func (l *loader) timeouts(d *draft, all []*standard) {
	c := d.node.Component
	var t timeouts
	for _, s := range slices.Backward(all) {
		t = s.Timeout.over(&t)
	}
	if t.Attempt == 0 {
		t.Attempt = flow.Bound(c.Traits.Attempt)
	}
	out := flow.Timeouts{Attempt: max(time.Duration(t.Attempt), 0), Item: t.Item, Acquire: t.Acquire}
	if c.Traits.Network {
		out.Connect, out.Header, out.Body = t.Connect, t.Header, t.Body
	}
	if c.Kind() == flow.KindCall {
		out.Idle, out.First = t.Idle, t.First
	}
	d.node.Rules.Timeouts = out
	if root := l.root(); !root.drains {
		root.plan.Drain = max(root.plan.Drain, t.Item)
	}
}

// retry sets whether failed attempts of a node are followed by others.
func (l *loader) retry(d *draft, s *standard) {
	if s.Retry == nil {
		if d.node.Component.Traits.Network {
			d.node.Rules.Retry = policy.Default()
		}
		return
	}
	at := child(s.at, "retry")
	s.in.alone(at, "retries")
	d.node.Rules.Retry = s.in.retryOf(s.Retry, at)
	if r := d.node.Rules.Retry; r != nil && r.MaxAttempts < 2 {
		d.node.Rules.Retry = nil
	}
}

// retryOf gives the policy that is written, nil for none.
func (l *loader) retryOf(use *retryUse, at *yaml.Node) *policy.Retry {
	switch n, err := strconv.Atoi(use.Use); {
	case use.Use == "none":
		return nil
	case use.Use != "" && err != nil:
		r, _ := find(l, &l.retries, use.Use, spot(at, "use"))
		return r
	case use.Use != "":
		r := policy.Default()
		r.MaxAttempts = n
		return r
	}
	r := use.retry.policy()
	l.budget(r, use.Budget, child(at, "budget"))
	return r
}

// budget gives a retry policy its budget.
func (l *loader) budget(r *policy.Retry, use *budgetUse, at *yaml.Node) {
	switch {
	case use == nil:
	case use.Use != "":
		l.alone(at, "budgets")
		r.Budget, _ = find(l, &l.budgets, string(use.Use), spot(at, "use"))
	default:
		r.Budget = use.budget.policy("")
	}
}

// breaker sets the breaker of a node. One in place is the node's own, also where it stands in the defaults.
func (l *loader) breaker(d *draft, use *breakerUse, at *yaml.Node) {
	if use == nil || use.Use == "none" {
		return
	}
	l.alone(at, "breakers")
	if use.Use != "" {
		d.node.Rules.Breaker, _ = find(l, &l.breakers, use.Use, spot(at, "use"))
		return
	}
	d.node.Rules.Breaker = use.breaker.policy("")
}

// uses connects a node to the limits that it names.
func (l *loader) uses(d *draft, uses []limitUse, n *yaml.Node) {
	list := items(n)
	seen := map[string]bool{}
	for i, use := range uses {
		name, at := string(use.Use), spot(list[i], "use")
		limit, ok := find(l, &l.limits, name, at)
		switch {
		case !ok:
			continue
		case seen[name]:
			l.dec.At(at, "FR208", fmt.Sprintf("the limit `%s` stands here twice", name), "name it once, with a `weight`")
			continue
		}
		seen[name] = true
		if use.Weight < 1 {
			l.dec.At(spot(list[i], "weight"), "FR208", fmt.Sprintf("an attempt takes 1 permit or more, not %d", use.Weight), fmt.Sprintf("write a weight from 1 to %d", limit.Most()))
		}
		d.node.Rules.Limits = append(d.node.Rules.Limits, policy.Use{Limit: limit, Weight: use.Weight})
	}
}

// impossible reports keys that are right each by itself, and make no sense together or with the component.
func (l *loader) impossible(d *draft, k *stepKeys, n *yaml.Node) {
	c := d.node.Component
	clocks := spot(n, "timeout")
	if own := k.Timeout; own != nil {
		for _, x := range own.named() {
			switch {
			case *x.d == 0:
			case !c.Traits.Network && slices.Contains([]string{"connect", "header", "body"}, x.name):
				l.dec.At(spot(clocks, x.name), "FR207", fmt.Sprintf("`%s` is a part of a request over the network, and `%s` makes none", x.name, c.Name), "leave it out; `attempt` bounds the whole call")
			case d.place != "step" && slices.Contains([]string{"idle", "first"}, x.name):
				l.dec.At(spot(clocks, x.name), "FR207", fmt.Sprintf("`%s` is how long a step awaits an item, and this is a %s", x.name, d.place), "put it on a step")
			}
		}
	}
}
