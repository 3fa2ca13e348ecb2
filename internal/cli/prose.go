package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/runtime/plan"
)

// prose is text in two columns, within 80: what stands where at the left, and what there is to say of it at the right.
type prose struct {
	b      strings.Builder
	indent string // before all of it
}

const (
	pageWidth = 80
	leftWidth = 22
)

// say adds a line. Text that is too long goes on below itself; where the left side is too long, all of it stands below.
func (p *prose) say(left, text string) {
	if wide(left) >= leftWidth {
		p.line(left)
		left = ""
	}
	for _, line := range wrap(text, pageWidth-leftWidth-len(p.indent)) {
		p.line(left + strings.Repeat(" ", leftWidth-wide(left)) + line)
		left = ""
	}
}

func (p *prose) line(text string) {
	p.b.WriteString(strings.TrimRight(p.indent+text, " ") + "\n")
}

func wide(text string) int { return len([]rune(text)) }

// wrap breaks text into lines.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && wide(line)+1+wide(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// whole explains a pipeline.
func (p *prose) whole(e *plan.Explanation) {
	p.line(fmt.Sprintf("%s: %s, %s, %s, on %s", e.Pipeline, plural(len(e.Stages), "stage", "stages"),
		plural(len(e.Channels), "channel", "channels"), bounded(e.Goroutines, "goroutine at most", "goroutines at most"), plural(e.Workers, "core", "cores")))
	p.line("")
	p.stages(e)
	p.line("")
	p.say("memory", memoryText(e.Memory))
	for _, s := range e.Shared {
		p.say(s.Kind, fmt.Sprintf("%s: %s (%s), for %s", s.Name, strings.TrimPrefix(s.What, s.Name+": "), place(s.Line, s.File), strings.Join(s.Steps, ", ")))
	}
	if e.Pace != nil {
		p.say("pace", paceText(e.Pace))
	}
	for i, s := range e.Slow {
		p.say([]string{"where it is slow", ""}[min(i, 1)], s)
	}
	for _, f := range e.Faults {
		p.say("cannot start", f)
	}
}

// stages explains stages and the channels between them.
func (p *prose) stages(e *plan.Explanation) {
	for i, s := range e.Stages {
		for _, c := range into(e, s.Name) {
			p.say(channelText(c, e, i), c.Why)
		}
		p.say(stepNames(s), stageText(s))
		for _, step := range s.Steps {
			if step.Used != nil && len(step.Used.Fields) > 0 {
				p.say("", "read of its items: "+strings.Join(step.Used.Fields, ", "))
			}
			if step.Shards > 0 {
				p.say("", step.ID+": "+shardsText(step))
			}
			if step.Calls != nil {
				p.calls(step)
			}
			if step.Failed != endsTheRun {
				p.say("", "what fails in "+step.ID+" is "+step.Failed)
			}
			if step.Inner != nil {
				p.inner(step)
			}
		}
	}
	for _, c := range into(e, "") {
		p.say(channelText(c, e, len(e.Stages)), c.Why)
	}
}

// inner explains the steps of a step.
func (p *prose) inner(step plan.StepFacts) {
	outer := p.indent
	p.indent += "  "
	p.stages(step.Inner)
	p.indent = outer
}

// channelText says how many items a channel holds, and of which step where that is not the one above.
func channelText(c plan.Channel, e *plan.Explanation, stage int) string {
	number := "│ " + count(int64(c.Capacity))
	text := "│ " + plural(c.Capacity, "item", "items")
	if c.Capacity == 0 {
		number, text = "│ none", "│ none waits"
	}
	above := ""
	if stage > 0 {
		above = lastStep(e.Stages[stage-1])
	}
	if c.From == above && c.Output == "" && len(into(e, c.To)) == 1 {
		return text
	}
	text = number + " of " + c.From
	if c.Output != "" {
		text += "." + c.Output
	}
	return text
}

// lastStep gives the step whose output leaves a stage.
func lastStep(s plan.StageFacts) string {
	steps := slices.DeleteFunc(slices.Clone(s.Steps), func(step plan.StepFacts) bool { return step.ID == s.Encodes })
	return steps[len(steps)-1].ID
}

func stepNames(s plan.StageFacts) string {
	var names []string
	for _, step := range s.Steps {
		names = append(names, step.ID)
	}
	return strings.Join(names, " → ")
}
