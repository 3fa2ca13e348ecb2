package flowrun_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/plan"
)

// at is a step that adds to each item how many milliseconds after its own beginning it came.
var at = &flow.Component{Name: "at", Maker: flow.Makes(func(*struct{}, *flow.Env) (flow.Op, error) { return clock{time.Now()}, nil })}

type clock struct{ start time.Time }

func (c clock) Process(it flow.Item, emit flow.Emit) error {
	return emit(it.With(value.OfString(fmt.Sprintf("%s@%d", it.Value.Text(), time.Since(c.start).Milliseconds()))))
}

// come is a source of `VALUE@MS` items: each comes so many milliseconds after the beginning.
func come(items string) string {
	var all []string
	last := 0
	for _, x := range strings.Fields(items) {
		v, ms := x, 0
		if _, err := fmt.Sscanf(strings.Replace(x, "@", " ", 1), "%s %d", &v, &ms); err != nil {
			panic(err)
		}
		all = append(all, fmt.Sprintf("{v: %s, wait: %d}", v, ms-last))
		last = ms
	}
	return "source: {items: [" + strings.Join(all, ", ") + "]}\nsteps:\n  - buffer: 0\n  - sleep: \"${it.wait}ms\"\n  - buffer: 0\n  - map: it.v\n"
}

// TestOperatorsOverTime checks to the millisecond what operators that know of time make of items that come at given times.
func TestOperatorsOverTime(t *testing.T) {
	for name, c := range map[string]struct {
		items, steps string
		want         string
		end          int // when the run ends, where that is later than the last item
		dropped      int64
	}{
		"debounce passes the last of a burst":     {"1@0 2@5 3@10 4@40 5@45", "debounce: 20ms", "3@30 5@45", 45, 3},
		"debounce passes nothing twice":           {"1@0 2@20 3@40", "debounce: 20ms", "1@20 2@40 3@40", 40, 0},
		"sample passes the latest of each time":   {"1@0 2@5 3@12 4@31 5@33", "sample: {every: 10ms}", "2@10 3@20 5@33", 33, 2},
		"delay keeps distances":                   {"1@0 2@5 3@6", "delay: 20ms", "1@20 2@25 3@26", 26, 0},
		"delay holds so many":                     {"1@0 2@1 3@2", "delay: {by: 20ms, max: 2}", "1@20 2@21 3@40", 40, 0},
		"keep_alive speaks when nobody does":      {"1@0 2@25 3@30", "keep_alive: {after: 10ms, value: 0}", "1@0 0@10 0@20 2@25 3@30", 30, 0},
		"take_until ends at a time":               {"1@0 2@9 3@10 4@11", "take_until: {after: 10ms}", "1@0 2@9", 10, 0},
		"take_until ends though nothing comes":    {"1@0 2@90", "take_until: {after: 10ms}", "1@0", 10, 0},
		"take_until ends at a condition":          {"1@0 2@10 3@20", "take_until: it == 2", "1@0", 10, 0},
		"ready_chunks gives what is there":        {"1@0 2@5 3@10 4@15", "ready_chunks: 2, then buffer: 0, then sleep: 25ms", "[1]@25 [2]@50 [3,4]@75", 75, 0},
		"conflate keeps the latest":               {"1@0 2@5 3@10 4@15 5@20", "conflate: {}, then sleep: 12ms", "1@12 3@24 5@36", 36, 2},
		"throttle within a burst without an end":  {"1@0 2@0 3@0 4@5", "throttle: {rate: 1/h, burst: 4000000}", "1@0 2@0 3@0 4@5", 5, 0},
		"throttle after a burst":                  {"1@0 2@0 3@0 4@50", "throttle: {rate: 1/10ms, burst: 2}", "1@0 2@0 3@10 4@50", 50, 0},
		"chunks wait for their time":              {"1@0 2@5 3@30", "chunks: {size: 3, timeout: 10ms}", "[1,2]@10 [3]@30", 30, 0},
		"distinct forgets":                        {"1@0 1@5 1@12", "distinct: {ttl: 10ms}", "1@0 1@12", 12, 0},
		"sleep within a step takes items in turn": {"1@0 2@0", "each: [{sleep: 10ms}, {sleep: 5ms}]", "1@15 2@30", 30, 0},
		"a window of the clock":                   {"1@0 2@5 3@12 4@31", "window: {size: 10ms}, then map: len(it.items)", "2@10 1@20 1@31", 31, 0},
		"a session of the clock":                  {"1@0 2@5 3@30", "window: {kind: session, gap: 10ms}, then map: len(it.items)", "2@15 1@30", 30, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, arrangement := range []plan.Options{{}, {Unfused: true}} {
				synctest.Test(t, func(t *testing.T) {
					pipeline := come(c.items)
					for _, s := range strings.Split(c.steps, ", then ") {
						pipeline += "  - " + strings.Trim(s, " ") + "\n"
					}
					got, rep := result(t, pipeline+"  - at: {}\nsink: {stdout: {format: lines}}\n", runtime.Options{Plan: arrangement}, at)
					id, _, _ := strings.Cut(strings.TrimLeft(c.steps, "{"), ":")
					if end := rep.Elapsed.Milliseconds(); got != c.want || end != int64(c.end) || rep.ExitCode != 0 || step(rep, id).Dropped != c.dropped {
						t.Errorf("%+v\n%s\ngot  %s, end %d, %d dropped, exit %d %s\nwant %s, end %d, %d dropped", arrangement, pipeline, got, end, step(rep, id).Dropped, rep.ExitCode, rep.Error, c.want, c.end, c.dropped)
					}
				})
			}
		})
	}
}
