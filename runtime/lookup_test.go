package runtime_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// How many goroutines look up the items of a join does not show: output, failure and fates are those of one core.
func TestLookupsDoNotShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, name) }
		rows, copies := rapid.IntRange(0, 60).Draw(rt, "rows"), rapid.IntRange(1, 4).Draw(rt, "of each key")
		var table []string
		for i := range rows * copies {
			table = append(table, fmt.Sprintf(`{k: "key %d", name: "name %d", z: %d}`, i%rows, i, i))
		}
		text := "source: {stdin: {}, on_error: skip}\nsources:\n  table: {items: [" + strings.Join(table, ", ") + "]}\nsteps:\n" +
			draw("before", "", "  - filter: it.n % 3 != 1\n", "  - distinct: it.n % 50\n", "  - flat_map: \"map(0..(it.n % 25), merge(it, {n: it.n + #}))\"\n") +
			"  - join: {with: table, on: " + draw("on", "it.k == other.k", "it.k == other.k and it.n % 2 == other.z % 2", "it.n == other.z", "it.n % 10 == other.z % 10",
			"it.n == 100 / (other.z - 17)", "10 / (it.n - 200) == other.z", "it.k == other.k and 10 / (it.n - other.z) > 0") +
			draw("kind", "", ", kind: left", ", kind: anti") + draw("to", "", `, to: "{n: it.n, name: other?.name}"`, `, to: "{n: it.n / (it.n - 150)}"`) + "}" + draw("failed", "", "\n    on_error: skip") + "\n" +
			draw("behind", "", "  - set: {m: it.n * 2}\n", "  - count: {}\n", "  - distinct: it.n % 7\n", "  - aggregate: {by: {m: it.n % 5}, values: {n: count()}}\n", "  - take: 30\n")
		if !strings.Contains(text, "distinct") && !strings.Contains(text, "aggregate") { // which of several comes too late for it, is no matter
			text = draw("memory", "", "", "memory: 4KiB\n") + text
		}
		if _, err := load(text); err != nil && (strings.Contains(err.Error(), "FR402") || strings.Contains(err.Error(), "FR404")) {
			rt.Skip("a step reads what one before it leaves out")
		}
		// Where none of its first input came to a join, the end of that may come before those of its table, which are then cancelled.
		input := `{"n":0,"k":"key 0","x":0}` + "\n" + strings.Join(lines(rt), "")
		opt := plan.Options{Workers: rapid.IntRange(2, 8).Draw(rt, "workers"), Ahead: rapid.SampledFrom([]int{0, 1, 10}).Draw(rt, "ahead")}
		seed := rapid.Uint64().Draw(rt, "pieces")
		many := share(t, text, input, opt, seed, rapid.SampledFrom([]int{0, 0, 0, 3}).Draw(rt, "drain"))
		fates := many.fates(rt, text)
		if many.rep.Outcome == metrics.Stopped { // how far it came is a matter of chance
			return
		}
		one := share(t, text, input, plan.Options{Workers: 1}, seed, 0)
		switch {
		case many.err != one.err:
			rt.Fatalf("%s\nby %d workers: %s\nby one: %s", text, opt.Workers, many.err, one.err)
		case one.err != "": // how much was written before the end is not said
			if !strings.HasPrefix(one.out, many.out) && !strings.HasPrefix(many.out, one.out) {
				rt.Fatalf("%s\nby %d workers:\n%s\nby one:\n%s", text, opt.Workers, many.out, one.out)
			}
		case many.out != one.out:
			rt.Fatalf("%s\nby %d workers:\n%s\nby one:\n%s", text, opt.Workers, many.out, one.out)
		case !strings.Contains(text, "take") && fates != one.fates(rt, text):
			rt.Fatalf("%s\nby %d workers:\n%s\nby one:\n%s", text, opt.Workers, fates, one.fates(rt, text))
		}
	})
}

// A join whose input was cut short has not given all that a count behind it is to count.
func TestWhatADrainedJoinGaveIsNotWhole(t *testing.T) {
	input := strings.Repeat(`{"k":1}`+"\n", 5000)
	for _, step := range []string{"join: {with: table, on: it.k == other.k}", "join: {with: table, on: it.k == other.k, within: 1h}", "zip: [stdin, table]"} {
		for _, workers := range []int{1, 4} {
			text := "source: {stdin: {}}\nsources:\n  table: {items: {of: [{k: 1}], times: 1000}}\nsteps:\n  - " + step + "\n  - count: {}\n"
			if strings.HasPrefix(step, "zip") {
				text = strings.Replace(text, "times: 1000", "times: 1000000", 1)
			}
			if got := share(t, text, input, plan.Options{Workers: workers}, 1, 2); got.rep.Outcome != metrics.Stopped || got.out != "" {
				t.Errorf("%s by %d: %s, %q %s", step, workers, got.rep.Outcome, got.out, got.err)
			}
		}
	}
}
