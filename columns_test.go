package flowrun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun"
)

// TestColumnsDoNotShow runs pipelines over numbers that go from step to step in columns, and over the same ones as items
// one by one: the output, the error and the fates must be the same, whatever overflows and wherever the run stops.
func TestColumnsDoNotShow(t *testing.T) {
	steps := []string{
		"filter: it % 2 == 0",
		"filter: it % 7 != 3 && it * 3 > 20 || it == 1",
		"filter: not (it - 5 < it % 3)",
		"map: it * 3 + 1",
		"filter: it > 10 and it % 5 == -2 or it in [7, 8, 100]",
		"map: it * it",
		"{map: \"it % 2 == 0 ? it : -it\"}",
		"{map: \"it % 100 == 99 ? 1 : 7 % (it % 100 - 99)\", on_error: skip}",
		"map: max(it, 20) - abs(it - 250)",
		"map: -it",
		"map: it * 4611686018427387904",
		"{map: it * 2305843009213693952, on_error: skip}",
		"{filter: 100 % (it - 300) != 1, on_error: skip}",
		"map: 7 % (it - 400)",
		"map: it / 2 + 1",
		"map: it * 0.5 - 3",
		"fold: {init: 0.5, next: acc + it}",
		"map: {n: it}",
		"map: {a: it, b: it * 2, even: it % 2 == 0, kind: \"'x'\"}\n  - filter: it.even and it.a % 3 == 1",
		"map: {a: it, b: it * 0.5, of: {c: it - 5}}\n  - filter: it.of.c > 20\n  - map: it.a + it.of.c",
		"{map: {a: it, b: 7 % (it - 300)}, on_error: skip}\n  - fold: {init: 0, next: acc + it.b}",
		"enumerate: {from: 7}\n  - filter: it.index % 3 == 1",
		"enumerate: {}\n  - map: it.index - it.value",
		"map: it % 3 == 0",
		"map: {a: it, b: it * 2}\n  - set: {c: it.a + it.b, a: 5}\n  - keep: [a, c]\n  - filter: it.c % 2 == 1",
		"{map: {a: it, b: it * 2}}\n  - {set: {c: 100 % (it.a - 200)}, on_error: skip}\n  - drop: a\n  - map: it.c - it.b",
		"map: {a: it}\n  - drop: a",
		"map: let x = it * 2; x * x - 1",
		"{filter: let x = 100 % (it - 150); it > 20, on_error: skip}",
		"map: it ** 2 + bitand(it, 7) - bitxor(it, 1)",
		"map: it.n",
		"{map: it + 1, when: it > 10}",
		"take: 150",
		"skip: 100",
		"scan: {init: 0, next: \"max(acc, it) % 1000\"}",
		"{scan: {init: 1, next: acc * it}, on_error: skip}",
		"scan: {init: 0, next: \"it == 200 ? nil : it\"}",
		"fold: {init: 0, next: \"it % 3 == 0 ? acc + it : acc\"}",
		"fold: {init: 1, next: \"(acc * 31 + it) % 1000007\"}",
		"reduce: max(acc, it)",
		"{reduce: acc * it, on_error: skip}",
		"scan: {init: 0, next: acc + it}",
		"fold: {init: 0, next: acc + it}",
		"fold: {init: 1, next: it * 2 - acc}",
		"reduce: acc + it * it",
		"count: {}",
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, 5, 255, 256, 257, 600, 1024, 1025, 3000}).Draw(rt, "n")
		from := rapid.IntRange(-300, 300).Draw(rt, "from")
		chosen := rapid.SliceOfN(rapid.SampledFrom(steps), 1, 4).Draw(rt, "steps")
		run := func(ranged bool) (string, string, string) {
			var text strings.Builder
			fmt.Fprintf(&text, "source: {range: {from: %d, to: %d}}\nsteps:\n", from, from+n-1)
			if !ranged {
				text.Reset()
				fmt.Fprintf(&text, "source: {generate: {state: %d, while: state < %d, emit: state, next: state + 1}}\nsteps:\n", from, from+n)
			}
			for _, s := range chosen {
				text.WriteString("  - " + s + "\n")
			}
			p, err := flowrun.Parse("p.yaml", []byte(text.String()), flowrun.Options{})
			if err != nil {
				rt.Skip("a step does not go with the one before it")
			}
			var out bytes.Buffer
			rep, err := p.Run(context.Background(), flowrun.Options{Stdout: &out})
			fates := ""
			for _, s := range rep.Steps[1:] {
				if sum := s.Completed + s.Filtered + s.Dropped + s.Skipped + s.Fatal + s.Cancelled; sum != s.In || s.Cancelled < 0 || s.Completed < 0 {
					text, _ := json.Marshal(s)
					rt.Fatalf("%q: the fates do not add up: %s", chosen, text)
				}
				fates += fmt.Sprint(s.ID, s.In, s.Out, s.Completed, s.Filtered, s.Skipped, s.Fatal, s.Cancelled, " ")
			}
			if err != nil { // what was under way then is not the same each time
				return "", err.Error(), ""
			}
			return out.String(), "", fates
		}
		out, failure, fates := run(true)
		wantOut, wantFailure, wantFates := run(false)
		if out != wantOut || failure != wantFailure || fates != wantFates {
			rt.Fatalf("from %d, %d of them, through %q:\nin columns %q\n%s\n%s\nas items %q\n%s\n%s", from, n, chosen, out, failure, fates, wantOut, wantFailure, wantFates)
		}
	})
}
