package dsl

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/runtime/policy"
)

// root gives the loader of the whole file.
func (l *loader) root() *loader {
	for l.outer != nil {
		l = l.outer
	}
	return l
}

// hold is that some step has a permit of one limit while its own steps wait for one of another.
type hold struct{ has, waits *policy.Limit }

// nested reports steps that wait, inside of a step, for what that step holds meanwhile: when all permits are taken so,
// none is ever given back.
func (l *loader) nested(d *draft, n *yaml.Node) {
	_, inner := d.node.Nest()
	if inner == nil {
		return
	}
	root := l.root()
	rules, at := &d.node.Rules, map[string]*yaml.Node{"limits": spot(n, "limits"), "breaker": spot(n, "breaker")}
	inner.Walk(func(m *graph.Node) {
		if b := rules.Breaker; b != nil && m.Rules.Breaker == b {
			l.dec.At(at["breaker"], "D05", fmt.Sprintf("`%s` and its step `%s` ask the same breaker: when it lets only a few pass, they would wait for each other", d.node.Component.Name, m.ID), "leave it out on one of them")
		}
		for _, has := range rules.Limits {
			for _, waits := range m.Rules.Limits {
				if has.Limit.IsRate() || waits.Limit.IsRate() {
					continue
				}
				switch {
				case has.Limit == waits.Limit:
					l.dec.At(at["limits"], "D05", fmt.Sprintf("`%s` holds a permit of `%s` while its step `%s` waits for another: when all are taken so, none is ever given back", d.node.Component.Name, has.Limit.Name, m.ID), "leave the limit out on one of them")
				case reaches(root.holds, waits.Limit, has.Limit, nil):
					l.dec.At(at["limits"], "D05", fmt.Sprintf("`%s` holds a permit of `%s` while its step `%s` waits for one of `%s`, and elsewhere it is the other way round: they would wait for each other", d.node.Component.Name, has.Limit.Name, m.ID, waits.Limit.Name), "take the two in the same order everywhere")
				}
				root.holds = append(root.holds, hold{has.Limit, waits.Limit})
			}
		}
	})
}

// reaches reports whether who has one limit may wait, by way of others, for the other.
func reaches(holds []hold, from, to *policy.Limit, seen []*policy.Limit) bool {
	if from == to {
		return true
	}
	return slices.ContainsFunc(holds, func(h hold) bool {
		return h.has == from && !slices.Contains(seen, h.waits) && reaches(holds, h.waits, to, append(seen, from))
	})
}
