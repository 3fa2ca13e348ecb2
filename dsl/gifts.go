package dsl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
)

// paramsFile reads the file of values.
func (l *loader) paramsFile() map[string]given {
	gifts := map[string]given{}
	name := l.settings.ParamsFile
	if name == "" {
		return gifts
	}
	src, err := os.ReadFile(within(l.settings.Dir, name))
	if err != nil {
		*l.diags = append(*l.diags, diag.Diagnostic{File: name, Severity: diag.Error, Code: "FR308", Message: "the file of params cannot be read: " + reason(err), Help: "give the path of a YAML or JSON file to `--params`"})
		return gifts
	}
	root, file, list := diag.Parse(name, src)
	l.files = append(l.files, file)
	for _, d := range list {
		if d.Code == "FR106" {
			d.Message = strings.Replace(d.Message, "a pipeline is a mapping", "a file of params is a mapping", 1)
			d.Help = "write `name: value`, one a line"
		}
		*l.diags = append(*l.diags, d)
	}
	for key, x := range pairs(root) {
		gifts[key.Value] = given{file: file, name: file.Node(key), at: file.Node(x), node: x, dir: within(l.settings.Dir, filepath.Dir(name))}
	}
	return gifts
}

// commandLine adds what --set gives. In the file that diagnostics about it show, secrets are not readable.
func (l *loader) commandLine(gifts map[string]given, known map[string]*declared) {
	if len(l.settings.Set) == 0 {
		return
	}
	var text strings.Builder
	for _, s := range l.settings.Set {
		name, _, _ := strings.Cut(s, "=")
		if d := l.meant(name, known); d != nil && d.secret() {
			s = name + "=***"
		}
		text.WriteString(strings.NewReplacer("\n", " ", "\r", " ").Replace(s) + "\n")
	}
	file := diag.NewFile("--set", []byte(text.String()))
	l.files = append(l.files, file)
	for i, s := range l.settings.Set {
		name, x, ok := strings.Cut(s, "=")
		start := file.Offset(i+1, 1)
		g := given{file: file, at: file.Range(start, start+len(file.Line(i+1))), text: x, dir: l.settings.Dir}
		if !ok || name == "" {
			l.elsewhere(g, "FR308", fmt.Sprintf("%s gives no param a value", diag.Quote(s)), "write `--set name=value`")
			continue
		}
		g.name = file.Range(start, start+len(name))
		gifts[name] = g
	}
}

// with gives the values that a `use` step gives to the params of its file. The text in them may be templates of the params
// around it.
func (l *loader) with() map[string]given {
	gifts, outer := map[string]given{}, l.outer
	for key, x := range pairs(child(l.use.options, "with")) {
		g := given{file: outer.file, name: outer.file.Node(key), at: outer.file.Node(x), node: x, dir: outer.plan.Dir}
		filled, ok := outer.dec.Filled(x)
		switch {
		case !ok:
			g.unknown = true
		case filled != x && x.Kind == yaml.ScalarNode: // its text may be JSON
			g.node, g.text = nil, filled.Value
		default:
			g.node = filled
		}
		if _, dir, ok := outer.begins(x); ok {
			g.dir = dir
		}
		gifts[key.Value] = g
	}
	return gifts
}

// lacks reports a param of a file that the step which uses it gives no value.
func (l *loader) lacks(d *declared) {
	with := child(l.use.options, "with")
	if d.Env != "" && l.settings.Unbound || with != nil && with.Kind != yaml.MappingNode { // which has been said
		return
	}
	at := diag.Place{File: l.file.Name, Range: l.file.Node(d.name)}
	help := fmt.Sprintf("add `with: {%s: …}`", d.name.Value)
	if d.Env != "" {
		help += ", or set the environment variable " + d.Env
	}
	l.outer.dec.At(l.use.key, "FR307", fmt.Sprintf("the param `%s` of `%s` has no value", d.name.Value, l.file.Name), fmt.Sprintf("%s; it is declared at %s", help, at))
}
