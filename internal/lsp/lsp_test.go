package lsp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
