package runtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/operators"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
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
	"state by key, encoded for a sink": `
source: {stdin: {}}
steps:
  - filter: it.n > 0
  - distinct: it.n
  - keep: [n]
`,
	"state by key, and results at the end": `
source: {stdin: {}}
steps:
  - distinct: it.n
  - aggregate: {by: it.n, values: {c: count()}}
  - filter: it.n > 0
`,
	"heavy steps": `
source: {range: {from: 1, to: 1000000000}}
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
					inHand(t, facts, r.Snapshot())
					_ = feed.Close() // nobody reads it any more
					r.Stop()
					r.Wait()
				})
			})
		}
	}
}

// inHand checks that no stage of calls, or of steps that keep nothing, has more items in hand than is said.
func inHand(t *testing.T, e *plan.Explanation, rep metrics.Report) {
	t.Helper()
	for _, s := range e.Stages {
		if s.Kind != "call" && s.Name != "map" {
			continue
		}
		for _, step := range rep.Steps {
			if step.ID == s.Name && step.In-step.Out > int64(s.Holds) {
				t.Errorf("%s has %d items in hand, and said were %d", s.Name, step.In-step.Out, s.Holds)
			}
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
		for _, step := range s.Steps {
			if step.Shards > 0 {
				line += fmt.Sprintf("%s in %d shards ", step.ID, step.Shards)
			}
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

// An item whose every attempt hangs takes as long, and as many calls, as is said of it at worst.
func TestTheWorstIsAsBadAsIsSaid(t *testing.T) {
	for name, step := range map[string]string{
		"one attempt":                `{sleep: 24h, timeout: 3s}`,
		"fixed":                      `{sleep: 24h, timeout: 3s, retry: {strategy: fixed, initial: 700ms, jitter: none, max_attempts: 3}}`,
		"linear, up to a bound":      `{sleep: 24h, timeout: 3s, retry: {strategy: linear, initial: 1s, increment: 400ms, max_delay: 2s, jitter: none, max_attempts: 6}}`,
		"exponential, up to a bound": `{sleep: 24h, timeout: 3s, retry: {initial: 1s, factor: 3, max_delay: 5s, jitter: none, max_attempts: 5}}`,
		"immediate":                  `{sleep: 24h, timeout: 3s, retry: {strategy: immediate, max_attempts: 2}}`,
		"the item's time is over":    `{sleep: 24h, timeout: {attempt: 3s, item: 8s}, retry: {strategy: fixed, initial: 500ms, jitter: none, max_attempts: 5}}`,
		"copies":                     `{sleep: 24h, timeout: 3s, hedge: {delay: 1s, max: 2}, retry: {strategy: fixed, initial: 500ms, jitter: none, max_attempts: 2}}`,
		"late copies":                `{sleep: 24h, timeout: 3s, hedge: {delay: 10s, max: 2}}`,
		"no attempt after that time": `{sleep: 24h, timeout: 3s, retry: {strategy: fixed, initial: 1s, jitter: none, max_attempts: 9, max_elapsed: 8s}}`,
		"attempts of the steps around": `{each: [{sleep: 24h, timeout: 3s, retry: {strategy: fixed, initial: 500ms, jitter: none, max_attempts: 2}}],
      timeout: {attempt: 1m}, retry: {strategy: fixed, initial: 1s, jitter: none, max_attempts: 3}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := load("source: {items: [1]}\nsteps:\n  - id: it\n    each: [" + step + "]\n    on_error: {action: skip, tolerate: {errors: 9}}\n")
				if err != nil {
					t.Fatal(err)
				}
				e := runtime.Arrange(p, runtime.Options{}).Explain()
				longest, calls := e.Stages[1].Steps[0].Inner.Stages[0].Steps[0].Calls.Longest, 0
				for at := e.Stages[1].Steps[0]; ; at = at.Inner.Stages[0].Steps[0] {
					if calls = at.Calls.Calls; at.Inner == nil {
						break
					}
				}
				r, err := runtime.Start(context.Background(), p, runtime.Options{Stdin: strings.NewReader("")})
				if err != nil {
					t.Fatal(err)
				}
				rep := r.Wait()
				got := int64(0)
				for _, s := range rep.Steps {
					if s.Name == "sleep" {
						got = s.Attempts + s.Copies
					}
				}
				switch name {
				case "attempts of the steps around": // the bound of its own is far
					longest = rep.Elapsed
				case "the item's time is over":
					calls = int(got)
				case "no attempt after that time": // the last one may begin just before
					calls, longest = int(got), longest-4*time.Second
				}
				if rep.Elapsed != longest || got != int64(calls) {
					t.Errorf("it took %v and %d calls; said were %v and %d", rep.Elapsed, got, longest, calls)
				}
			})
		})
	}
}

// Every example of every component can be explained, on any number of cores.
func TestEveryComponentIsExplained(t *testing.T) {
	explained := 0
	for _, c := range operators.All() {
		for _, e := range c.Examples {
			p, err := load(e.Pipeline)
			if err != nil {
				continue // it needs files, which are not here
			}
			for _, cores := range []int{1, 4} {
				facts := runtime.Arrange(p, runtime.Options{Plan: plan.Options{Workers: cores}}).Explain()
				text, err := json.Marshal(facts)
				if err != nil || len(facts.Stages) == 0 || facts.Faults != nil || !strings.Contains(string(text), `"`+c.Name+`"`) {
					t.Errorf("%s\n%s %v", e.Pipeline, text, err)
				}
			}
			explained++
		}
	}
	if explained < 50 {
		t.Errorf("only %d were explained", explained)
	}
}
