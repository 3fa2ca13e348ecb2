package lsp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators"
)

// editor is a headless client: it writes requests and reads what comes back.
type editor struct {
	t    *testing.T
	to   chan string
	from *bufio.Reader
	exit chan int
	id   int
	diag map[string][]lspDiagnostic
	log  strings.Builder
}

func newEditor(t *testing.T, options string) *editor {
	in, to := io.Pipe()
	from, out := io.Pipe()
	e := &editor{t: t, to: make(chan string, 10), from: bufio.NewReader(from), exit: make(chan int, 1), diag: map[string][]lspDiagnostic{}}
	go func() { // until the session ends
		for text := range e.to {
			_, _ = fmt.Fprintf(to, "Content-Length: %d\r\n\r\n%s", len(text), text) // the server may have gone
		}
	}()
	go func() {
		code, err := Serve(flow.NewRegistry(operators.All()...), in, out)
		if err != nil {
			t.Error(err)
		}
		_ = out.Close()
		e.exit <- code
	}()
	e.ask("initialize", `{"capabilities":{},"initializationOptions":`+options+`}`)
	e.tell("initialized", `{}`)
	return e
}

func (e *editor) send(text string) {
	e.log.WriteString("→ " + text + "\n")
	e.to <- text
}

func (e *editor) tell(method, params string) {
	e.send(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
}

// receive reads one message; of notifications, it keeps the diagnostics.
func (e *editor) receive() (m struct {
	ID     *int            `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *rpcError       `json:"error"`
}) {
	text, err := read(e.from)
	if err != nil {
		e.t.Fatal(err)
	}
	e.log.WriteString("← " + string(text) + "\n")
	if err := json.Unmarshal(text, &m); err != nil {
		e.t.Fatal(err)
	}
	if m.Method == "textDocument/publishDiagnostics" {
		var p struct {
			URI         string          `json:"uri"`
			Diagnostics []lspDiagnostic `json:"diagnostics"`
		}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			e.t.Fatal(err)
		}
		e.diag[p.URI] = p.Diagnostics
	}
	return m
}

// ask sends a request and gives its result, or the error's message.
func (e *editor) ask(method, params string) (result json.RawMessage, failure string) {
	e.id++
	e.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, e.id, method, params))
	for {
		m := e.receive()
		if m.ID == nil || *m.ID != e.id {
			continue
		}
		if m.Error != nil {
			return nil, m.Error.Message
		}
		return m.Result, ""
	}
}

const uri = "file:///p.flow.yaml"

// open opens a text, or changes to it, and waits for what is wrong with it.
func (e *editor) open(text string) []lspDiagnostic {
	quoted, _ := json.Marshal(text)
	if _, ok := e.diag[uri]; !ok {
		e.tell("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"yaml","version":1,"text":%s}}`, uri, quoted))
	} else {
		e.tell("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":2},"contentChanges":[{"text":%s}]}`, uri, quoted))
	}
	for e.receive().Method != "textDocument/publishDiagnostics" {
	}
	return e.diag[uri]
}

// at opens a text with the cursor at the mark ‸ and asks there.
func (e *editor) at(method, text, more string) (result json.RawMessage, failure string) {
	before, after, ok := strings.Cut(text, "‸")
	if !ok {
		e.t.Fatalf("no cursor in %s", text)
	}
	e.open(before + after)
	line := strings.Count(before, "\n")
	column := 0
	for _, r := range before[strings.LastIndexByte(before, '\n')+1:] {
		column += width(r)
	}
	return e.ask(method, fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}%s}`, uri, line, column, more))
}

func (e *editor) close() int {
	e.ask("shutdown", "null")
	e.tell("exit", "null")
	close(e.to)
	return <-e.exit
}

func labels(t *testing.T, result json.RawMessage) string {
	t.Helper()
	var list []completion
	if err := json.Unmarshal(result, &list); err != nil {
		t.Fatalf("%s: %v", result, err)
	}
	var out []string
	for _, c := range list {
		out = append(out, c.Label)
	}
	return strings.Join(out, " ")
}

const pipeline = `params:
  least: {type: int, default: 3}
limits:
  api: {concurrency: 2}
sources:
  a: {items: [1, 2]}
  b: {range: {from: 1, to: 3}}
steps:
  - merge: [a, b]
    id: both
  - filter: it > params.least
  - sleep: 10ms
    limits: [api]
    on_error: {to: bad}
sink: {stdout: {}}
sinks:
  bad: {file: bad.jsonl}
`

func TestDiagnosticsFollowTheText(t *testing.T) {
	e := newEditor(t, "{}")
	if got := e.open(pipeline); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	got := e.open(strings.Replace(pipeline, "filter: it > params.least", `filter: "'😀' == itt"`, 1))
	if len(got) != 1 || got[0].Code != "FR402" || got[0].Range.Start != (position{10, 21}) || got[0].Range.End != (position{10, 24}) {
		t.Fatalf("%+v", got)
	}
	if got := e.open("steps: [\n"); len(got) == 0 {
		t.Fatal("broken text is fine")
	}
	if got := e.open(pipeline); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	if code := e.close(); code != 0 {
		t.Fatal(code)
	}
}

