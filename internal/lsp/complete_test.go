package lsp

import (
	"strings"
	"testing"
)

func TestCompletion(t *testing.T) {
	e := newEditor(t, "{}")
	tests := []struct{ line, marked, has, hasNot string }{
		{"  - filter: it > params.least", "  - filter: it > params.‸", "least", "index"},
		{"  - filter: it > params.least", "  - filter: meta.‸", "index", "least"},
		{"  - filter: it > params.least", "  - filter: par‸", "params", "filter:"},
		{"    limits: [api]", "    limits: [‸]", "", ""},
		{"    limits: [api]", "    limits: ‸", "api", "bad"},
		{"    on_error: {to: bad}", "    on_error:\n      ‸", "action", "from"},
		{"    limits: [api]", "    ‸", "retry", "sleep"},
		{"  - sleep: 10ms", "  - ‸", "aggregate", "stdin"},
		{"  - sleep: 10ms", "  - sl‸", "sleep", "stdin"},
		{"sink: {stdout: {}}", "sink:\n  ‸", "stdout", "range"},
		{"sink: {stdout: {}}", "‸", "sink", "stdout"},
		{"  a: {items: [1, 2]}", "  a:\n    file:\n      ‸", "path", "items"},
	}
	for _, tt := range tests {
		e.open(pipeline)
		text := strings.Replace(pipeline, tt.line, tt.marked, 1)
		result, failure := e.at("textDocument/completion", text, "")
		got := " " + labels(t, result) + " "
		if failure != "" || tt.has != "" && !strings.Contains(got, " "+tt.has+" ") || tt.hasNot != "" && strings.Contains(got, " "+tt.hasNot+" ") {
			t.Errorf("%s: %s %s, want %s and not %s", tt.marked, got, failure, tt.has, tt.hasNot)
		}
	}
	e.close()
}

// TestTypesAtTheCursor asks what items are, step by step.
func TestTypesAtTheCursor(t *testing.T) {
	const text = `source: {items: [{id: 1, user: {name: a}}]}
steps:
  - set:
      twice: it.id * 2
  - map:
      n: it.twice
      who: it.user.name
  - filter: it.n > 1 && it.who != ''
`
	e := newEditor(t, "{}")
	if got := e.open(text); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	for marked, want := range map[string]string{
		"      n: it.tw‸ice":                    "`it.twice`: int",
		"      who: it.user.na‸me":              "`it.user.name`: string",
		"  - filter: i‸t.n > 1 && it.who != ''": "`it`: {n: int, who: string}",
		"  - fil‸ter: it.n > 1 && it.who != ''": "takes `{n: int, who: string}`",
	} {
		result, _ := e.at("textDocument/hover", strings.Replace(text, strings.Replace(marked, "‸", "", 1), marked, 1), "")
		if !strings.Contains(string(result), want) {
			t.Errorf("%s: %s, want %s", marked, result, want)
		}
	}
	for marked, want := range map[string]string{
		"      who: it.user.‸": "name", "  - filter: it.‸": "n who", "      twice: it.‸": "id user",
	} {
		line, _, _ := strings.Cut(marked, ": it.")
		at := strings.Index(text, line)
		whole, _, _ := strings.Cut(text[at:], "\n")
		e.open(text)
		result, _ := e.at("textDocument/completion", strings.Replace(text, whole, marked, 1), "")
		if got := labels(t, result); got != want {
			t.Errorf("%s: %s, want %s", marked, got, want)
		}
	}
	if got := e.open(strings.Replace(text, "it.who !=", "it.whoo !=", 1)); len(got) != 1 || !strings.Contains(got[0].Message, "did you mean") {
		t.Errorf("%+v", got)
	}
	e.close()
}

// TestFieldsAfterADot asks what may follow, in every place that expressions see more than the item.
func TestFieldsAfterADot(t *testing.T) {
	const text = `params: {n: {type: int, default: 1}}
sources:
  in:
    stdin: {}
    schema: {id: int, user: {name: string}, tags: [{label: string}]}
  more: {items: [{id: 1, city: x}]}
steps:
  - from: in
    join:
      with: more
      on: it.id == other.id
      to: {city: other.city, tag: "it.tags[0].label"}
  - map: int(it.city)
    on_error: {value: error.message}
  - scan:
      init: {total: 0}
      next: {total: acc.total}
  - group_by:
      key: "{sort: it.total}"
      steps:
        - count: {}
        - map: key.sort + it
  - http: http://localhost/${it}
  - map: it.request.url
  - route: {cases: {a: "len(it) > 1"}}
    id: r
sinks:
  a: {discard: {}, from: r.a}
  b: {discard: {}, from: r.else}
`
	e := newEditor(t, "{}")
	if got := e.open(text); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	for marked, want := range map[string]string{
		"it.id == other.‸": "id city", "{city: other.‸": "id city", "it.tags[0].‸": "label", "{value: error.‸": "type message step attempts at status",
		"{total: acc.‸": "total", "map: key.‸": "sort", "map: it.‸": "status headers body request item", "it.request.‸": "method url", "{sort: it.‸": "total",
	} {
		begin := strings.TrimSuffix(marked, "‸")
		at := strings.Index(text, begin)
		if marked == "map: it.‸" {
			at = strings.Index(text, "map: it.request")
		}
		rest := text[at+len(begin):]
		e.open(text)
		result, _ := e.at("textDocument/completion", text[:at]+marked+strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"), "")
		if got := labels(t, result); got != want {
			t.Errorf("%s: %s, want %s", marked, got, want)
		}
	}
	for marked, want := range map[string]string{
		"other.ci‸ty": "`other.city`: string", "acc.tot‸al": "`acc.total`: int", "it.request.u‸rl": "`it.request.url`: string", "error.mess‸age": "`error.message`: string",
		"ke‸y.sort": "`key`: {sort: int}",
	} {
		result, _ := e.at("textDocument/hover", strings.Replace(text, strings.Replace(marked, "‸", "", 1), marked, 1), "")
		if !strings.Contains(string(result), want) {
			t.Errorf("%s: %s, want %s", marked, result, want)
		}
	}
	e.close()
}
