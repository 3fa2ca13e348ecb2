package runtime_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/runtime"
)

// whatever is an output that is not looked at: how far the items before a failure come is not said.
const whatever = "whatever"

// What the common keys of a file do to a run: its output, its exit code, and how long it takes to the millisecond.
func TestWhatKeysDo(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		limit int64
		out   string // its lines, with blanks between them
		exit  int
		ms    int
		err   string // what the error ends with
	}{
		"when passes items by untouched": {file: `
source: {range: {from: 1, to: 4}}
steps:
  - map: it * 100
    when: it % 2 == 0
`, out: "1 200 3 400"},
		"when keeps the place of what passes by a call": {file: `
source: {range: {from: 1, to: 4}}
steps:
  - sleep: 10ms
    when: it % 2 == 0
    concurrency: 4
`, out: "1 2 3 4", ms: 10},
		"what passes by a call waits for nothing where order is of no matter": {file: `
source: {range: {from: 1, to: 4}}
steps:
  - sleep: "${it * 10}ms"
    when: it % 2 == 0
    concurrency: {max: 4, order: completion}
`, out: "1 3 2 4", ms: 40},
		"when that fails is a failure of the item": {file: `
source: {range: {from: 1, to: 3}}
steps:
  - map: it * 100
    when: "it == 2 ? it % (it - it) : false"
    on_error: skip
`, out: "1 3", exit: 3},
		"fail": {file: `
source: {range: {from: 1, to: 4}}
steps:
  - map: "it == 3 ? it % (it - it) : it"
`, out: whatever, exit: 1, err: "test.yaml:3:5: map: it - it is 0, and nothing can be divided by it"},
		"skip": {file: `
source: {range: {from: 1, to: 4}}
steps:
  - map: "it == 3 ? it % (it - it) : it"
    on_error: skip
`, out: "1 2 4", exit: 3},
		"value sees the item and the error": {file: `
source: {range: {from: 1, to: 4}}
steps:
  - map: "it == 3 ? it % (it - it) : it"
    on_error: {value: {was: it, type: error.type, step: error.step}}
`, out: `1 2 {"was":3,"type":"expression","step":"map"} 4`, exit: 3},
		"value that fails ends the run": {file: `
source: {range: {from: 1, to: 4}}
steps:
  - map: "it == 3 ? it % (it - it) : it"
    on_error: {value: 1 % (it - it)}
`, out: whatever, exit: 1, err: "on_error: it - it is 0, and nothing can be divided by it"},
		"emit stands in the item's place, and mapping steps pass it on": {file: `
source: {range: {from: 1, to: 3}}
steps:
  - id: odd
    map: "it == 2 ? it % (it - it) : it"
    on_error: emit
  - map: it + 1
  - sleep: 1ms
  - filter: it < 100
`, out: `2 {"item":2,"error":{"type":"expression","message":"it - it is 0, and nothing can be divided by it","step":"odd","attempts":1,"at":"2000-01-01T00:00:00Z"}} 4`, exit: 3, ms: 2},
		"to": {file: `
source: {range: {from: 1, to: 3}}
steps:
  - map: "it == 2 ? it % (it - it) : it"
    on_error: {to: failed}
  - filter: false
sinks:
  failed: {stdout: {}}
  rest: {from: [filter], discard: {}}
`, out: `{"item":2,"error":{"type":"expression","message":"it - it is 0, and nothing can be divided by it","step":"map","attempts":1,"at":"2000-01-01T00:00:00Z"}}`, exit: 3},
		"to a step": {file: `
sources:
  in: {range: {from: 1, to: 4}}
steps:
  - id: risky
    from: [in]
    map: "it % 2 == 0 ? it % (it - it) : it"
    on_error: {to: mend}
  - id: mend
    map: it.item * 100
  - merge: [risky, mend]
  - sort: {}
`, out: "1 3 200 400", exit: 3},
		"as many failures as are tolerated": {file: `
source: {range: {from: 1, to: 6}}
steps:
  - map: "it <= 2 ? it % (it - it) : it"
    on_error: {action: skip, tolerate: {errors: 2}}
`, out: "3 4 5 6", exit: 3},
		"more failures than are tolerated": {file: `
source: {range: {from: 1, to: 6}}
steps:
  - map: "it <= 3 ? it % (it - it) : it"
    on_error: {action: skip, tolerate: {errors: 2}}
  - fold: {init: 0, next: acc + it}
`, out: "", exit: 1, err: "3 items failed, and 2 are tolerated; the last: it - it is 0, and nothing can be divided by it"},
		"a greater share of failures than is tolerated": {file: `
source: {range: {from: 1, to: 100}}
steps:
  - map: "it % 4 == 0 || it > 20 ? it % (it - it) : it"
    on_error: {action: skip, tolerate: {ratio: 0.25, min_items: 20}}
  - fold: {init: 0, next: acc + it}
`, out: "", exit: 1, err: "6 of 21 items failed, more than the ratio of 0.25 that is tolerated; the last: it - it is 0, and nothing can be divided by it"},
		"failed calls keep their place": {file: `
source: {items: [30, 10, 20]}
steps:
  - sleep: "${it == 10 ? it % (it - it) : it}ms"
    concurrency: 3
    on_error: {value: "0"}
`, out: "30 0 20", exit: 3, ms: 30},
		"two steps share a limit": {file: `
sources: {in: {range: {from: 1, to: 4}}}
limits: {jobs: {concurrency: 2}}
steps:
  - {id: a, from: [in], sleep: 100ms, concurrency: 4, limits: [jobs]}
  - {id: b, from: [in], sleep: 100ms, concurrency: 4, limits: [jobs]}
  - merge: [a, b]
  - count: {}
`, out: "8", ms: 400},
		"a limit for each key": {file: `
source: {items: [{h: a}, {h: a}, {h: b}, {h: b}, {h: a}]}
limits: {host: {concurrency: 1, by: it.h}}
steps:
  - sleep: 100ms
    concurrency: 5
    limits: [host]
  - count: {}
`, out: "5", ms: 300},
		"weights": {file: `
source: {range: {from: 1, to: 4}}
limits: {memory: {concurrency: 5}}
steps:
  - sleep: 100ms
    concurrency: 4
    limits: [{use: memory, weight: 2}]
  - count: {}
`, out: "4", ms: 200},
		"one key after another": {file: `
source: {items: [{k: a, ms: 30}, {k: a, ms: 10}, {k: b, ms: 20}, {k: b, ms: 5}]}
steps:
  - sleep: "${it.ms}ms"
    concurrency: {max: 4, order: key, key: it.k}
  - map: it.ms
`, out: "20 5 30 10", ms: 40},
		"a run that takes too long is drained": {file: `
timeout: 1s
source: {interval: 300ms}
steps:
  - map: it.n
  - sleep: 500ms
    concurrency: 5
`, out: "0 1 2 3", exit: 4, ms: 1400},
		"no total over a part of the input": {file: `
timeout: 1s
source: {interval: {every: 300ms, count: 100}}
steps:
  - count: {}
`, out: "", exit: 4, ms: 1000},
		"a chunk that is not full": {file: `
timeout: 1s
source: {interval: 300ms}
steps:
  - map: it.n
  - chunks: 3
`, out: "[0,1,2] [3]", exit: 4, ms: 1000},
		"a drain that takes too long": {file: `
timeout: 1s
drain: 2s
source: {interval: 300ms}
steps:
  - map: it.n
  - sleep: 1h
`, out: "", exit: 4, ms: 3000},
		"--limit": {file: `
source: {interval: 300ms}
steps:
  - map: it.n
  - chunks: 3
`, limit: 4, out: "[0,1,2] [3]", ms: 900},
		"--limit counts what all sources give": {file: `
sources:
  fast: {interval: {every: 100ms, count: 100}}
  slow: {interval: {every: 1h, initial_delay: 50ms, count: 100}}
steps:
  - {from: [fast, slow], count: {}}
`, limit: 5, out: "5", ms: 300},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := load(strings.TrimPrefix(c.file, "\n"))
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				r, err := runtime.Start(context.Background(), p, runtime.Options{Stdout: &out, Limit: c.limit})
				if err != nil {
					t.Fatal(err)
				}
				rep := r.Wait()
				if got := strings.ReplaceAll(strings.TrimSpace(out.String()), "\n", " "); got != c.out && c.out != whatever {
					t.Errorf("gives %s, want %s", got, c.out)
				}
				if rep.ExitCode != c.exit || rep.Elapsed.Milliseconds() != int64(c.ms) {
					t.Errorf("exit %d after %v, want %d after %d ms: %s", rep.ExitCode, rep.Elapsed, c.exit, c.ms, rep.Error)
				}
				if !strings.HasSuffix(rep.Error, c.err) || c.err == "" && rep.Error != "" {
					t.Errorf("error %q, want %q", rep.Error, c.err)
				}
				if leaks := runtime.Leaks(r); len(leaks) > 0 {
					t.Error(leaks)
				}
			})
		})
	}
}