func TestWhatTheSchemaSaysIsNotSaidTwice(t *testing.T) {
	text := "source: {rangee: {from: 1}}\nsteps:\n  - filter: itt\n"
	e := newEditor(t, `{"structure":false}`)
	if got := e.open(text); len(got) != 1 || got[0].Code != "FR402" {
		t.Fatalf("%+v", got)
	}
	e.close()
	e = newEditor(t, `{}`)
	if got := e.open(text); len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	e.close()
}

func TestHover(t *testing.T) {
	e := newEditor(t, "{}")
	tests := map[string]string{
		"  - fil‸ter: it > params.least":    "Lets those items pass",
		"    on_e‸rror: {to: bad}":          "What becomes of an item that fails",
		"  - filter: it > params.le‸ast":    "type: `int`",
		"    limits: [ap‸i]":                "concurrency: `2`",
		"    on_error: {to: ba‸d}":          "**bad** (sink)",
		"  b: {ran‸ge: {from: 1, to: 3}}":   "Gives the integers",
		"  b: {range: {fr‸om: 1, to: 3}}":   "The first",
		"  - merge: [a‸, b]":                "**a** (source)",
		"  least: {ty‸pe: int, default: 3}": "What the value must be",
		"  - filter: it > params.least ‸ ":  "",
	}
	for marked, want := range tests {
		plain := strings.Replace(marked, "‸", "", 1)
		text := strings.Replace(pipeline, plain, marked, 1)
		if text == pipeline {
			text = strings.Replace(pipeline, strings.TrimRight(plain, " "), marked, 1)
		}
		result, failure := e.at("textDocument/hover", text, "")
		if failure != "" || want == "" && string(result) != "null" || !strings.Contains(string(result), want) {
			t.Errorf("%s: %s %s, want %s", marked, result, failure, want)
		}
	}
	e.close()
}

func TestStepsWithinAStep(t *testing.T) {
	text := "source: {items: [1]}\nsteps:\n  - each:\n      steps:\n        - map: it + 1\n          id: more\n        - filter: it > 1\n          from: more\n"
	e := newEditor(t, "{}")
	if got := e.open(text); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	if result, _ := e.at("textDocument/hover", strings.Replace(text, "map", "m‸ap", 1), ""); !strings.Contains(string(result), "**map** (step)") {
		t.Errorf("%s", result)
	}
	if result, _ := e.at("textDocument/hover", strings.Replace(text, "map", "m‸ap", 1), ""); !strings.Contains(string(result), "runs in the stage `each/more → each/filter`") {
		t.Errorf("%s", result)
	}
	if result, _ := e.at("textDocument/hover", strings.Replace(text, "each", "ea‸ch", 1), ""); !strings.Contains(string(result), "runs in the stage `each`, apart from what is before: a call waits for the outside while others go on; order: one item after another; an item: 1 call") {
		t.Errorf("%s", result)
	}
	if got, failure := renamed(t, e, strings.Replace(text, "from: more", "from: mo‸re", 1), "x"); failure != "" || got != strings.ReplaceAll(text, "more", "x") {
		t.Errorf("%s %s", got, failure)
	}
	e.close()
}

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

func TestNamesLeadToTheirPlaces(t *testing.T) {
	e := newEditor(t, "{}")
	line := func(result json.RawMessage) int {
		var l location
		if err := json.Unmarshal(result, &l); err != nil {
			t.Fatalf("%s: %v", result, err)
		}
		return l.Range.Start.Line
	}
	for marked, want := range map[string]int{
		"  - merge: [a, b‸]": 6, "    limits: [a‸pi]": 3, "    on_error: {to: b‸ad}": 16, "  - filter: it > params.l‸east": 1,
	} {
		plain := strings.Replace(marked, "‸", "", 1)
		result, _ := e.at("textDocument/definition", strings.Replace(pipeline, plain, marked, 1), "")
		if got := line(result); got != want {
			t.Errorf("%s leads to line %d, want %d", marked, got, want)
		}
	}
	e.close()
}

// renamed applies what a rename answers.
func renamed(t *testing.T, e *editor, marked, name string) (string, string) {
	t.Helper()
	result, failure := e.at("textDocument/rename", marked, fmt.Sprintf(`,"newName":%q`, name))
	if failure != "" {
		return "", failure
	}
	var w struct {
		Changes map[string][]edit `json:"changes"`
	}
	if err := json.Unmarshal(result, &w); err != nil {
		t.Fatal(err)
	}
	return apply(strings.Replace(marked, "‸", "", 1), w.Changes[uri]), ""
}

// apply makes the edits, which are of texts on one line each.
func apply(text string, edits []edit) string {
	lines := strings.Split(text, "\n")
	for i := len(edits) - 1; i >= 0; i-- {
		for j := range i {
			if a, b := edits[i].Range.Start, edits[j].Range.Start; a.Line == b.Line && a.Character < b.Character {
				edits[i], edits[j] = edits[j], edits[i]
			}
		}
		x := edits[i]
		l := lines[x.Range.Start.Line]
		lines[x.Range.Start.Line] = l[:x.Range.Start.Character] + x.NewText + l[x.Range.End.Character:]
	}
	return strings.Join(lines, "\n")
}

