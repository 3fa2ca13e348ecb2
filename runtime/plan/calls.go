package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// CallFacts are what surrounds the calls of a node.
type CallFacts struct {
	AtOnce   Bound         `json:"at_once"`                    // items with a call under way
	Window   Bound         `json:"window"`                     // items under way: running, waiting, or finished and not handed on
	Attempts int           `json:"attempts"`                   // for an item, at most
	Copies   int           `json:"copies,omitempty"`           // beside each attempt, at most
	Calls    int           `json:"calls"`                      // for an item of the pipeline at most, copies and the attempts of the steps around it included
	Longest  time.Duration `json:"longest_ns"`                 // that an item may take, but for Waits; 0 is no bound
	Why      string        `json:"why_longest"`                // what bounds that
	Waits    []string      `json:"waits,omitempty"`            // what may take longer still
	Settings []Setting     `json:"settings,omitempty"`         // the policies that hold, and where they come from
	Idle     int           `json:"idle_connections,omitempty"` // to one host, at most
}

// Setting is a policy that holds for a node.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Line  int    `json:"line,omitempty"` // where it is written; 0: it is the default of the component
	File  string `json:"file,omitempty"` // in which that line is, where it is not the pipeline's own
}

// calls gives the facts of a node's calls, nil where it makes none.
func (l *Layout) calls(n *graph.Node, around []*graph.Node) *CallFacts {
	if n.Component.Kind() != flow.KindCall && !n.Component.Traits.Loops {
		return nil
	}
	most, window := Width(n)
	f := &CallFacts{AtOnce: Bound(most), Window: Bound(window), Attempts: attempts(n), Calls: 1, Settings: l.settings(n), Idle: l.Idle[n]}
	if h := n.Rules.Hedge; h != nil {
		f.Copies = h.Max
	}
	for _, x := range append(slices.Clone(around), n) {
		f.Calls *= attempts(x)
		if h := x.Rules.Hedge; h != nil {
			f.Calls *= 1 + h.Max
		}
	}
	f.Longest, f.Why = longest(n)
	f.Waits = waits(n)
	return f
}

// attempts gives how many attempts a node makes for an item at most, copies not counted.
func attempts(n *graph.Node) int {
	if n.Rules.Retry == nil {
		return 1
	}
	return n.Rules.Retry.MaxAttempts
}

// longest gives how long an item may take in a node, but for what it waits for, and what bounds that; 0 where nothing does.
func longest(n *graph.Node) (d time.Duration, why string) {
	t, r := n.Rules.Timeouts, n.Rules.Retry
	if t.Attempt > 0 {
		delays, each := time.Duration(0), t.Attempt
		if h := n.Rules.Hedge; h != nil { // each copy has an attempt's time of its own
			each += time.Duration(h.Max) * min(h.Delay, t.Attempt)
		}
		for k := 1; k < attempts(n); k++ {
			delays += r.Longest(k)
		}
		d = time.Duration(attempts(n))*each + delays
		why = "that of an attempt"
		if each > t.Attempt {
			why = "that of an attempt and its copies"
		}
		if attempts(n) > 1 {
			why = fmt.Sprintf("%d attempts of %s, and %s of delays", attempts(n), flow.FormatDuration(each), flow.FormatDuration(delays))
		}
		if r != nil && r.MaxElapsed > 0 && r.MaxElapsed+each < d {
			d, why = r.MaxElapsed+each, "max_elapsed, and the last attempt"
		}
	}
	if more := len(n.Rules.Limits) > 0 || asked(n); t.Item > 0 && (more || d == 0 || t.Item <= d) {
		d, why = t.Item, "timeout.item"
	}
	if d == 0 {
		return 0, "nothing bounds an attempt"
	}
	return d, why
}

// asked reports whether the other side may ask a node to wait before it tries again.
func asked(n *graph.Node) bool { return n.Rules.Retry != nil && n.Component.Traits.Network }

// waits lists what an item may wait for in a node beyond its attempts and delays.
func waits(n *graph.Node) (out []string) {
	r := &n.Rules
	if b := r.Breaker; b != nil && b.OnOpen == policy.Wait {
		out = append(out, fmt.Sprintf("%s for the breaker%s, during which the item's time stands still", flow.FormatDuration(b.MaxWait), named(b.Name)))
	}
	if r.Timeouts.Item > 0 { // all else is within that
		return out
	}
	for _, u := range r.Limits {
		bound := "any time"
		if r.Timeouts.Acquire > 0 {
			bound = flow.FormatDuration(r.Timeouts.Acquire) + " an attempt"
		}
		out = append(out, fmt.Sprintf("%s for the limit%s", bound, named(u.Limit.Name)))
	}
	if asked(n) {
		out = append(out, fmt.Sprintf("%s before an attempt, where the other side asks for it", flow.FormatDuration(r.Retry.MaxRetryAfter)))
	}
	return out
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return " `" + name + "`"
}

// settings gives the policies that hold for a node.
func (l *Layout) settings(n *graph.Node) (out []Setting) {
	add := func(key, value string) {
		at := n.Written[key]
		s := Setting{Key: key, Value: value, Line: at.Range.Start.Line}
		if at.File != l.Plan.File {
			s.File = at.File
		}
		out = append(out, s)
	}
	r := &n.Rules
	if n.Component.Kind() == flow.KindCall && !n.Component.Traits.Serial {
		add("concurrency", concurrencyText(n))
	}
	switch {
	case r.Retry != nil:
		add("retry", retryText(r.Retry))
	case n.Component.Traits.Network || n.Written["retry"].File != "":
		add("retry", "none")
	}
	for _, t := range []struct {
		key string
		d   time.Duration
	}{
		{"attempt", r.Timeouts.Attempt}, {"item", r.Timeouts.Item}, {"acquire", r.Timeouts.Acquire}, {"connect", r.Timeouts.Connect},
		{"header", r.Timeouts.Header}, {"body", r.Timeouts.Body}, {"idle", r.Timeouts.Idle}, {"first", r.Timeouts.First},
	} {
		if t.d > 0 {
			add("timeout."+t.key, flow.FormatDuration(t.d))
		}
	}
	if r.Breaker != nil {
		add("breaker", breakerText(r.Breaker))
	}
	var limits []string
	for _, u := range r.Limits {
		text := u.Limit.Name
		if u.Weight > 1 {
			text += fmt.Sprintf(" (weight %d)", u.Weight)
		}
		limits = append(limits, text)
	}
	if limits != nil {
		add("limits", strings.Join(limits, ", "))
	}
	if h := r.Hedge; h != nil {
		add("hedge", fmt.Sprintf("a copy after %s, up to %d", flow.FormatDuration(h.Delay), h.Max))
	}
	return out
}

func usesLimit(n *graph.Node, l *policy.Limit) bool {
	return slices.ContainsFunc(n.Rules.Limits, func(u policy.Use) bool { return u.Limit == l })
}
