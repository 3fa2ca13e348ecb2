package cli

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// The facts of a plan in words.

const endsTheRun = "ends the run"

var kinds = map[string]string{
	"source": "gives items", "compute": "computes", "call": "calls", "join": "joins its inputs", "buffer": "holds items", "steps": "runs its own steps", "sink": "delivers",
}

// stageText says what a stage does, in which order, and why it stands apart.
func stageText(s plan.StageFacts) string {
	text := kinds[s.Kind]
	if s.Kind == "call" {
		text = callText(s.Steps[0].Calls)
	}
	if s.Workers > 1 {
		text += fmt.Sprintf(" in %d goroutines", s.Workers)
	}
	if s.WhyOrder != "" {
		text += "; " + s.WhyOrder
	}
	if s.Kind == "compute" && s.Apart != "" {
		text += "; apart: " + s.Apart
	}
	return text
}

// shardsText says how what a step keeps is shared out.
func shardsText(s plan.StepFacts) string {
	if s.Shards == 1 {
		return "it is in one goroutine at a time, which takes the items of a block to it"
	}
	return fmt.Sprintf("what it keeps is in %d shards, by key, each in one goroutine at a time", s.Shards)
}

func callText(c *plan.CallFacts) string {
	switch {
	case c.AtOnce == plan.Bound(plan.Unbounded):
		return "as many calls at once as there are items"
	case c.AtOnce == 1:
		return "one call at a time"
	case c.Window > c.AtOnce:
		return fmt.Sprintf("up to %d calls at once, of %s under way", c.AtOnce, bounded(c.Window, "item", "items"))
	}
	return fmt.Sprintf("up to %d calls at once", c.AtOnce)
}

// calls explains how often and for how long a step may try, and by which policies.
func (p *prose) calls(step plan.StepFacts) {
	p.say("", "an item: "+attemptsText(step.Calls))
	for _, s := range step.Calls.Settings {
		switch s.Key {
		case "retry", "hedge", "limits", "breaker", "timeout.attempt":
			p.say("", fmt.Sprintf("%s: %s (%s)", s.Key, s.Value, origin(s, step)))
		}
	}
}

func attemptsText(c *plan.CallFacts) string {
	text := plural(c.Attempts, "attempt", "attempts")
	if c.Attempts > 1 {
		text = "up to " + text
	}
	own := c.Attempts * (1 + c.Copies)
	if c.Copies > 0 {
		text += fmt.Sprintf(", %d calls with copies", own)
	}
	if c.Calls > own {
		text += fmt.Sprintf(", %d calls with the attempts of the steps around", c.Calls)
	}
	if c.Longest > 0 {
		text += fmt.Sprintf(", in %s at most: %s", flow.FormatDuration(c.Longest.Round(time.Millisecond)), c.Why)
	} else {
		text += ", for any time: " + c.Why
	}
	if c.Waits != nil {
		text += "; and before, " + strings.Join(c.Waits, ", ")
	}
	return text
}

// place names a line, of a file where that is not the pipeline's own.
func place(line int, file string) string {
	if file != "" {
		return fmt.Sprintf("line %d of %s", line, file)
	}
	return fmt.Sprintf("line %d", line)
}

// origin says where a setting comes from.
func origin(s plan.Setting, step plan.StepFacts) string {
	if s.Line > 0 {
		return place(s.Line, s.File)
	}
	return "the default of " + step.Component
}

func memoryText(m *plan.Memory) string {
	var parts []string
	if m.Items > 0 {
		parts = append(parts, bounded(m.Items, "item", "items")+" in channels and under way")
	}
	if m.Assumed {
		parts[0] += " (1KiB each where neither type nor hints tell more)"
	}
	for _, p := range m.Parts {
		if p.From == "block" || p.From == "max_bytes" {
			parts = append(parts, fmt.Sprintf("%s of %s", bounded(p.Items, p.Where, p.Where), flow.Size(p.Each)))
		}
	}
	text := "at worst " + bytesText(m.Bytes) + ": " + strings.Join(parts, ", ")
	if m.Bytes > plan.Bound(m.Limit) {
		text += fmt.Sprintf("; that is more than the run's `memory` of %s", flow.Size(m.Limit))
	}
	if m.Keep != nil {
		text += fmt.Sprintf("; beside up to %s that %s may keep", flow.Size(m.Limit), strings.Join(m.Keep, ", "))
	}
	return text
}

func bytesText(b plan.Bound) string {
	if b == plan.Bound(plan.Unbounded) {
		return "without a bound"
	}
	for _, u := range []struct {
		name string
		size plan.Bound
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if b >= u.size {
			return fmt.Sprintf("%.3g%s", float64(b)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%dB", b)
}

func paceText(x *plan.Pace) string {
	text := fmt.Sprintf("%.4g/s at most, set by %s: %s", x.PerSecond, x.Step, x.Why)
	switch {
	case x.Needs > 0:
		text += fmt.Sprintf("; %.4g/s would take %d at once", x.Wanted, x.Needs)
	case x.Wanted > x.PerSecond:
		text += fmt.Sprintf("; %.4g/s are wanted", x.Wanted)
	}
	return text
}

// bounded gives a bound with its noun: `1 item`, `1,024 items`, `items without a bound`.
func bounded(b plan.Bound, one, several string) string {
	switch {
	case b == plan.Bound(plan.Unbounded):
		return several + " without a bound"
	case b == 1:
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", count(int64(b)), several)
}

func plural(n int, one, several string) string { return bounded(plan.Bound(n), one, several) }

// one explains a step.
func (p *prose) one(x *explained) {
	p.line(fmt.Sprintf("%s: a %s on %s, %s: %s", x.ID, x.Place, place(x.Line, x.File), x.Component, x.Options))
	p.line("")
	say := func(left, text string) {
		if text != "" {
			p.say(left, text)
		}
	}
	say("takes", x.Takes)
	say("gives", x.Gives)
	say("reads", strings.Join(x.Reads, ", "))
	if x.Used != nil {
		say("read of its items", strings.Join(x.Used.Fields, ", "))
		say("taken whole by", strings.Join(x.Used.Whole, ", "))
	}
	if x.Weight > 0 {
		p.say("expressions", fmt.Sprintf("some %d ns for an item", x.Weight))
	}
	say("in the stage", stepNames(x.Stage))
	say("which is apart, as", x.Stage.Apart)
	say("on one core, as", x.Stage.Single)
	say("one by one, as", x.Stage.Singly)
	if x.Stage.Workers > 1 {
		p.say("goroutines", fmt.Sprintf("%d work on its items at once", x.Stage.Workers))
	}
	if x.Shards > 0 {
		p.say("in turn", shardsText(x.StepFacts))
	}
	for _, c := range x.Channels {
		p.say("reads from", fmt.Sprintf("%s: %s wait at most, %s", c.From, plural(c.Capacity, "item", "items"), c.Why))
	}
	p.say("order", cmp.Or(x.Stage.WhyOrder, "that of the input"))
	p.say("holds", bounded(x.Stage.Holds, "item", "items")+" beside what waits in channels")
	if c := x.Calls; c != nil {
		p.say("calls", callText(c))
		p.say("an item", attemptsText(c))
		for _, s := range c.Settings {
			p.say(s.Key, fmt.Sprintf("%s (%s)", s.Value, origin(s, x.StepFacts)))
		}
		if c.Idle > 0 {
			p.say("connections", fmt.Sprintf("up to %d to one host stay open while none uses them", c.Idle))
		}
	}
	p.say("what fails", x.Failed)
	if x.Inner != nil {
		p.line("")
		p.inner(x.StepFacts)
	}
}
