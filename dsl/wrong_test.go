package dsl_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/lint"
)

var update = flag.Bool("update", false, "rewrite what the corpus expects")

// TestWrongFiles checks that each mistake of the corpus is found at its place and in these words, and nothing else.
func TestWrongFiles(t *testing.T) {
	byFile := map[string][]*wrong{}
	for _, w := range corpus(t) {
		byFile[w.file] = append(byFile[w.file], w)
	}
	for name, all := range byFile {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			var found []map[string]map[int][]expected
			for _, w := range all {
				_, files, list := w.load(t, w.text(w.files[0]))
				got := w.found(files, list)
				found = append(found, got)
				if !*update {
					w.compare(t, got)
				}
				w.hidden(t, files, list)
			}
			if *update {
				rewrite(t, name, all, found)
			}
		})
	}
}

func rewrite(t *testing.T, name string, all []*wrong, found []map[string]map[int][]expected) {
	t.Helper()
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head := strings.SplitAfterN("\n"+string(old), "\n--- ", 2)[0]
	head = strings.TrimPrefix(strings.TrimSuffix(head, "--- "), "\n")
	if err := os.WriteFile(name, rewritten(head, all, found), 0o666); err != nil {
		t.Fatal(err)
	}
}

// compare reports what is expected and not found, and what is found and not expected.
func (w *wrong) compare(t *testing.T, found map[string]map[int][]expected) {
	t.Helper()
	total := 0
	for _, s := range w.files {
		for line := 0; line <= len(s.lines); line++ {
			want, got := s.want[line], found[s.name][line]
			total += len(want)
			if slices.EqualFunc(want, got, expected.matches) {
				continue
			}
			shown := ""
			if line > 0 {
				shown = s.lines[line-1] + "\n"
			}
			t.Errorf("%s\n%s:\n%sgot:\n%swant (rewritten by `go test -run TestWrongFiles -update ./dsl`):\n%s", w.where(), s.name, shown, written(got), written(want))
		}
		delete(found, s.name)
	}
	for name, rest := range found {
		t.Errorf("%s: there is no file %s, and in it is wrong: %v", w.where(), name, rest)
	}
	if total == 0 {
		t.Errorf("%s: nothing is expected to be wrong", w.where())
	}
}

func written(all []expected) string {
	var b strings.Builder
	for _, e := range all {
		b.WriteString(e.String())
	}
	return b.String()
}

// hidden checks that what a case hides is not in any form of the diagnostics.
func (w *wrong) hidden(t *testing.T, files []*diag.File, list diag.List) {
	t.Helper()
	var out bytes.Buffer
	diag.Text(&out, list, files, false)
	diag.GitHub(&out, list)
	if err := diag.JSON(&out, list); err != nil {
		t.Fatal(err)
	}
	if err := diag.SARIF(&out, list); err != nil {
		t.Fatal(err)
	}
	for _, d := range w.scene {
		if secret, ok := strings.CutPrefix(d, "hides "); ok && strings.Contains(out.String(), secret) {
			t.Errorf("%s: %q is shown:\n%s", w.where(), secret, out.String())
		}
	}
}

// TestSuggestions checks that a sure guess, put in its place, ends the complaint.
func TestSuggestions(t *testing.T) {
	tried := 0
	for _, w := range corpus(t) {
		src := w.text(w.files[0])
		_, _, list := w.load(t, src)
		for _, d := range list {
			if d.Suggest == "" || d.File != "pipeline.yaml" {
				continue
			}
			tried++
			if !strings.Contains(d.Help, "`"+d.Suggest+"`") {
				t.Errorf("%s: the help of %s does not say `%s`", w.where(), d.Code, d.Suggest)
			}
			better := slices.Concat(src[:d.Range.Start.Offset], []byte(d.Suggest), src[d.Range.End.Offset:])
			_, _, after := w.load(t, better)
			for _, x := range after {
				if x.Code == d.Code && x.Range.Start == d.Range.Start && x.Message == d.Message {
					t.Errorf("%s: with `%s` in place there is still: %s", w.where(), d.Suggest, x.Message)
				}
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d suggestions", tried)
	}
}

// TestEveryCode checks that the corpus has an example of every code that the loader can report, of every rule, and of every
// way in which YAML takes an expression for something else.
func TestEveryCode(t *testing.T) {
	shown := map[string]bool{}
	var all strings.Builder
	for _, w := range corpus(t) {
		for _, s := range w.files {
			for _, found := range s.want {
				for _, e := range found {
					shown[strings.Fields(e.text)[0]] = true
					all.WriteString(e.text + "\n")
				}
			}
		}
	}
	codes := codesInSource(t)
	for _, r := range lint.Rules() {
		codes = append(codes, r.ID)
	}
	for _, code := range codes {
		if !shown[code] {
			t.Errorf("no wrong file is about %s", code)
		}
	}
	for _, trap := range traps {
		if !strings.Contains(all.String(), trap) {
			t.Errorf("no wrong file is about this: %s", trap)
		}
	}
}

// traps are what is said of the expressions that YAML takes for something else.
var traps = []string{
	"FR103 `!` begins a tag", "FR104 ` #` begins a comment", "FR105 a value cannot begin with '*'", "FR105 a value cannot begin with '@'",
	"FR105 a value cannot begin with '&'", "FR105 a value cannot begin with '%'", "FR105 a value cannot begin with '`'", "FR105 the quotes end this value",
	"FR105 a colon and a space begin a mapping", "FR105 `>` begins a block of text", "FR105 `|` begins a block of text", "FR105 the value ends with `]`",
	"FR105 the value ends with `}`", "FR105 `?` ends an expression", "FR105 `[` ends an expression", "FR105 `{` ends an expression",
	"FR105 `,` ends an expression", "FR105 a comma ends an expression",
}

// codesInSource gives the codes that stand in the source of the loader's packages.
func codesInSource(t *testing.T) []string {
	t.Helper()
	var codes []string
	for _, pattern := range []string{"*.go", "*/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(name, "_test.go") {
				codes = append(codes, regexp.MustCompile(`FR[0-9]{3}`).FindAllString(string(text), -1)...)
			}
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}
