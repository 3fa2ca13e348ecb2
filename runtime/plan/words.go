package plan

import (
	"fmt"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// What policies say, in a line each.

func concurrencyText(n *graph.Node) string {
	c := n.Concurrency
	most, window := Width(n)
	text := fmt.Sprint(most)
	switch {
	case c.Adaptive != nil:
		text = fmt.Sprintf("%d to %d, adaptive", c.Adaptive.Min, c.Adaptive.Max)
	case most == Unbounded:
		text = "unbounded"
	}
	if most > 1 && c.Order != "" {
		text += ", order " + string(c.Order)
	}
	if window > most {
		text += fmt.Sprintf(", window %d", window)
	}
	return text
}

func retryText(r *policy.Retry) string {
	text := fmt.Sprintf("%d attempts, ", r.MaxAttempts)
	if r.Name != "" {
		text = r.Name + ": " + text
	}
	switch r.Strategy {
	case policy.Immediate:
		text += "immediate"
	case policy.Fixed:
		text += "fixed " + flow.FormatDuration(r.Initial)
	case policy.Linear:
		text += fmt.Sprintf("linear from %s by %s", flow.FormatDuration(r.Initial), flow.FormatDuration(r.Increment))
	default:
		text += fmt.Sprintf("exponential from %s, times %g, to %s", flow.FormatDuration(r.Initial), r.Factor, flow.FormatDuration(r.MaxDelay))
	}
	if r.Strategy != policy.Immediate {
		text += ", jitter " + string(r.Jitter)
	}
	if b := r.Budget; b != nil {
		text += ", budget " + or(b.Name, budgetText(b))
	}
	return text
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func budgetText(b *policy.Budget) string {
	return fmt.Sprintf("up to %g of the requests and %g/s, over %s", b.Ratio, b.Least, flow.FormatDuration(b.Window))
}

func breakerText(b *policy.Breaker) string {
	window := flow.FormatDuration(b.Window)
	if b.Calls > 0 {
		window = fmt.Sprintf("%d calls", b.Calls)
	}
	text := fmt.Sprintf("opens at %g of %d or more calls failing in %s, for %s; then %d probes; items %s", b.FailureRatio, b.MinCalls, window,
		flow.FormatDuration(b.OpenFor), b.HalfOpen, map[policy.OnOpen]string{policy.Wait: "wait", policy.Fail: "fail", policy.Skip: "are skipped", policy.Value: "are replaced"}[b.OnOpen])
	if b.Name != "" {
		return b.Name + ": " + text
	}
	return text
}

func limitText(l *policy.Limit) string {
	text := fmt.Sprintf("%d at once", l.Concurrency)
	switch {
	case l.IsRate():
		text = fmt.Sprintf("%v, burst %d", l.Rate, l.Burst)
	case l.Adaptive != nil:
		text = fmt.Sprintf("%d to %d at once, adaptive", l.Adaptive.Min, l.Adaptive.Max)
	}
	if l.By != nil {
		text += ", for each `" + l.By.String() + "`"
	}
	return text
}
