package flowrun_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/operators"
)

// homonyms are words in the source that are no names of operators, though there are operators of that name: where they
// stand, and what they mean there.
var homonyms = []struct{ place, words, meaning string }{
	{"bench/", "count filter join sort zip", "jobs that other programs are measured by"},
	{"dsl/calls.go", "first use", "a timeout, and the option that names a policy"},
	{"dsl/common.go", "buffer", "the default for every channel"},
	{"dsl/expr/", "all any collect concat count distinct filter first format join map merge reduce sort take", "functions of expressions"},
	{"dsl/fragment.go", "use", "the id of a step whose file has no name for one"},
	{"dsl/graph/pace.go", "skip", "an on_error"},
	{"dsl/limit.go", "window", "an option of adaptive limits"},
	{"dsl/lint/", "buffer each skip", "the default for every channel, a word of messages, and an on_error"},
	{"dsl/load.go", "buffer", "the default for every channel"},
	{"dsl/retry.go", "use window", "options of policies"},
	{"dsl/rules.go", "delay use", "options of policies"},
	{"dsl/shared.go", "use", "the option that names a policy"},
	{"dsl/timeout.go", "delay first", "an option of hedges, and a timeout"},
	{"dsl/written.go", "first", "a timeout"},
	{"flow/component.go", "join", "a kind of components"},
	{"flow/expr.go", "collect count distinct first", "functions of aggregates"},
	{"flow/nest.go", "concat each merge", "ways to run the steps within a step"},
	{"flow/schema.go", "any", "a type"},
	{"flow/type.go", "any", "a type"},
	{"internal/cli/", "all buffer format join set", "flags, and kinds of stages"},
	{"internal/lsp/", "aggregate changes use", "a type of options, a word of the protocol, and the option that names a policy"},
	{"operators/accumulator.go", "collect count distinct first", "functions of aggregates"},
	{"operators/connector/http/", "any format", "what statuses may be expected, and an option"},
	{"operators/flat_map.go", "concat", "a value of its option"},
	{"operators/interleave.go", "join", "the group of the reference"},
	{"operators/interval.go", "count delay", "an option, and a value of one"},
	{"operators/merge.go", "join", "the group of the reference"},
	{"operators/merge_sorted.go", "join", "the group of the reference"},
	{"operators/zip.go", "all join", "values of its option, and the group of the reference"},
	{"operators/zip_latest.go", "any join", "values of its option, and the group of the reference"},
	{"runtime/", "buffer first join skip", "kinds of stages, a timeout, and an on_error"},
}

// TestOneFileAnOperator checks that what makes an operator stands in one file: no other one speaks of it by its name, so
// that none needs to be touched when there is another. An operator that reaches outside has a folder, with its source and
// its sink. What all operators are listed in, operators/all.go, has the function that gives it.
func TestOneFileAnOperator(t *testing.T) {
	home, named := map[string]string{}, map[string][]string{}
	for _, c := range operators.All() {
		if c.Kind().Place() == "step" {
			home[c.Name] = ""
		}
	}
	for path, f := range sources(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.CompositeLit:
				if name, ok := component(n); ok {
					if _, ok := home[name]; ok && strings.HasPrefix(path, "operators/") {
						home[name] = path
					}
				}
			case *ast.BasicLit:
				if name, ok := literal(n); ok && !slices.Contains(named[name], path) {
					named[name] = append(named[name], path)
				}
			}
			return true
		})
	}
	unused := map[string]bool{}
	for _, h := range homonyms {
		for _, word := range strings.Fields(h.words) {
			unused[h.place+" "+word] = true
		}
	}
	for name, own := range home {
		if own == "" {
			t.Errorf("%s has no file of its own", name)
			continue
		}
	files:
		for _, path := range named[name] {
			if path == own || strings.HasPrefix(own, "operators/connector/") && filepath.Dir(path) == filepath.Dir(own) {
				continue
			}
			for _, h := range homonyms {
				if strings.HasPrefix(path, h.place) && slices.Contains(strings.Fields(h.words), name) {
					delete(unused, h.place+" "+name)
					continue files
				}
			}
			t.Errorf("%s speaks of the operator %s, whose place is %s", path, name, own)
		}
	}
	for word := range unused {
		t.Errorf("there is no such word: %s", word)
	}
}

