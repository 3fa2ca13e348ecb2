package flowrun_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
)

// Each line is a step, and what it gives of items {id: int, name: string, tags: list of string, n?: int or null, …}. What it reads besides, `more`, is
// {id: int, city: string}.
const given = `
map: it.tags | list of string
set: {x: it.id / 2} | {id: int, name: string, tags: list of string, n?: int or null, x: float, …}
keep: [id, zip] | {id: int, zip?: any}
drop: [name, tags] | {id: int, n?: int or null, …}
flat_map: it.tags | string
flat_map: {steps: [{map: it.name}]} | string
each: [{map: {a: it.id}}] | {a: int}
each: [{map: it.id}, {collect: {}}], into: x | {id: int, name: string, tags: list of string, n?: int or null, x: list of int, …}
group_by: {key: it.name, steps: [{count: {}}, {map: {k: key, n: it}}]} | {k: string, n: int}
enumerate: {} | {index: int, value: {id: int, name: string, tags: list of string, n?: int or null, …}}
fold: {init: {n: 0, all: []}, next: {n: acc.n + it.id, all: "concat(acc.all, [it.name])"}} | {n: int, all: list of string}
scan: {init: 0, next: acc + it.id} | int
reduce: "{id: acc.id + it.id, name: it.name}" | {id: int, name: string, tags?: list of string, n?: int or null, …}
conflate: {init: "[it.id]", next: "concat(acc, [it.id])"} | list of int
aggregate: {by: it.name, values: {n: count(), t: sum(it.id), m: mean(it.id), l: collect(it.n), f: first(it.tags), d: distinct(it.id), hi: max(it.id), p: p95(it.id)}} | {name: string, n: int, t: int, m: float or null, l: list of int, f: list of string or null, d: int, hi: int or null, p: int or null}
window: {size: 1m, by: it.name, values: {t: sum(it.id)}} | {start: time, end: time, name: string, t: int}
window: {size: 1m} | {start: time, end: time, items: list of {id: int, name: string, tags: list of string, n?: int or null, …}}
chunks: 3 | list of {id: int, name: string, tags: list of string, n?: int or null, …}
count: {} | int
any: it.id > 1 | bool
keep_alive: {after: 1s, value: "'tick'"} | string or {id: int, name: string, tags: list of string, n?: int or null, …}
expand: {children: "map(it?.tags ?? [], ({name: #}))", max_depth: 1} | {id?: int, name: string, tags?: list of string, n?: int or null, …}
parse: {as: regexp, field: name, pattern: '(?P<first>\w+) (?P<last>\w+)'} | {id: int, name: {first: string or null, last: string or null}, tags: list of string, n?: int or null, …}
parse: {as: csv, field: name, into: row, columns: [a, b]} | {id: int, name: string, tags: list of string, n?: int or null, row: {a: string, b: string}, …}
parse: {as: key_value, field: name, into: kv} | {id: int, name: string, tags: list of string, n?: int or null, kv: object, …}
format: json | string
join: {with: more, on: it.id == other.id} | {id: int, name: string, tags: list of string, n?: int or null, city: any, …}
join: {with: more, on: it.id == other.id, to: {id: it.id, city: other.city}} | {id: int, city: string}
join: {with: more, on: it.id == other.id, kind: left, to: "other?.city"} | string or null
join: {with: more, on: it.id == other.id, kind: anti, to: it.id} | int
zip: {inputs: [in, more], end: all} | list of {id: int, name?: string, tags?: list of string, n?: int or null, …} or null
merge: [in, more] | {id: int, name?: string, tags?: list of string, n?: int or null, …}
http: "http://h.test/${it.id}" | {status: int, headers: object, body: any, request: {method: string, url: string}, item: {id: int, name: string, tags: list of string, n?: int or null, …}}
http: {get: "http://h.test/${it.id}", as: text}, into: reply | {id: int, name: string, tags: list of string, n?: int or null, reply: {status: int, headers: object, body: string, request: {method: string, url: string}, item: {id: int, name: string, tags: list of string, n?: int or null, …}}, …}
exec: {command: ["cat"], stdin: it.name, as: lines} | {exit: int, stdout: list of string, stderr: string, item: {id: int, name: string, tags: list of string, n?: int or null, …}}
map: it.id, when: it.id > 1 | int or {id: int, name: string, tags: list of string, n?: int or null, …}
map: it.id, on_error: {value: error.attempts + 0.5} | int or float
map: it.id, on_error: emit | int or {item: {id: int, name: string, tags: list of string, n?: int or null, …}, error: {type: string, message: string, step: string, attempts: int, at: time}}
`

func TestWhatStepsGive(t *testing.T) {
	for _, line := range strings.Split(strings.TrimSpace(given), "\n") {
		at := strings.LastIndex(line, " | ")
		step, want := line[:at], line[at+3:]
		from := ", from: in"
		if strings.HasPrefix(step, "zip") || strings.HasPrefix(step, "merge") {
			from = ""
		}
		if got := gives(t, "{"+step+from+", id: it}"); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", step, got, want)
		}
	}
}

// gives says what the checker knows of the items that a step named `it` gives.
func gives(t *testing.T, step string) string {
	t.Helper()
	text := `
sources:
  in: {stdin: {}, schema: {id: int, name: string, tags: [string], n: int or null}}
  more: {items: [{id: 1, city: x}, {id: 2, city: y}]}
steps:
  - ` + step + `
sinks:
  out: {stdout: {}, from: it}
  rest: {discard: {}, from: [in, more]}
`
	p, files, list := dsl.Load("test.yaml", []byte(text), dsl.Settings{Registry: flowrun.Registry(), Dir: t.TempDir()})
	if p == nil {
		var out bytes.Buffer
		diag.Text(&out, list, files, false)
		return out.String()
	}
	for _, n := range p.Nodes {
		if n.ID == "it" {
			return n.All().String()
		}
	}
	return ""
}
