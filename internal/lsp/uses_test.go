package lsp

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const scale = `description: Scales what comes.
params:
  by: {type: int, doc: By how much.}
  unit: {type: string, default: m, enum: [m, km]}
steps:
  - map: it * params.by
`

const scaled = `params: {n: {type: int, default: 3}}
source: {items: [1]}
steps:
  - use:
      file: lib/scale.yaml
      with:
        by: "${params.n}"
  - use: {file: lib/scale.yaml, with: {by: 2}}
  - use: lib/deep/own.yaml
`

// project makes a folder with files that a pipeline uses, and gives the pipeline's path.
func project(t *testing.T) (path string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lib/scale.yaml": scale, "lib/deep/own.yaml": "steps:\n  - map: it\n", "other.yaml": "services: {}\n", "whole.yaml": "source: {items: [1]}\nsteps: []\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "p.flow.yaml")
}

// tellText opens a text as a file's, or changes to it.
func (e *editor) tellText(path, text string) {
	quoted, _ := json.Marshal(text)
	if _, ok := e.diag[uriOf(path)]; !ok {
		e.tell("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"yaml","version":1,"text":%s}}`, uriOf(path), quoted))
	} else {
		e.tell("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":2},"contentChanges":[{"text":%s}]}`, uriOf(path), quoted))
	}
	e.ask("textDocument/documentSymbol", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uriOf(path))) // behind what is published
}

// where asks at the mark ‸ of a file.
func (e *editor) where(method, path, text string) json.RawMessage {
	before, after, _ := strings.Cut(text, "‸")
	e.tellText(path, before+after)
	line := strings.Count(before, "\n")
	result, failure := e.ask(method, fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}}`, uriOf(path), line, len(before)-strings.LastIndexByte(before, '\n')-1))
	if failure != "" {
		e.t.Fatal(failure)
	}
	return result
}

func TestUsedFilesAreKnown(t *testing.T) {
	path := project(t)
	e := newEditor(t, "{}")
	e.tellText(path, scaled)
	if got := e.diag[uriOf(path)]; len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	for marked, want := range map[string]string{
		"      file: lib/sc‸ale.yaml":                 "/lib/scale.yaml\",\"range\":{\"start\":{\"line\":0,",
		"        b‸y: \"${params.n}\"":                "/lib/scale.yaml\",\"range\":{\"start\":{\"line\":2,",
		"  - use: lib/deep/o‸wn.yaml":                 "/lib/deep/own.yaml\",",
		"  - use: {file: lib/scale.yaml, with: {b‸y:": "/lib/scale.yaml\",\"range\":{\"start\":{\"line\":2,",
	} {
		if got := e.where("textDocument/definition", path, strings.Replace(scaled, strings.Replace(marked, "‸", "", 1), marked, 1)); !strings.Contains(string(got), want) {
			t.Errorf("%s leads to %s, want %s", marked, got, want)
		}
	}
	for marked, want := range map[string]string{
		"      file: lib/sc‸ale.yaml":  `**lib/scale.yaml**\n\nScales what comes.\n\n- **by**: int or template, required: By how much.\n- **unit**: string or template, default ` + "`m`",
		"        b‸y: \"${params.n}\"": `**by**: int or template, required\n\nBy how much.`,
	} {
		if got := e.where("textDocument/hover", path, strings.Replace(scaled, strings.Replace(marked, "‸", "", 1), marked, 1)); !strings.Contains(string(got), want) {
			t.Errorf("%s: %s, want %s", marked, got, want)
		}
	}
	for _, tt := range []struct{ old, marked, want string }{
		{"        by: \"${params.n}\"\n", "        by: \"${params.n}\"\n        ‸\n", "unit"},
		{"        by: \"${params.n}\"\n", "        ‸\n", "by unit"},
		{"        by: \"${params.n}\"\n", "        by: \"${params.‸}\"\n", "n"},
		{"        by: \"${params.n}\"\n", "        unit: ‸\n", "m km"},
		{"      file: lib/scale.yaml", "      file: lib/‸", "lib/deep/own.yaml lib/scale.yaml"},
		{"  - use: lib/deep/own.yaml", "  - use: lib/‸", "lib/deep/own.yaml lib/scale.yaml"},
		{"with: {by: 2}", "with: {by: 2, ‸}", "unit"},
		{", with: {by: 2}", ", ‸", "with"},
		{"by: 2", "by: \"${max(1, ‸)}\"", "params"},
	} {
		e.tellText(path, scaled)
		got := labels(t, e.where("textDocument/completion", path, strings.Replace(scaled, tt.old, tt.marked, 1)))
		if got != tt.want && !(tt.want == "params" && strings.HasPrefix(got, "params abs ")) {
			t.Errorf("%s: %s, want %s", tt.marked, got, tt.want)
		}
	}
	e.close()
}