// component gives the name of a component that is described.
func component(n *ast.CompositeLit) (name string, ok bool) {
	for _, x := range n.Elts {
		x, isPair := x.(*ast.KeyValueExpr)
		if !isPair {
			return "", false
		}
		switch key, _ := x.Key.(*ast.Ident); {
		case key == nil:
		case key.Name == "Name":
			name, _ = literal(x.Value)
		case key.Name == "Maker":
			ok = true
		}
	}
	return name, ok
}

// literal gives the text of a string.
func literal(x ast.Expr) (string, bool) {
	lit, ok := x.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// sources gives the Go files of the repository, but for tests.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	all := map[string]*ast.File{}
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if e != nil && e.IsDir() && (e.Name() == "testdata" || e.Name() == "node_modules") {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		all[filepath.ToSlash(path)], err = parser.ParseFile(token.NewFileSet(), path, nil, 0)
		return err
	})
	if err != nil || len(all) < 100 {
		t.Fatal(len(all), err)
	}
	return all
}

// TestAddingAnOperator adds one, that of docs/own-components.md: a file, and a word in the list of all. The rest follows:
// checks, the reference, the schema, completion.
func TestAddingAnOperator(t *testing.T) {
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before"), filepath.Join(dir, "after")
	for _, folder := range []string{before, after} {
		if err := os.MkdirAll(filepath.Join(folder, "operators"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	list := read(t, "operators/all.go")
	write(filepath.Join(before, "operators/all.go"), list)
	write(filepath.Join(after, "operators/all.go"), strings.Replace(list, " filter(),", " filter(), shout(),", 1))
	write(filepath.Join(after, "operators/shout.go"), read(t, "testdata/shout.go"))

	stat := exec.Command("git", "diff", "--no-index", "--stat=80", "before", "after")
	stat.Dir = dir
	out, _ := stat.Output() // it fails, as there is a difference
	if got := strings.NewReplacer("{before => after}/", "", "/dev/null => after/", "").Replace(string(out)); !strings.Contains(read(t, "docs/own-components.md"), "```text\n"+columns(got)+"```") {
		t.Errorf("docs/own-components.md does not show\n%s", columns(got))
	}

	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, name := range []string{"operators/all.go", "operators/shout.go"} {
		replace[filepath.Join(root, name)] = filepath.Join(after, name)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(dir, "overlay.json"), string(overlay))
	flowrun := filepath.Join(dir, "flowrun")
	if out, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", flowrun, "./cmd/flowrun").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write(filepath.Join(dir, "shout.yaml"), "source: {items: [{name: ada}]}\nsteps:\n  - shout: it.name\n  - filter: it != 'BOB'\n")
	write(filepath.Join(dir, "wrong.yaml"), "source: {items: [{name: ada}]}\nsteps:\n  - yell: it.name\n  - shout: it.nam\n  - filter: it.name\n")
	for command, want := range map[string]string{
		"run shout.yaml":   "\"ADA\"\n",
		"docs shout":       "Gives a text in capital letters.",
		"schema":           "\"shout\": {",
		"new items shout":  "shout: it.name",
		"graph shout.yaml": "shout: it.name",
		"check wrong.yaml": "did you mean `shout`?",
	} {
		cmd := exec.Command(flowrun, strings.Fields(command)...)
		cmd.Dir = dir
		if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), want) {
			t.Errorf("flowrun %s\n got %s\n want %s", command, out, want)
		}
	}
}

// columns writes what git says of a difference with one blank between columns.
func columns(stat string) string {
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimRight(stat, "\n"), "\n") {
		b.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	return b.String()
}
