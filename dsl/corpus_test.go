package dsl_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators"
)

// A file under testdata/wrong is many small pipelines, each after a line `--- TITLE`. What is wrong with a line stands
// below it, under carets, in lines that the loader never sees (so that they may stand inside any scalar):
//
//   - fliter: it > 1
//     #   ^^^^^^ FR206 there is no step `fliter`
//     #          help: did you mean `filter`?
//
// Carets that end in `>` mark what goes on in a later line. `…` stands for any text. Lines that begin with `#! ` set the
// scene: `--set NAME=VALUE`, `--params FILE`, `env NAME=VALUE`, `check` (params may lack values), `crlf`, `bom`,
// `where C is "GO STRING"`, and `hides TEXT`, which must not be shown. A line `=== NAME` begins another file beside.
type wrong struct {
	file, title string
	line        int // of the title in its file
	scene       []string
	files       []*section // the pipeline first
}

// section is one file of a case: its lines, and under each what is expected of it.
type section struct {
	name  string
	lines []string
	want  map[int][]expected // by line, from 1
}

type expected struct {
	carets string // from the first column on: spaces, then carets
	text   string // code and message
	help   string
}

var (
	expectation = regexp.MustCompile(`^(#? *)(\^+>?) ([A-Z]+[0-9]+ .*)$`)
	longList    = regexp.MustCompile(`(: (?:add|it is|the keys)[^,]*(?:, \w+){3})(?:, \w+){9,}\n`)
	furtherHelp = regexp.MustCompile(`^# +help: (.*)$`)
)

// corpus reads every case.
func corpus(t testing.TB) []*wrong {
	t.Helper()
	names, err := filepath.Glob("testdata/wrong/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal("no corpus", err)
	}
	var all []*wrong
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, cases(name, string(text))...)
	}
	return all
}

// cases takes a file of the corpus apart. What stands before the first title is for readers.
func cases(name, text string) []*wrong {
	var all []*wrong
	var w *wrong
	var s *section
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		title, isTitle := strings.CutPrefix(line, "--- ")
		directive, isDirective := strings.CutPrefix(line, "#! ")
		beside, isBeside := strings.CutPrefix(line, "=== ")
		switch {
		case isTitle:
			s = &section{name: "pipeline.yaml", want: map[int][]expected{}}
			w = &wrong{file: name, title: title, line: i + 1, files: []*section{s}}
			all = append(all, w)
		case w == nil:
		case isDirective:
			w.scene = append(w.scene, directive)
			s.lines = append(s.lines, line)
		case isBeside:
			s = &section{name: beside, want: map[int][]expected{}}
			w.files = append(w.files, s)
		default:
			s.add(line)
		}
	}
	return all
}

func (s *section) add(line string) {
	under := len(s.lines)
	if m := expectation.FindStringSubmatch(line); m != nil {
		s.want[under] = append(s.want[under], expected{carets: strings.Replace(m[1], "#", " ", 1) + m[2], text: m[3]})
	} else if m := furtherHelp.FindStringSubmatch(line); m != nil && len(s.want[under]) > 0 {
		s.want[under][len(s.want[under])-1].help = m[1]
	} else {
		s.lines = append(s.lines, line)
	}
}

// registry is what the corpus is loaded with: flowrun's components.
var registry = sync.OnceValue(func() *flow.Registry { return flow.NewRegistry(operators.All()...) })

// text gives a file as the loader reads it.
func (w *wrong) text(s *section) []byte {
	lines := slices.Clone(s.lines)
	text := ""
	if len(lines) > 0 && strings.Join(lines, "") != "" {
		text = strings.Join(lines, "\n") + "\n"
	}
	for _, d := range w.scene {
		word, rest, _ := strings.Cut(d, " ")
		switch word {
		case "crlf":
			text = strings.ReplaceAll(text, "\n", "\r\n")
		case "bom":
			text = "\ufeff" + text
		case "where":
			char, quoted, _ := strings.Cut(rest, " is ")
			by, err := strconv.Unquote(quoted)
			if err != nil {
				panic(err)
			}
			text = replaceBelow(text, char, by)
		}
	}
	return []byte(text)
}

// replaceBelow replaces text in all lines but those that set the scene.
func replaceBelow(text, old, by string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "#! ") {
			lines[i] = strings.ReplaceAll(line, old, by)
		}
	}
	return strings.Join(lines, "")
}

