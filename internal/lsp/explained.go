package lsp

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/plan"
)

// explained says how a step would run, in brief; "" where the file is not right as it stands.
func (s *server) explained(d *document, p *dsl.Part) string {
	loaded, _, _ := dsl.Load(d.path, d.text, dsl.Settings{Registry: s.reg, Env: os.LookupEnv, Unbound: true})
	if loaded == nil || d.good != d.now {
		return ""
	}
	line := d.good.File.Node(p.Key).Start.Line
	stage, step := standing(runtime.Arrange(loaded, runtime.Options{}).Explain(), p.Component.Name, line)
	if step == nil {
		return ""
	}
	var names []string
	for _, other := range stage.Steps {
		names = append(names, other.ID)
	}
	text := "runs in the stage `" + strings.Join(names, " → ") + "`"
	if names[0] == step.ID && stage.Apart != "" {
		text += ", apart from what is before: " + stage.Apart
	}
	if stage.WhyOrder != "" {
		text += "; order: " + stage.WhyOrder
	}
	if c := step.Calls; c != nil {
		calls := "1 call"
		if c.Calls > 1 {
			calls = fmt.Sprintf("up to %d calls", c.Calls)
		}
		text += "; an item: " + calls
		if c.Longest > 0 {
			text += fmt.Sprintf(", in %s at most", flow.FormatDuration(c.Longest.Round(time.Millisecond)))
		}
	}
	return "\n\n" + text
}

// standing finds what stands on a line, and its stage.
func standing(e *plan.Explanation, component string, line int) (*plan.StageFacts, *plan.StepFacts) {
	for i := range e.Stages {
		stage := &e.Stages[i]
		for k := range stage.Steps {
			step := &stage.Steps[k]
			if step.Line == line && step.File == "" && step.Component == component {
				return stage, step
			}
			if step.Inner == nil {
				continue
			}
			if stage, step := standing(step.Inner, component, line); step != nil {
				return stage, step
			}
		}
	}
	return nil, nil
}