func TestRename(t *testing.T) {
	e := newEditor(t, "{}")
	for marked, name := range map[string]string{
		"  - merge: [a‸, b]": "first", "    limits: [api‸]": "web", "  - filter: it > params.least‸": "most", "    on_error: {to: bad‸}": "worse",
	} {
		plain := strings.Replace(marked, "‸", "", 1)
		got, failure := renamed(t, e, strings.Replace(pipeline, plain, marked, 1), name)
		if failure != "" {
			t.Errorf("%s: %s", marked, failure)
			continue
		}
		if left := e.open(got); len(left) != 0 || strings.Count(got, name) < 2 {
			t.Errorf("%s: %+v\n%s", marked, left, got)
		}
	}
	for marked, want := range map[string]string{
		"  - merge: [a‸, b]": `there is a "b" already`, "  - sl‸eep: 10ms": "no name",
	} {
		plain := strings.Replace(marked, "‸", "", 1)
		if _, failure := renamed(t, e, strings.Replace(pipeline, plain, marked, 1), "b"); !strings.Contains(failure, want) {
			t.Errorf("%s: %q, want %q", marked, failure, want)
		}
	}
	e.close()
}

func TestQuickFixesMendTheFile(t *testing.T) {
	e := newEditor(t, "{}")
	text := strings.Replace(pipeline, "filter: it", "fliter: it", 1)
	e.open(text)
	result, _ := e.ask("textDocument/codeAction", fmt.Sprintf(`{"textDocument":{"uri":%q},"range":{"start":{"line":10,"character":0},"end":{"line":10,"character":30}},"context":{"diagnostics":[]}}`, uri))
	var list []struct {
		Title string `json:"title"`
		Edit  struct {
			Changes map[string][]edit `json:"changes"`
		} `json:"edit"`
	}
	if err := json.Unmarshal(result, &list); err != nil || len(list) != 1 {
		t.Fatalf("%s: %v", result, err)
	}
	if got := apply(text, list[0].Edit.Changes[uri]); got != pipeline {
		t.Error(got)
	}
	e.close()
}

func TestSymbolsAndFormatting(t *testing.T) {
	e := newEditor(t, "{}")
	e.open(pipeline)
	result, _ := e.ask("textDocument/documentSymbol", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uri))
	var list []documentSymbol
	if err := json.Unmarshal(result, &list); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
		if s.Selection.Start.Line < s.Range.Start.Line || s.Selection.End.Line > s.Range.End.Line {
			t.Errorf("%+v", s)
		}
	}
	if got := strings.Join(names, " "); got != "least api a b both filter sleep stdout bad" {
		t.Error(got)
	}
	e.open("source:   {items: [1]}\n")
	result, _ = e.ask("textDocument/formatting", fmt.Sprintf(`{"textDocument":{"uri":%q},"options":{}}`, uri))
	if !bytes.Contains(result, []byte(`source: {items: [1]}\n`)) {
		t.Errorf("%s", result)
	}
	e.close()
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "schema.json"), []byte(`{"title": "flowrun pipeline"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		text string
		want bool
	}{
		"compose.yaml": {"services: {}\n", false},
		"p.flow.yaml":  {"services: {}\n", true},
		"q.yaml":       {"# yaml-language-server: $schema=schema.json\nservices: {}\n", true},
		"r.yaml":       {"# yaml-language-server: $schema=other.json\nservices: {}\n", false},
		"s.yaml":       {"# yaml-language-server: $schema=https://example.test/flowrun.json\n", true},
	} {
		if got := isPipeline(filepath.Join(dir, name), []byte(tt.text)); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhatIsNotUnderstoodIsAnError(t *testing.T) {
	e := newEditor(t, "{}")
	if _, failure := e.ask("textDocument/moniker", "{}"); !strings.Contains(failure, "no method") {
		t.Error(failure)
	}
	if result, failure := e.ask("textDocument/hover", `{"textDocument":{"uri":"file:///x"},"position":{"line":0,"character":0}}`); failure != "" || string(result) != "null" {
		t.Errorf("%s %s", result, failure)
	}
	if code := e.close(); code != 0 {
		t.Error(code)
	}
}

// TestAnyPlaceOfABrokenFileIsAnswered asks at every place of files cut off anywhere.
func TestAnyPlaceOfABrokenFileIsAnswered(t *testing.T) {
	e := newEditor(t, "{}")
	e.open(pipeline)
	for n := 0; n < len(pipeline); n += 7 {
		for _, method := range []string{"textDocument/completion", "textDocument/hover", "textDocument/definition"} {
			if _, failure := e.at(method, pipeline[:n]+"‸", ""); failure != "" {
				t.Fatalf("%s after %q: %s", method, pipeline[:n], failure)
			}
		}
	}
	e.close()
}
