package cli

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cli/redact"
	"github.com/flowrun/flowrun/operators"
	"github.com/flowrun/flowrun/runtime"
)

// What a run shows while it lasts, and what is said at its end of the step that the others waited for. Time is virtual:
// a machine that is slow, or busy, shows the same.
func TestProgressAndPace(t *testing.T) {
	const (
		calls = "source: {range: {from: 1, to: 200}}\nsteps:\n- sleep: 77ms\n  concurrency: 8\n"
		taps  = "source: {range: {from: 1, to: 140}}\nsteps:\n- sleep: 21ms\n  concurrency: 2\n- filter: it % 50 == 1\n- tap: saw ${it}\n"
		idle  = "source: {interval: {every: 110ms, count: 12}}\nsteps:\n- sleep: 1ms\n"
		short = "source: {interval: {every: 90ms, count: 11}}\nsteps:\n- sleep: 1ms\n" // nine looks, and all of it within a second
		erase = `\r\x1b\[K`
	)
	for _, c := range []struct {
		progress string
		terminal bool
		pipeline string
		want     []string // lines, each a pattern
	}{
		{"none", false, calls, []string{
			`done in 1\.93s: 200 in, 200 out, 103/s`,
			"sleep set the pace: its queue was full 89% of the time, with 8\\.0 of 8 calls running; raise its `concurrency` if what it calls can take more",
		}},
		{"none", false, idle, []string{`done in 1\.21s: 12 in, 12 out, 9/s`, `the source interval set the pace: the steps waited for it`}},
		{"none", false, short, []string{`done in 901ms: 11 in, 11 out, 12/s`}},
		{"json", false, idle, []string{`\{"pipeline":"p","outcome":"running","exit_code":0,"elapsed_ns":1000000000,"items_in":10,.*`, `done in .*`, `.* set the pace: .*`}},
		{"auto", false, taps, []string{"tap: saw 1", "tap: saw 51", "tap: saw 101", `done in 1\.47s: .*`, `.* set the pace: .*`}},
		{"none", true, taps, []string{"tap: saw 1", "tap: saw 51", "tap: saw 101", `done in 1\.47s: .*`, `.* set the pace: .*`}},
		{"auto", true, short, []string{`done in 901ms: 11 in, 11 out, 12/s`}},
		{"auto", true, taps, []string{
			"tap: saw 1", "tap: saw 51",
			erase + `1s  \d+ in  2 out  \d+/s  2 running  waiting for sleep` + erase + "tap: saw 101",
			erase + `1\.2s  \d+ in  3 out  \d+/s  2 running.*` + erase + `1\.4s  140 in  3 out  100/s  2 running` + erase + `step +in +out`,
			`done in 1\.47s: .*`, `.* set the pace: .*`,
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			plan, _, list := dsl.Load("p.yaml", []byte(c.pipeline), dsl.Settings{Registry: flow.NewRegistry(operators.All()...)})
			if plan == nil {
				t.Fatal(list)
			}
			var text bytes.Buffer
			a := &app{stderr: redact.New(&text)}
			show := newScreen(a)
			show.terminal = c.terminal
			r, err := runtime.Start(context.Background(), plan, runtime.Options{Log: show.log})
			if err != nil {
				t.Fatal(err)
			}
			shown := show.progress(c.progress, r)
			rep := r.Wait()
			a.conclude("text", rep, shown(), plan, r.Err())
			lines := regexp.MustCompile(`(?m)^(step +in|\w+ +\d).*\n`).ReplaceAllString(text.String(), "")
			if !regexp.MustCompile(`\A(?:` + strings.Join(c.want, `\n`) + `\n)\z`).MatchString(lines) {
				t.Errorf("--progress %s, on a terminal: %v\n%sgot:\n%q\nwant:\n%s", c.progress, c.terminal, c.pipeline, lines, strings.Join(c.want, "\n"))
			}
		})
	}
}
