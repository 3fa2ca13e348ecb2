package flowrun_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/plan"
)

// TestJoins checks what comes of several inputs, over capacities and fused or not.
func TestJoins(t *testing.T) {
	for name, c := range map[string]struct{ pipeline, want string }{
		"zip by position": {`
source: {range: {from: 1, to: 3000}}
steps:
  - {id: n, map: it}
  - {id: square, from: n, map: it * it}
  - {id: neg, from: n, map: "-it"}
  - zip: [square, neg]
  - skip: 2998
`, "[8994001,-2999] [9000000,-3000]"},
		"zip by lineage over a filter": {`
source: {range: {from: 1, to: 8}}
steps:
  - {id: n, map: it}
  - {id: odd, from: n, filter: it % 2 == 1}
  - {id: big, from: n, filter: it > 4}
  - zip: {inputs: [odd, big], align: lineage}
`, "[5,5] [7,7]"},
		"zip by lineage over calls, failures and conditions": {`
source: {range: {from: 1, to: 9}}
steps:
  - {id: n, map: it}
  - {id: call, from: n, sleep: "${(10 - it) * 10}ms", when: it != 7, concurrency: {max: 3, order: completion}}
  - {id: odd, map: "it == 5 ? int('x') : it", on_error: skip}
  - {id: big, from: n, filter: it > 4}
  - {id: ten, map: it * 10}
  - {id: z, zip: {inputs: [odd, ten], align: lineage}}
  - sort: it[0]
`, "[6,60] [7,70] [8,80] [9,90]"},
		"zip by lineage of what a source gives": {`
source: {items: [1, 2, 3]}
steps:
  - {id: odd, filter: it % 2 == 1}
  - {id: z, zip: {inputs: [items, odd], align: lineage}}
`, "[1,1] [3,3]"},
		"zip by lineage over what lets some pass": {`
source: {items: [1, 1, 2, 2, 3, 1, 4]}
steps:
  - {id: n, map: it}
  - {id: new, from: n, distinct: {}}
  - {id: late, skip: 1}
  - {id: other, from: n, changes: {}}
  - {id: big, skip_while: it < 2}
  - zip: {inputs: [late, big], align: lineage}
`, "[2,2] [3,3] [4,4]"},
		"zip by lineage with a branch that is cut short": {`
source: {generate: {state: 1, next: state + 1}}
steps:
  - {id: n, map: it}
  - {id: slow, from: n, sleep: 1ms}
  - {id: two, from: n, take: 2}
  - zip: {inputs: [slow, two], align: lineage}
`, "[1,1] [2,2]"},
		"zip by lineage with a branch that is cut short beside one out of order": {`
source: {generate: {state: 1, next: state + 1}}
steps:
  - {id: n, map: it}
  - {id: slow, from: n, sleep: "${it == 1 ? 100 : 1}ms", concurrency: {max: 2, order: completion}}
  - {id: two, from: n, take: 2}
  - zip: {inputs: [slow, two], align: lineage}
`, "[2,2] [1,1]"},
		"concat of an input that is zipped with a source, which cannot wait for its turn": {`
sources: {in: {range: {from: 1, to: 3}}, none: {items: []}}
defaults: {buffer: 1}
steps:
  - {id: z, zip: [in, none]}
  - concat: [in, z]
`, "1 2 3"},
		"zip by lineage, twice": {`
source: {range: {from: 1, to: 12}}
steps:
  - {id: n, map: it}
  - {id: two, from: n, filter: it % 2 == 0}
  - {id: three, from: n, filter: it % 3 == 0}
  - {id: six, zip: {inputs: [two, three], align: lineage}}
  - {id: half, from: six, map: "it[0] / 2"}
  - {id: twelve, from: six, filter: "it[0] == 12"}
  - {id: z, zip: {inputs: [half, twelve, six], align: lineage}}
`, "[6,[12,12],[12,12]]"},
		"a mark goes nowhere else": {`
source: {range: {from: 1, to: 4}}
steps:
  - {id: n, map: it}
  - {id: odd, from: n, filter: it % 2 == 1}
  - {id: z, zip: {inputs: [odd, n], align: lineage}}
  - {id: zs, collect: {}}
  - {id: odds, from: odd, collect: {}}
  - concat: [zs, odds]
`, "[[1,1],[3,3]] [1,3]"},
		"join with a table": {`
sources:
  films: {items: [{id: 1, title: Alien}, {id: 2, title: Brazil}, {id: 2, title: "Brazil (cut)"}]}
  seen: {items: [{film: 2}, {film: 3}, {film: 1}]}
steps:
  - from: seen
    join: {with: films, on: it.film == other.id, kind: left}
  - map: it?.title
`, `"Brazil" "Brazil (cut)" null "Alien"`},
		"join by more than keys": {`
sources:
  rates: {items: [{c: EUR, from: 1, to: 3, r: 10}, {c: EUR, from: 3, to: 9, r: 20}]}
  sums: {items: [{c: EUR, t: 2, x: 1}, {c: EUR, t: 3, x: 1}, {c: USD, t: 3, x: 1}]}
steps:
  - from: sums
    join: {with: rates, on: "it.c == other.c && other.from <= it.t && it.t < other.to", to: it.x * other.r}
`, "10 20"},
		"join without a key": {`
sources:
  a: {items: [1, 2]}
  b: {items: [3, 1]}
steps:
  - {from: a, join: {with: b, on: it < other}}
`, "[1,3] [2,3]"},
		"join that fails an item": {`
sources:
  a: {items: [{x: 1}, {x: z}]}
  b: {items: [{y: 1}]}
steps:
  - {from: a, join: {with: b, on: int(it.x) == other.y, to: it.x}, on_error: {value: "'bad'"}}
`, `1 "bad"`},
		"join within steps": {`
source: {items: [1, 2]}
steps:
  - each:
      - {id: in, map: it}
      - {id: a, from: in, flat_map: "[it, it + 1]"}
      - {id: b, from: in, flat_map: "[it + 1, it + 2]"}
      - {from: a, join: {with: b, on: it == other, to: it}}
`, "2 3"},
		"merge_sorted": {`
sources:
  a: {range: {from: 1, to: 2000}}
  b: {items: [5, 5, 3000]}
steps:
  - merge_sorted: [a, b]
  - fold: {init: {n: 0, last: 0}, next: {n: acc.n + 1, last: "acc.last <= it ? it : 1 / 0"}}
`, `{"n":2003,"last":3000}`},
		"interleave": {`
sources:
  a: {range: {from: 1, to: 3}}
  b: {items: [10, 20, 30, 40, 50]}
steps:
  - interleave: {inputs: [a, b], k: 2}
`, "1 2 10 20 3 30 40 50"},
	} {
		inEveryArrangement(t, name, c.pipeline, c.want)
	}
}

