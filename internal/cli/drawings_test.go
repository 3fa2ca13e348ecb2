package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/internal/cli"
)

// What is said of the plans of examples, and how they are drawn, on a machine of two cores.
func TestPlansOfExamples(t *testing.T) {
	for _, name := range []string{"quickstart", "fetch_pages", "polite_calls", "stocks_by_company", "diamond", "sessions", "backpressure"} {
		t.Run(name, func(t *testing.T) {
			file := "../../examples/pipelines/" + name + ".yaml"
			var all strings.Builder
			for _, args := range [][]string{
				{"explain", "--cores", "2"}, {"graph", "--types"}, {"graph", "--physical", "--cores", "2"},
			} {
				all.WriteString("-- " + strings.Join(args, " ") + " --\n" + prints(t, append(args, file)...))
			}
			golden := filepath.Join("testdata/plans", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(all.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || all.String() != string(want) {
				t.Errorf("got:\n%s\nwant (%v):\n%s", all.String(), err, want)
			}
			for _, line := range strings.Split(prints(t, "explain", file), "\n") {
				if len([]rune(line)) > 80 {
					t.Errorf("a line of %d characters: %s", len([]rune(line)), line)
				}
			}
		})
	}
}

// prints gives what a command line prints, which must be understood.
func prints(t *testing.T, args ...string) string {
	t.Helper()
	var out, problems bytes.Buffer
	if code := cli.Main(flowrun.Registry(), args, strings.NewReader(""), &out, &problems); code != 0 {
		t.Fatalf("%q exits with %d: %s", args, code, problems.String())
	}
	return out.String()
}

// Every example can be explained, and drawn as anything.
func TestEveryExampleIsDrawn(t *testing.T) {
	files, err := filepath.Glob("../../examples/pipelines/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		prints(t, "explain", "--format", "json", file)
		for format, flags := range map[string][]string{"ascii": nil, "mermaid": {"--types"}, "dot": {"--physical"}, "svg": {"--physical", "--types"}} {
			if prints(t, append([]string{"graph", file, "--format", format}, flags...)...) == "" {
				t.Errorf("%s: no drawing as %s with %q", file, format, flags)
			}
		}
	}
}