// TestUsersFollowAUsedFile checks that what is wrong with a file as it is edited is shown at the steps that use it, and
// that it is gone when the file is right, or closed.
func TestUsersFollowAUsedFile(t *testing.T) {
	path := project(t)
	lib := filepath.Join(filepath.Dir(path), "lib/scale.yaml")
	e := newEditor(t, "{}")
	e.tellText(path, scaled)
	e.tellText(lib, scale)
	if got := e.diag[uriOf(lib)]; got == nil || len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	e.tellText(lib, strings.Replace(scale, "params.by", "params.buy", 1))
	got := e.diag[uriOf(path)]
	if len(got) != 1 || got[0].Range.Start != (position{3, 4}) || !strings.HasPrefix(got[0].Message, "lib/scale.yaml:6:22: there is no param `buy`") ||
		len(got[0].Related) != 1 || got[0].Related[0].Location.URI != uriOf(lib) || got[0].Related[0].Location.Range.Start != (position{5, 21}) {
		t.Errorf("%+v", got)
	}
	if own := e.diag[uriOf(lib)]; len(own) != 1 || own[0].Range.Start != (position{5, 21}) {
		t.Errorf("%+v", own)
	}
	e.tellText(lib, strings.Replace(scale, "by: {", "factor: {", 1)+"  # later\n")
	if got := e.diag[uriOf(path)]; len(got) < 2 || !strings.HasPrefix(got[1].Message, "the param `factor` of `lib/scale.yaml` has no value") {
		t.Errorf("%+v", got)
	}
	e.tell("textDocument/didClose", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uriOf(lib)))
	e.ask("textDocument/documentSymbol", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uriOf(path)))
	if got := e.diag[uriOf(path)]; len(got) != 0 {
		t.Errorf("%+v", got)
	}
	e.close()
}

// TestAnyPlaceOfAUseIsAnswered asks at every place of a pipeline that uses files, cut off there.
func TestAnyPlaceOfAUseIsAnswered(t *testing.T) {
	path := project(t)
	e := newEditor(t, "{}")
	e.tellText(path, scaled)
	for n := range len(scaled) {
		for _, method := range []string{"textDocument/completion", "textDocument/hover", "textDocument/definition"} {
			e.where(method, path, scaled[:n]+"‸")
		}
	}
	e.close()
}

// TestAFileThatIsOpenAlready checks that a file is looked at when a pipeline that uses it is opened after it.
func TestAFileThatIsOpenAlready(t *testing.T) {
	path := project(t)
	lib := filepath.Join(filepath.Dir(path), "lib/scale.yaml")
	e := newEditor(t, "{}")
	broken := strings.Replace(scale, "params.by", "params.buy", 1)
	e.tellText(lib, broken)
	if got := e.diag[uriOf(lib)]; len(got) != 0 { // it could be anything
		t.Errorf("%+v", got)
	}
	e.tellText(path, scaled)
	if got := e.diag[uriOf(lib)]; len(got) != 1 {
		t.Errorf("%+v", got)
	}
	if got := e.diag[uriOf(path)]; len(got) != 1 {
		t.Errorf("%+v", got)
	}
	e.tellText(lib, "steps: [")
	if got := e.where("textDocument/definition", path, strings.Replace(scaled, "file: lib/sc", "file: lib/sc‸", 1)); !strings.Contains(string(got), "/lib/scale.yaml") {
		t.Errorf("%s", got)
	}
	e.close()
}

func TestFunctionsAreOffered(t *testing.T) {
	e := newEditor(t, "{}")
	result, _ := e.at("textDocument/completion", strings.Replace(pipeline, "it > params.least", "le‸", 1), "")
	var list []completion
	if err := json.Unmarshal(result, &list); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, c := range list {
		if found[c.Label] != "" {
			t.Errorf("%s stands there twice", c.Label)
		}
		found[c.Label] = c.Detail + " "
	}
	if found["len"] != "len(list, object or text) int " || found["sha256"] == "" || found["now"] != "now() time " {
		t.Errorf("%v", found)
	}
	if result, _ := e.at("textDocument/hover", strings.Replace(pipeline, "it > params.least", "len‸(it) > 1", 1), ""); !strings.Contains(string(result), "How many elements") {
		t.Errorf("%s", result)
	}
	e.close()
}
