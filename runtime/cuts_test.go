package runtime_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/runtime/metrics"
)

// Whatever ends its input with an item takes none behind that, however many come at a time: they would fail. They were sent to
// it, and count as cancelled, and so they do where the item fails that is the last.
func TestNothingIsBegunBehindTheEnd(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(200, 1500)).Draw(rt, "items")
		last := rapid.IntRange(1, n+3).Draw(rt, "last")
		until := fmt.Sprintf("1 %% (it > %d ? 0 : 1) == 0 and it < %d", last, last) // what comes behind it fails
		end := rapid.SampledFrom([]struct {
			step         string
			passes, ends bool
		}{
			{fmt.Sprintf("take_while: %q", until), false, true},
			{fmt.Sprintf("take_while: {if: %q, inclusive: true}", until), true, true},
			{fmt.Sprintf("take_until: %q", "not ("+until+")"), false, true},
			{fmt.Sprintf("take_until: {when: %q, inclusive: true}", "not ("+until+")"), true, true},
			{fmt.Sprintf("map_while: %q", until+" ? it : null"), false, true},
			{fmt.Sprintf("filter: \"1 %% (it == %d ? 0 : 1) == 0\"", last), false, false},
		}).Draw(rt, "end")
		before := rapid.SampledFrom([]string{"", "  - map: it\n", "  - buffer: 50\n  - {id: before, changes: it}\n"}).Draw(rt, "before")
		behind := rapid.SampledFrom([]string{"", "  - map: it\n", "  - skip_while: it < 1\n"}).Draw(rt, "behind")
		ms := rapid.IntRange(0, 2).Draw(rt, "ms")
		text := fmt.Sprintf("source: {feed: {n: %d}}\nsteps:\n%s  - id: end\n    %s\n%ssink: {memo: {name: out, ms: %d}}\n", n, before, end.step, behind, ms)
		how := anyPlan(rt)
		res, err := run(t, text, how, 0, none)
		if err != nil {
			rt.Fatal(err)
		}
		accounts(rt, text, res)
		outcome, passed := metrics.Complete, min(n, last-1)
		if end.passes {
			passed = min(n, last)
		}
		if !end.ends && last <= n {
			outcome = metrics.Failed
		}
		if res.rep.Outcome != outcome {
			rt.Fatalf("%s\n%s: %s", text, res.rep.Outcome, res.rep.Error)
		}
		if got := res.sinks["out"].items; outcome == metrics.Complete && len(got) != passed || !prefix(got, upTo(passed)) {
			rt.Fatalf("%s\ngot %v, want %d", text, got, passed)
		}
		sent := int64(0)
		for _, s := range res.rep.Steps {
			together := s.ID == "before" && !how.Unfused && end.ends // in one stage with the end
			begun := s.In - s.Cancelled
			if (s.ID == "end" || together) && begun > int64(min(n, last)) || s.ID == "end" && how.Workers == 1 && (end.ends || how.Unfused) && s.In != sent {
				rt.Fatalf("%s%+v\nof %d items sent, %d came to %s, and %d were begun", text, how, sent, s.In, s.ID, begun)
			}
			sent = s.Out
		}
	})
}
