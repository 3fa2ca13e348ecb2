package runtime_test

import (
	"context"
	"fmt"
	"io"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/plan"
)

// started are pipelines that come to a standstill with as much under way as there can be: their input has no end, and
// calls take a day.
var started = map[string]string{
	"one stage": `
source: {stdin: {}}
steps:
  - filter: it.n > 0
  - fold: {init: 0, next: acc + it.n}
`,
	"blocks, and a state behind them": `
source: {stdin: {}}
steps:
  - filter: it.n > 0
  - set: {m: it.n * 2}
  - enumerate: {}
  - {sleep: 24h, concurrency: 3}
`,
	"blocks encoded for a sink": `
source: {stdin: {}}
steps:
  - filter: it.n > 0
`,
	"heavy steps": `
source: {generate: {state: 1, emit: state, next: state + 1}}
steps:
  - map: len(sha256(string(it))) + len(sha256(string(it + 1))) + len(sha256(string(it + 2))) + len(sha256(string(it + 3)))
  - {sleep: 24h, concurrency: {max: 4, order: completion}}
`,
	"several readers, a buffer, and a join": `
source: {generate: {state: 1, emit: state, next: state + 1}}
steps:
  - id: a
    map: it
  - id: even
    filter: it % 2 == 0
  - buffer: 7
  - id: late
    sleep: 24h
  - id: b
    from: a
    map: it * 3
  - merge: [late, b]
  - {sleep: 24h, concurrency: {max: 2, window: 5}}
`,
	"routes and failures": `
source: {generate: {state: 1, emit: state, next: state + 1}}
defaults: {buffer: 5}
steps:
  - id: way
    route: {cases: {odd: it % 2 == 1}}
  - id: halved
    from: way.else
    map: it / 2
    on_error: {to: failures}
  - id: slow
    sleep: 24h
  - id: odd
    from: way.odd
    map: it + 1
  - id: slower
    sleep: 24h
sinks:
  halves: {from: slow, discard: {}}
  odds: {from: slower, discard: {}}
  failures: {discard: {}}
`,
	"time, and a buffer of bytes": `
source: {generate: {state: 1, emit: state, next: state + 1}}
steps:
  - buffer: {size: 3, bytes: 1MiB}
  - {sleep: 24h, concurrency: 2}
  - debounce: 1s
`,
	"steps within a call": `
source: {generate: {state: 1, emit: state, next: state + 1}}
steps:
  - each:
      - flat_map: 1..50
      - sleep: "${it == 1 ? 0 : 24}h"
        concurrency: 2
      - map: it + 1
      - buffer: 3
      - sleep: 24h
    concurrency: 3
`,
	"steps for each item": `
source: {generate: {state: 1, emit: state, next: state + 1}}
steps:
  - flat_map:
      mode: merge
      max: 3
      steps:
        - flat_map: 1..50
        - {sleep: 24h, concurrency: 2}
`,
	"steps that only compute": `
source: {generate: {state: 1, emit: state, next: state + 1}}
steps:
  - group_by:
      key: it % 3
      steps:
        - scan: {init: 0, next: acc + it}
  - {sleep: 24h, concurrency: 2}
`,
}

// What is said of a plan is what a run of it is made of: its stages with the components in them, its channels, and its
// goroutines.
func TestWhatIsExplainedIsWhatRuns(t *testing.T) {
	for name, text := range started {
		for _, cores := range []int{1, 2, 4} {
			t.Run(fmt.Sprintf("%s on %d", name, cores), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, err := load(text)
					if err != nil {
						t.Fatal(err)
					}
					input, feed := io.Pipe()
					opt := runtime.Options{Stdin: input, Plan: plan.Options{Workers: cores}}
					facts := runtime.Arrange(p, opt).Explain()
					r, err := runtime.Start(context.Background(), p, opt)
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(text, "stdin") {
						_, _ = io.WriteString(feed, `{"n": 1}`+"\n"+`{"n": 2}`+"\n"+`{"n": 3}`+"\n"+`{"n": 4}`+"\n") // read at once
					}
					if got, want := runtime.Built(r), said(facts); !slices.Equal(got, want) {
						t.Errorf("built:\n%s\nsaid:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
					synctest.Wait()
					got, most := goroutines(), int(facts.Goroutines)
					for _, s := range facts.Stages {
						most -= s.Blocks // a goroutine of a block ends with it
					}
					if got != most {
						t.Errorf("%d goroutines, want %d", got, most)
					}
					_ = feed.Close() // nobody reads it any more
					r.Stop()
					r.Wait()
				})
			})
		}
	}
}

// said gives the stages of an explanation as runtime.Built gives those of a run.
func said(e *plan.Explanation) (out []string) {
	for _, s := range e.Stages {
		line := ""
		for _, step := range s.Steps {
			if step.ID != s.Encodes {
				line += step.ID + " "
			}
		}
		for _, c := range e.Channels {
			if c.To == s.Name {
				line += fmt.Sprintf("<- %s → %s %d ", c.From, c.To, c.Capacity)
			}
		}
		if s.Kind == "call" {
			line += fmt.Sprintf("window %d ", s.Steps[0].Calls.Window)
		}
		if s.Blocks > 0 {
			line += fmt.Sprintf("blocks %d ", s.Blocks)
		}
		if s.Encodes != "" {
			line += "encodes "
		}
		out = append(out, line)
	}
	return out
}

// goroutines counts those that work in stages.
func goroutines() (n int) {
	stacks := make([]byte, 1<<20)
	text := string(stacks[:goruntime.Stack(stacks, true)])
	for _, f := range []string{"(*net).work(", "(*net).dispatch(", "(*net).read(", "(*calls).work(", "(*split).work("} {
		n += strings.Count(text, "runtime."+f)
	}
	return n
}
