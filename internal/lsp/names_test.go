package lsp

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

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
