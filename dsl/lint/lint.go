// Package lint finds what a pipeline may say and most probably should not: each rule is one value, with its reasons, a
// bad example and a good one.
package lint

import (
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
)

// Rule is one thing that is looked for.
type Rule struct {
	ID       string
	Severity diag.Severity // an error is refused as any other; a warning is printed, and the run goes on
	Title    string        // what it finds, in a line
	Doc      string        // why that is bad, and what to do. Markdown
	Bad      string        // a pipeline in which it finds something
	Good     string        // the same, better
	Right    bool          // it looks at who reads whom: only where nothing else is wrong with the file
	find     func(p *pass)
}

// Rules gives every rule, by id.
func Rules() []*Rule {
	all := slices.Concat(retries, timeouts, breakers, limits, memory, standstills, streams, rates)
	slices.SortFunc(all, func(a, b *Rule) int { return compare(a.ID, b.ID) })
	return all
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Named gives the rule of an id; nil if there is none.
func Named(id string) *Rule {
	for _, r := range Rules() {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// Subject is a pipeline to look at.
type Subject struct {
	Plan    *graph.Plan
	Nodes   []*graph.Node                                               // those that are right in themselves, those within others included
	Outer   map[*graph.Node]*graph.Node                                 // the step that a node stands in
	Right   bool                                                        // nothing is wrong with the file
	Limited bool                                                        // the run ends after so many items, whatever the sources
	Place   func(n *graph.Node, path ...string) (p Place, written bool) // of a key of a node, or of the file where n is nil
}

// Place is where a rule finds something, and where the file is used.
type Place struct {
	diag.Place
	Used []diag.Place
}

// Check gives what the rules find.
func Check(s Subject) diag.List {
	var found diag.List
	for _, r := range Rules() {
		if r.find != nil && (s.Right || !r.Right) {
			r.find(&pass{Subject: s, rule: r, found: &found})
		}
	}
	return found
}

// pass is one rule at work.
type pass struct {
	Subject
	rule  *Rule
	found *diag.List
}

// report adds a finding at a key of a node, or where it would stand.
func (p *pass) report(n *graph.Node, key []string, message, help string) {
	at, _ := p.Place(n, key...)
	*p.found = append(*p.found, diag.Diagnostic{File: at.File, Range: at.Range, Used: at.Used, Severity: p.rule.Severity, Code: p.rule.ID, Message: message, Help: help})
}

// written reports whether a key stands at a node, or in the defaults.
func (p *pass) written(n *graph.Node, path ...string) bool {
	_, ok := p.Place(n, path...)
	return ok
}

func at(path ...string) []string { return path }

// running gives how many calls of a node run at once at most; many where that is not bounded.
func running(n *graph.Node) int {
	switch c := n.Concurrency; {
	case c.Order == "":
		return 1
	case c.Max == 0:
		return many
	default:
		return c.Max
	}
}

const many = 1 << 30

func count(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}
