package flowrun_test

import (
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/runtime/plan"
)

// TestWhatIsNoStandstill has graphs that look as if they might hang, and cannot: none of the rules may speak of them.
func TestWhatIsNoStandstill(t *testing.T) {
	for name, pipeline := range map[string]string{
		"branches with calls, conditions and values for what fails": `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: a, wait: 2, concurrency: {max: 3, order: completion}, when: it % 2 == 0}
  - {id: b, from: n, map: "it == 7 ? int('x') : it", on_error: {value: it}}
  - {id: c, from: n, each: [{wait: 1}, {map: it}], concurrency: 4}
  - zip: [a, b, c]
`,
		"chunks of the same size": `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: a, chunks: 6}
  - {from: n, chunks: 2}
  - {id: b, chunks: 3}
  - interleave: [a, b]
`,
		"a zip of zips": `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: a, map: it}
  - {id: b, from: n, wait: 1}
  - {id: c, from: n, scan: {init: 0, next: acc + it}}
  - {id: ab, zip: [a, b]}
  - zip: [ab, c]
`,
		"two zips of the same two sources": `
sources: {s: {stream: 100}, t: {stream: 100}}
steps:
  - {id: x, zip: [s, t]}
  - {id: y, zip: [t, s]}
  - merge: [x, y]
`,
		"fewer of one than of the other, where only the other may be waited for": `
sources: {s: {stream: 100}, t: {stream: 100}}
steps:
  - {id: few, from: s, some: 2}
  - {id: x, zip: [few, t]}
  - {id: y, merge: [s, x]}
`,
		"results after what they are made of": `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: total, fold: {init: 0, next: acc + it}}
  - {id: sorted, from: n, sort: it}
  - {id: latest, from: n, conflate: {}}
  - concat: [n, total, sorted, latest]
`,
		"the head before all": `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: head, take: 4}
  - concat: [head, n]
`,
		"all before the head": `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: head, take: 4}
  - concat: [n, head]
`,
		"a stream that is shorter than the channels are long": `
source: {range: {from: 1, to: 8}}
steps:
  - {id: a, map: it}
  - {id: b, from: range, some: 2}
  - concat: [b, a]
`,
		"a short stream, after it was merged": `
source: {items: [1, 2]}
steps:
  - {id: a, map: it}
  - {id: b, from: items, map: it}
  - {id: m, merge: [a, b]}
  - {id: x, map: it}
  - {id: y, from: m, map: it}
  - concat: [x, y]
`,
		"few that are read twice": `
source: {stream: 100}
steps:
  - {id: few, count: {}}
  - {id: a, map: it}
  - {id: b, from: few, map: it}
  - concat: [a, b]
`,
		"one table for two joins": `
sources: {films: {stream: 20}, seen: {stream: 100}}
steps:
  - {id: a, from: seen, join: {with: films, on: it == other}}
  - {id: b, join: {with: films, on: it == other}}
`,
		"a table of totals of the stream": `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: totals, aggregate: {by: {k: it % 3}, values: {n: count()}}}
  - {from: totals, join: {with: n, on: it.k == other}}
`,
		"work that is shared out and sorted again": `
source: {stream: 100}
steps:
  - {id: share, balance: 2}
  - {id: a, from: share.0, wait: 1}
  - {id: b, from: share.1, wait: 2}
  - merge_sorted: [a, b]
`,
		"streams joined by the clock": `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: odd, filter: it % 2 == 1}
  - {from: n, join: {with: odd, on: it == other, within: 5s}}
`,
		"streams of one source, joined by their times": `
source: {stream: 12000}
steps:
  - {id: n, map: "{n: it, at: parse_time(string(it), 'unix')}"}
  - {id: first, route: {cases: {half: it.n < 11500}}}
  - {from: first.half, join: {with: first.else, on: it.n + 500 == other.n, within: 10m, time: it.at}}
  - count: {}
`,
		"branches of one item": `
source: {stream: 100}
steps:
  - each:
      - {id: n, map: it}
      - {id: a, map: it}
      - {id: b, from: n, map: it}
      - concat: [a, b]
`,
	} {
		t.Run(name, func(t *testing.T) {
			p, broken := checked(t, "defaults: {buffer: 4}"+pipeline)
			if len(broken) > 0 {
				t.Fatalf("it breaks %v", broken)
			}
			for _, opt := range []plan.Options{{Workers: 1}, {Unfused: true, Workers: 1}, {Workers: 2}} {
				synctest.Test(t, func(t *testing.T) {
					if rep := ended(t, p, opt); rep.ExitCode != 0 && rep.ExitCode != 3 {
						t.Errorf("%+v: exit %d %s", opt, rep.ExitCode, rep.Error)
					}
				})
			}
		})
	}
}