// Invariant 24: zip by lineage over filters, calls and failures gives exactly the items that both branches let pass, at
// any capacity.
func TestZipByLineagePairsWhatPasses(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(rt, "n")
		a, b := rapid.IntRange(1, 5).Draw(rt, "a"), rapid.IntRange(1, 5).Draw(rt, "b")
		order := rapid.SampledFrom([]string{"input", "completion"}).Draw(rt, "order")
		most := rapid.IntRange(1, 7).Draw(rt, "max")
		capacity := rapid.SampledFrom([]int{0, 1, 2, 16}).Draw(rt, "capacity")
		unfused := rapid.Bool().Draw(rt, "unfused")
		pipeline := fmt.Sprintf(`
source: {range: {from: 1, to: %d}}
defaults: {buffer: %d}
steps:
  - {id: n, map: it}
  - {id: a, from: n, filter: it %% %d != 1}
  - {sleep: "${it * 7919 %% 13}ms", concurrency: {max: %d, order: %s}}
  - {id: fails, map: "it %% 7 == 3 ? int('x') : it", on_error: skip}
  - {id: b, from: n, filter: it %% %d != 2}
  - {id: buffered, buffer: 2}
  - zip: {inputs: [fails, buffered], align: lineage}
  - sort: {}
`, n, capacity, a, most, order, b)
		want := ""
		for i := 1; i <= n; i++ {
			if i%a != 1 && i%7 != 3 && i%b != 2 {
				want += fmt.Sprintf("[%d,%d] ", i, i)
			}
		}
		synctest.Test(t, func(t *testing.T) {
			got, rep := result(t, pipeline, runtime.Options{Plan: plan.Options{Unfused: unfused}})
			if got+" " != want && !(got == "" && want == "") {
				rt.Fatalf("%s\ngot  %s (exit %d %s)\nwant %s", pipeline, got, rep.ExitCode, rep.Error, want)
			}
		})
	})
}

// TestJoinByTheClock joins two streams by when their items come.
func TestJoinByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, rep := result(t, `
sources:
  a: {interval: {every: 10ms, count: 4}}
  b: {interval: {every: 100ms, initial_delay: 14ms, count: 2}}
steps:
  - {id: left, from: a, map: it.n}
  - {id: right, from: b, map: it.n + 100}
  - {from: left, join: {with: right, on: "true", kind: left, within: 5ms}}
`, runtime.Options{})
		if got != "0 [1,100] 2 3" || rep.Elapsed != 35*time.Millisecond+1 {
			t.Errorf("%s after %v, exit %d %s", got, rep.Elapsed, rep.ExitCode, rep.Error)
		}
	})
}
