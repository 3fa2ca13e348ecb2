package cli

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
)

// load gives the plan of the arguments; nil where they are wrong, which has been said.
func (a *app) load(f *runFlags, args []string) (*graph.Plan, error) {
	settings := dsl.Settings{Registry: a.reg, Set: f.set, ParamsFile: f.params, Env: os.LookupEnv, Limited: f.limit > 0}
	name, src, err := a.source(f, args, &settings)
	if err != nil {
		return nil, err
	}
	plan, files, list := dsl.Load(name, src, settings)
	if plan != nil {
		a.stderr.Hide(plan.Secrets...)
	}
	if len(list) > 0 {
		a.diagnostics(list, files)
	}
	if plan == nil || f.strict && len(list) > 0 {
		a.code = exitUsage
		return nil, nil
	}
	return plan, nil
}

// source gives the text of the pipeline: a file, standard input, or steps on the command line.
func (a *app) source(f *runFlags, args []string, s *dsl.Settings) (name string, src []byte, err error) {
	if len(f.steps) > 0 {
		s.Dir = "."
		src, err = inline(f.steps, args)
		return "-e", src, err
	}
	if len(args) == 0 {
		return "", nil, usage("which pipeline? give a file, or a step by -e")
	}
	if args[0] == "-" && len(args) == 1 {
		s.Dir = "."
		src, err = io.ReadAll(a.stdin)
		a.stdin = strings.NewReader("")
		return "<stdin>", src, err
	}
	src, err = os.ReadFile(args[0])
	switch {
	case err != nil && !strings.ContainsAny(args[0], "./"):
		return "", nil, usage("%s is no file and no command%s", args[0], a.meant(args[0]))
	case err != nil:
		return "", nil, usage("the pipeline %s cannot be read: %v", args[0], reason(err))
	case len(args) > 1:
		return "", nil, usage("one pipeline at a time, and these are %d: %s", len(args), strings.Join(args, " "))
	}
	return args[0], src, nil
}

// meant gives the command that a word is near to, as a question.
func (a *app) meant(word string) string {
	var names []string
	for _, c := range a.root().Commands() {
		names = append(names, c.Name())
	}
	if near := diag.Nearest(word, names); near != "" {
		return fmt.Sprintf("; did you mean `flowrun %s`?", near)
	}
	return ""
}

// reason gives what the system says, without the path.
func reason(err error) error {
	if p, ok := err.(*fs.PathError); ok {
		return p.Err
	}
	return err
}

// inline makes a pipeline file of the steps and the input files of the command line.
func inline(steps, files []string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("steps:\n")
	for _, step := range steps {
		lines := strings.Split(strings.TrimRight(step, "\n"), "\n")
		fmt.Fprintf(&b, "  - %s\n", strings.Join(lines, "\n    "))
	}
	if len(files) == 0 || slices.Equal(files, []string{"-"}) {
		b.WriteString("source: {stdin: {}}\n")
		return b.Bytes(), nil
	}
	list, err := yaml.Marshal(map[string]any{"source": map[string]any{"file": map[string]any{"path": files}}})
	b.Write(list)
	return b.Bytes(), err
}
