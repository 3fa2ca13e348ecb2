package dsl

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/expr"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// A fragment is a file of steps alone, which a `use` step of another file stands for. It knows its own params and names,
// and nothing of the file around it; what its first step reads is what the `use` step reads, and its last step stands for
// the `use` step wherever that is named. In the plan its steps stand in the place of the `use` step, each with the id of
// that before its own.

// Bounds on the use of files, so that one that uses itself by some byway, or twice twice twice, is an error.
const (
	maxDepth     = 16
	maxFragments = 1000
)

// ofPipelines says why keys at the top of a file make no sense in a fragment.
var ofPipelines = map[string]string{
	"source":     "its items come from where it is used",
	"sources":    "its items come from where it is used",
	"sink":       "what its last step gives goes on where it is used",
	"sinks":      "its items go on where it is used, and those that fail where the `on_error` of the step that uses it says",
	"timeout":    "it is of the whole run",
	"drain":      "it is of the whole run",
	"memory":     "it is of the whole run",
	"checkpoint": "it is of the whole run",
}

// isFragment reports whether a file has steps, and nothing that only pipelines have.
func isFragment(root *yaml.Node) bool {
	for key := range pairs(root) {
		if ofPipelines[key.Value] != "" {
			return false
		}
	}
	return child(root, "steps") != nil
}

// without says, to a pipeline that lacks a source, how a fragment runs.
func without(root *yaml.Node) string {
	if !isFragment(root) {
		return ""
	}
	return "; a file of steps alone runs where another one has it as a step: `use: FILE`"
}

// source is a file that is used, as it was read.
type source struct {
	root *yaml.Node // nil where the text cannot be read
	file *diag.File
	used []diag.Place // where it is used first; none of the pipeline's own
}

// fragment loads the file that a `use` step names. What is wrong with it is reported with the place of that step.
func (l *loader) fragment(d *draft) {
	d.broken = true
	o := d.node.Options.(*flow.UseOptions)
	if o.File == "" {
		return
	}
	at := spot(d.options, "file")
	used := append([]diag.Place{{File: l.file.Name, Range: l.file.Node(d.key)}}, l.dec.Used...)
	name := filepath.Clean(within(filepath.Dir(l.file.Name), o.File))
	if !l.bounded(name, at) {
		return
	}
	src := l.open(name, at, used)
	if src == nil || src.root == nil {
		return
	}
	if child(src.root, "steps") == nil {
		l.dec.At(at, "FR311", fmt.Sprintf("`%s` has no `steps`, so there is nothing to use", name), "name a file with `steps`, and beside them at most `params`, `defaults`, `limits`, `retries`, `breakers` and `budgets`")
		return
	}
	settings := l.settings
	settings.Set, settings.ParamsFile = nil, ""
	in := &loader{
		settings: settings, file: src.file, diags: l.diags, inside: true, outer: l, use: d,
		plan: &graph.Plan{File: name, Dir: within(l.settings.Dir, filepath.Dir(name)), Buffer: l.plan.Buffer},
		dec:  &config.Decoder{File: src.file, Diags: l.diags, Used: used, Expr: expr.Env{Cache: l.dec.Expr.Cache}},
		byID: map[string]*draft{}, around: maps.Clone(l.around), references: &[]Reference{},
		standards: append([]*standard{d.standard}, l.standards...),
	}
	d.loaded = in
	in.load(src.root)
	if in.end == nil || in.end == in.drafts[0] {
		return
	}
	d.broken, d.fragment = false, in
	l.callless(d)
}

// bounded reports whether a file may be used here, and says so if not.
func (l *loader) bounded(name string, at *yaml.Node) bool {
	files := []string{name}
	for x := l; x != nil; x = x.outer {
		if x.outer != nil && x.use == nil { // steps within a step, of the same file
			continue
		}
		files = append(files, x.file.Name)
		if filepath.Clean(x.file.Name) == name {
			slices.Reverse(files)
			l.dec.At(at, "FR306", "the file would use itself: "+strings.Join(files, " → "), "let one of these files do without the other")
			return false
		}
	}
	root := l.root()
	root.used++
	switch {
	case len(files) > maxDepth:
		l.dec.At(at, "FR306", fmt.Sprintf("files use one another more than %d deep", maxDepth), "use fewer")
	case root.used == maxFragments+1: // said once
		l.dec.At(at, "FR306", fmt.Sprintf("files are used more than %d times in all", maxFragments), "use fewer")
	}
	return len(files) <= maxDepth && root.used <= maxFragments
}

// open reads a file that is used, once for the whole pipeline; nil where there is none.
func (l *loader) open(name string, at *yaml.Node, used []diag.Place) *source {
	root := l.root()
	if src := root.read[name]; src != nil {
		return src
	}
	root.wanted = append(root.wanted, name)
	read := l.settings.Read
	if read == nil {
		read = readFile
	}
	path := within(l.settings.Dir, name)
	text, err := read(path)
	if err != nil {
		help, near := "a relative path starts at the file that names it", beside(path)
		if near != "" {
			near = strings.TrimSuffix(at.Value, filepath.Base(at.Value)) + near
			help = fmt.Sprintf("did you mean `%s`?", near)
		}
		l.report(at, "FR311", fmt.Sprintf("the file `%s` cannot be read: %s", name, reason(err)), help, near)
		return nil
	}
	node, file, list := diag.Parse(name, text)
	for i := range list {
		list[i].Used = used
		if list[i].Code == "FR106" {
			list[i].Message = strings.Replace(list[i].Message, "a pipeline is", "a file to use is", 1)
			list[i].Help = "begin it with `steps:`"
		}
	}
	root.files = append(root.files, file)
	root.syntax = append(root.syntax, list...)
	*l.diags = append(*l.diags, list...)
	root.read[name] = &source{node, file, used}
	return root.read[name]
}

// readFile reads a file of any size that a pipeline may have. What is no file, such as a terminal, might never end.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path) // opening a pipe would wait
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		err = errors.New("it is no regular file")
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(f, diag.MaxFile+1))
}

// beside gives the name of the YAML file beside a path that was probably meant; "" if there is none.
func beside(path string) string {
	var names []string
	entries, _ := os.ReadDir(filepath.Dir(path)) // without any, there is no guess
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext == ".yaml" || ext == ".yml" {
			names = append(names, e.Name())
		}
	}
	return diag.Nearest(filepath.Base(path), names)
}

// callless reports keys for calls on a step whose file has none.
func (l *loader) callless(d *draft) {
	for _, x := range d.flat() {
		_, steps := x.node.Nest()
		if x.broken || steps != nil || x.node.Component.Kind() == flow.KindCall {
			return
		}
	}
	for key := range pairs(d.standard.at) {
		if slices.Contains(policyKeys, key.Value) || key.Value == "concurrency" || key.Value == "hedge" {
			l.dec.At(key, "FR207", fmt.Sprintf("`%s` is of no use here: it is for calls, and `%s` has none", key.Value, d.fragment.file.Name), "leave it out")
		}
	}
}

// title gives the name of a file, as the id of a step that uses it.
func (l *loader) title() string {
	base := filepath.Base(l.file.Name)
	base = strings.TrimSuffix(strings.TrimSuffix(base, filepath.Ext(base)), ".flow")
	if !word().MatchString(base) {
		return "use"
	}
	return base
}
