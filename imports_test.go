package flowrun_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/flowrun/flowrun"

// mayImport says which packages of this module a package may import, by folder; the longest folder that a package is in
// decides. A folder that ends in a slash is what is below it alone; one allowed that ends in /… is all of it.
var mayImport = map[string][]string{
	"flow/value":    {},
	"flow":          {"flow/value"},
	"operators":     {"flow/…", "operators/…"},
	"dsl/lazy":      {},
	"dsl/diag":      {"dsl/lazy"},
	"dsl/expr":      {"flow/…", "dsl/diag", "dsl/lazy"},
	"dsl/config":    {"flow/…", "dsl/diag", "dsl/expr"},
	"dsl/graph":     {"flow/…", "dsl/diag", "dsl/expr", "runtime/policy"},
	"dsl/lint":      {"flow/…", "dsl/diag", "dsl/expr", "dsl/config", "dsl/graph", "runtime/policy"},
	"dsl":           {"flow/…", "dsl/…", "runtime/policy"},
	"runtime/":      {"flow/…", "runtime/metrics"}, // policy, ack, checkpoint, …
	"runtime/plan":  {"flow/…", "dsl/graph", "runtime/policy"},
	"runtime":       {"flow/…", "dsl/graph", "runtime/…"},
	"internal":      {"", "flow/…", "dsl/…", "runtime/…", "operators/…", "internal/…"},
	"cmd":           {""},
	"examples":      {"", "flow/…", "examples/…"},
	"bench":         {"", "flow/…", "operators/…"},
	"internal/cli/": {}, // redact, …
	"":              {"flow/…", "dsl/…", "runtime/…", "operators/…", "internal/cli"},
}

// TestImports keeps the layers apart: whoever writes an operator cannot reach the loader or the runtime.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{join .Imports \" \"}}{{end}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for line := range strings.Lines(string(out)) {
		imports := strings.Fields(line)
		folder, ours := inModule(imports[0])
		if !ours {
			continue
		}
		checked++
		allowed := rule(folder)
		for _, imported := range imports[1:] {
			to, ours := inModule(imported)
			switch {
			case ours && !matches(to, allowed):
				t.Errorf("%s imports %s, and may import only %q of this module", imports[0], imported, allowed)
			case !ours && (folder == "flow" || folder == "runtime/metrics") && strings.Contains(imported, "."):
				t.Errorf("%s imports %s, and may import only the standard library beside this module", imports[0], imported)
			}
		}
	}
	if checked < 15 {
		t.Errorf("only %d packages were seen", checked)
	}
}

func inModule(path string) (folder string, ours bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

func rule(folder string) []string {
	best := ""
	for at := range mayImport {
		if (folder == at || strings.HasPrefix(folder, strings.TrimSuffix(at, "/")+"/")) && len(at) > len(best) {
			best = at
		}
	}
	return mayImport[best]
}

func matches(folder string, allowed []string) bool {
	for _, a := range allowed {
		if below, all := strings.CutSuffix(a, "/…"); folder == a || all && (folder == below || strings.HasPrefix(folder, below+"/")) {
			return true
		}
	}
	return false
}

// TestComponentsStartNoGoroutines holds operators to their contract: the runtime owns goroutines, and time.
func TestComponentsStartNoGoroutines(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("operators", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "connector": // servers and processes of the outside have goroutines of their own
			return fs.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		seen++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%v: a component starts a goroutine", set.Position(g.Pos()))
			}
			return true
		})
		return nil
	})
	if err != nil || seen < 30 {
		t.Error(seen, err)
	}
}
