package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/internal/cli/redact"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/plan"
)

func (a *app) explainCommand() *cobra.Command {
	format := "text"
	var limit int64
	cores := 0
	settings := dsl.Settings{Registry: a.reg, Env: os.LookupEnv, Unbound: true}
	cmd := &cobra.Command{
		Use:   "explain FILE [STEP]",
		Short: "Say how a pipeline would run, and why so",
		Long: `Says what a run of the pipeline would be made of, without running it: which steps share a goroutine and which
do not, and why; how many items each channel holds; in which order results come; how often and for how long an
item may be tried; what the run holds at worst; and what keeps it from working on more at once. With a STEP,
all that there is to say of that one.`,
		Example:           "  flowrun explain pipeline.yaml\n  flowrun explain pipeline.yaml fetch\n  flowrun explain pipeline.yaml --format json",
		Args:              pipelines(1, 2),
		ValidArgsFunction: pipelineFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if cores < 0 || limit < 0 {
				return usage("--cores and --limit are numbers from 1 on")
			}
			settings.Limited = limit > 0
			p, files, list := dsl.LoadFile(args[0], settings)
			if len(list) > 0 {
				a.diagnostics(list, files)
			}
			if p == nil {
				a.code = exitUsage
				return nil
			}
			facts := runtime.Arrange(p, runtime.Options{Limit: limit, Plan: plan.Options{Workers: cores}}).Explain()
			out := redact.New(a.stdout)
			out.Hide(p.Secrets...)
			if err := explainTo(out, facts, args[1:], format); err != nil {
				return err
			}
			return out.Flush()
		},
	}
	choose(cmd, &format, "format", "how to say it", "text", "json")
	cmd.Flags().StringArrayVar(&settings.Set, "set", nil, "give a param a value: `NAME=VALUE`")
	cmd.Flags().StringVar(&settings.ParamsFile, "params", "", "a YAML or JSON `FILE` of values of params")
	cmd.Flags().Int64Var(&limit, "limit", 0, "as a run that ends after `N` items of the sources")
	cmd.Flags().IntVar(&cores, "cores", 0, "as on a machine of so many `CORES`; those of this one unless given")
	return cmd
}

// explainTo writes an explanation, or what it says of one step.
func explainTo(w io.Writer, e *plan.Explanation, step []string, format string) error {
	var of any = e
	if len(step) > 0 {
		found, ids := find(e, step[0])
		switch {
		case found == nil:
			if near := diag.Nearest(step[0], ids); near != "" {
				return usage("there is no step `%s` in the pipeline: did you mean `%s`?", step[0], near)
			}
			return usage("there is no step `%s` in the pipeline; there are %s", step[0], strings.Join(ids, ", "))
		case found.channel != nil:
			of = found.channel
		default:
			of = found
		}
	}
	if format == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(of)
	}
	p := &prose{}
	switch x := of.(type) {
	case *plan.Explanation:
		p.whole(x)
	case *explained:
		p.one(x)
	case *plan.Channel:
		p.line(fmt.Sprintf("%s: the bound of the channel from %s to %s, %s", step[0], x.From, x.To, plural(x.Capacity, "item", "items")))
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// explained is a step with the stage and the channels around it.
type explained struct {
	plan.StepFacts
	Stage    plan.StageFacts `json:"stage"`
	Channels []plan.Channel  `json:"channels"` // into the stage
	channel  *plan.Channel   // of a step that is no more than the bound of one; else nil
}

// find gives a step by its id, nil where there is none, and the ids that there are.
func find(e *plan.Explanation, id string) (found *explained, ids []string) {
	for _, s := range e.Stages {
		for _, step := range s.Steps {
			ids = append(ids, step.ID)
			if step.ID == id {
				found = &explained{StepFacts: step, Stage: s, Channels: into(e, s.Name)}
			}
			if step.Inner == nil {
				continue
			}
			inner, more := find(step.Inner, id)
			if ids = append(ids, more...); inner != nil {
				found = inner
			}
		}
	}
	for i, c := range e.Channels {
		ids = append(ids, c.Buffers...)
		if slices.Contains(c.Buffers, id) {
			found = &explained{channel: &e.Channels[i]}
		}
	}
	return found, ids
}

// into gives the channels into a stage.
func into(e *plan.Explanation, stage string) (out []plan.Channel) {
	for _, c := range e.Channels {
		if c.To == stage {
			out = append(out, c)
		}
	}
	return out
}