// load runs the loader over a case.
func (w *wrong) load(t testing.TB, src []byte) (*graph.Plan, []*diag.File, diag.List) {
	t.Helper()
	dir := t.TempDir()
	for _, s := range w.files[1:] {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, s.name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, s.name), w.text(s), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{}
	s := dsl.Settings{Registry: registry(), Dir: dir, Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	for _, d := range w.scene {
		word, rest, _ := strings.Cut(d, " ")
		switch word {
		case "--set":
			s.Set = append(s.Set, rest)
		case "--params":
			s.ParamsFile = rest
		case "env":
			name, v, _ := strings.Cut(rest, "=")
			env[name] = v
		case "check":
			s.Unbound = true
		case "crlf", "bom", "where", "hides":
		default:
			t.Fatalf("%s: the scene has no `%s`", w.where(), word)
		}
	}
	return dsl.Load("pipeline.yaml", src, s)
}

func (w *wrong) where() string { return fmt.Sprintf("%s:%d: %s", w.file, w.line, w.title) }

// found gives what the loader found in the form of the corpus: for each file, by line.
func (w *wrong) found(files []*diag.File, list diag.List) map[string]map[int][]expected {
	out := map[string]map[int][]expected{}
	for _, d := range list {
		name, line, from, to := d.File, d.Range.Start.Line, d.Range.Start.Column, d.Range.End.Column
		more := ""
		if d.Range.End.Line > d.Range.Start.Line {
			for _, f := range files {
				if f.Name == d.File {
					to, more = utf8.RuneCountInString(f.Line(line))+1, ">"
				}
			}
		}
		if at := w.sceneOf(d); at > 0 {
			shift := len("#! --set ")
			if line == 0 {
				shift, from, to = len("#! --params "), 1, utf8.RuneCountInString(d.File)+1
			}
			name, line, from, to = "pipeline.yaml", at, from+shift, to+shift
		}
		e := expected{
			carets: strings.Repeat(" ", from-1) + strings.Repeat("^", max(to-from, 1)) + more,
			text:   d.Code + " " + strings.ReplaceAll(d.Message, "\n", `\n`),
			help:   strings.ReplaceAll(d.Help, "\n", `\n`),
		}
		if d.Severity == diag.Warning {
			e.text = d.Code + " warning: " + d.Message
		}
		if d.Used != nil {
			e.text += " (" + diag.Uses(d.Used) + ")"
		}
		if out[name] == nil {
			out[name] = map[int][]expected{}
		}
		out[name][line] = append(out[name][line], e)
	}
	return out
}

// sceneOf gives the line of the pipeline that sets the scene for a diagnostic which has no place in a file: 0 for none.
func (w *wrong) sceneOf(d diag.Diagnostic) int {
	n := 0
	for i, line := range w.files[0].lines {
		if strings.HasPrefix(line, "#! --set ") {
			if n++; d.File == "--set" && n == d.Range.Start.Line {
				return i + 1
			}
		}
		if line == "#! --params "+d.File && d.Range.Start.Line == 0 {
			return i + 1
		}
	}
	return 0
}

// matches reports whether what was found is what was expected.
func (want expected) matches(got expected) bool {
	return want.carets == got.carets && like(want.text, got.text) && like(want.help, got.help)
}

// like compares texts, in the first of which `…` stands for any text.
func like(want, got string) bool {
	parts := strings.Split(want, "…")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(got)
}

// String writes the expectation as it stands in the corpus.
func (want expected) String() string {
	lead := strings.TrimRight(want.carets, "^>")
	carets := want.carets[len(lead):]
	if lead != "" {
		lead = "#" + lead[1:]
	}
	out := lead + carets + " " + want.text + "\n"
	if want.help != "" {
		out += "#" + strings.Repeat(" ", max(len(want.carets), 1)) + "help: " + want.help + "\n"
	}
	return longList.ReplaceAllString(out, "$1, …\n")
}

// rewritten gives a file of the corpus with what is found in place of what is not.
func rewritten(head string, all []*wrong, found []map[string]map[int][]expected) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for i, w := range all {
		fmt.Fprintf(&b, "--- %s\n", w.title)
		for j, s := range w.files {
			if j > 0 {
				fmt.Fprintf(&b, "=== %s\n", s.name)
			}
			for n := 0; n <= len(s.lines); n++ {
				if n > 0 {
					b.WriteString(s.lines[n-1] + "\n")
				}
				for _, got := range found[i][s.name][n] {
					at := slices.IndexFunc(s.want[n], func(want expected) bool { return want.matches(got) })
					if at >= 0 {
						got = s.want[n][at]
					}
					b.WriteString(got.String())
				}
			}
		}
	}
	return b.Bytes()
}
