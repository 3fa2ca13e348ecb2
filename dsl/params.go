package dsl

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// params decodes the declarations and finds the values: --set beats --params beats env beats default.
func (l *loader) params(n *yaml.Node) {
	given := map[string]string{}
	var order []string
	for _, set := range l.settings.Set {
		name, text, ok := strings.Cut(set, "=")
		if !ok {
			l.elsewhere("--set", "FR308", fmt.Sprintf("%q gives no value", set), "write --set name=value")
			continue
		}
		if _, twice := given[name]; !twice {
			order = append(order, name)
		}
		given[name] = text
	}
	file := l.paramsFile()
	b := value.Builder{}
	l.dec.Expr.Unknown = map[string]bool{}
	var known []string
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		known = append(known, key.Value)
		v, found := l.param(key, n.Content[i+1], given, file)
		if !found {
			l.dec.Expr.Unknown[key.Value] = true
			continue
		}
		b.Set(key.Value, v)
	}
	for _, name := range order {
		l.knownParam("--set", name, known)
	}
	var names []string
	for name := range file {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		l.knownParam(l.settings.ParamsFile, name, known)
	}
	l.dec.Expr.Params = b.Value()
	l.plan.Params = l.dec.Expr.Params
}

func (l *loader) knownParam(from, name string, known []string) {
	for _, k := range known {
		if k == name {
			return
		}
	}
	help := "the pipeline declares no params"
	if len(known) > 0 {
		help = "it declares " + strings.Join(known, ", ")
	}
	if near := diag.Nearest(name, known); near != "" {
		help = "did you mean `" + near + "`?"
	}
	l.elsewhere(from, "FR302", fmt.Sprintf("the pipeline has no param `%s`", name), help)
}

// elsewhere reports an error that stands on the command line or in another file.
func (l *loader) elsewhere(file, code, message, help string) {
	l.diags = append(l.diags, diag.Diagnostic{File: file, Severity: diag.Error, Code: code, Message: message, Help: help})
}

// paramsFile reads the file of values.
func (l *loader) paramsFile() map[string]*yaml.Node {
	name := l.settings.ParamsFile
	if name == "" {
		return nil
	}
	src, err := os.ReadFile(name)
	if err != nil {
		l.elsewhere(name, "FR308", "the file of params cannot be read: "+reason(err), "")
		return nil
	}
	root, file, list := diag.Parse(name, src)
	l.files = append(l.files, file)
	l.diags = append(l.diags, list...)
	out := map[string]*yaml.Node{}
	for i := 0; root != nil && i+1 < len(root.Content); i += 2 {
		out[root.Content[i].Value] = root.Content[i+1]
	}
	return out
}

// param decodes one declaration and gives the param's value; false if there is none yet.
func (l *loader) param(key, n *yaml.Node, given map[string]string, file map[string]*yaml.Node) (value.Value, bool) {
	var p param
	if n.Kind != yaml.MappingNode {
		l.dec.At(n, "FR203", fmt.Sprintf("a param is declared by a mapping, and this is %s", diag.KindName(n)), fmt.Sprintf("write `%s: {type: string, default: …}`", key.Value))
		return value.Value{}, false
	}
	if !l.dec.Decode(n, &p, key.Value) {
		return value.Value{}, false
	}
	def := child(n, "default")
	var fallback value.Value
	if def != nil {
		var err error
		if fallback, err = paramData(p.Type, config.Data(def)); err != nil {
			l.dec.At(def, "FR308", fmt.Sprintf("the default of `%s`: %v", key.Value, err), "")
			return value.Value{}, false
		}
	}
	var v value.Value
	var err error
	from := "--set"
	text, set := given[key.Value]
	switch fileNode := file[key.Value]; {
	case set:
		v, err = paramText(p.Type, text)
	case fileNode != nil:
		from = l.settings.ParamsFile
		v, err = paramData(p.Type, config.Data(fileNode))
	default:
		text, set = l.env(p.Env)
		switch {
		case set:
			from = "$" + p.Env
			v, err = paramText(p.Type, text)
		case def != nil:
			return l.known(p, fallback), true
		default:
			if !l.settings.Unbound {
				help := fmt.Sprintf("give one: --set %s=…", key.Value)
				if p.Env != "" {
					help += ", or in the environment as " + p.Env
				}
				l.dec.At(key, "FR307", fmt.Sprintf("the param `%s` has no value", key.Value), help)
			}
			return value.Value{}, false
		}
	}
	if err == nil && len(p.Enum) > 0 {
		err = among(p, v)
	}
	if err != nil {
		l.elsewhere(from, "FR308", fmt.Sprintf("the param `%s`: %v", key.Value, err), p.Doc)
		return value.Value{}, false
	}
	return l.known(p, v), true
}

// known notes a secret.
func (l *loader) known(p param, v value.Value) value.Value {
	if p.Type == "secret" && v.Str() != "" {
		l.plan.Secrets = append(l.plan.Secrets, v.Str())
	}
	return v
}

func (l *loader) env(name string) (string, bool) {
	if name == "" || l.settings.Env == nil {
		return "", false
	}
	return l.settings.Env(name)
}

func among(p param, v value.Value) error {
	var all []string
	for _, e := range p.Enum {
		if x, err := paramData(p.Type, e); err == nil && value.Equal(x, v) {
			return nil
		}
		all = append(all, e.Text())
	}
	return fmt.Errorf("%s is none of %s", v.Text(), strings.Join(all, ", "))
}

// paramText reads a value from text, which is never parsed as YAML.
func paramText(typ, text string) (value.Value, error) {
	switch typ {
	case "string", "secret":
		return value.OfString(text), nil
	case "duration":
		d, err := flow.ParseDuration(text)
		return value.OfDuration(d), err
	case "size":
		s, err := flow.ParseSize(text)
		return value.OfInt(int64(s)), err
	}
	v, err := value.DecodeJSON([]byte(text))
	if err == nil && kindFits(typ, v) {
		return v, nil
	}
	what := map[string]string{"list": "a list as JSON, such as [1, 2]", "object": "an object as JSON, such as {\"a\": 1}", "bool": "a bool: true or false", "int": "an int", "float": "a number"}[typ]
	return v, fmt.Errorf("%q is not %s", text, what)
}

// paramData checks a value that YAML gave.
func paramData(typ string, v value.Value) (value.Value, error) {
	switch typ {
	case "string", "secret":
		if v.Kind() == value.String || v.IsNumber() {
			return value.OfString(v.Text()), nil
		}
	case "duration", "size":
		if v.Kind() == value.String || v.IsNumber() {
			return paramText(typ, v.Text())
		}
	default:
		if kindFits(typ, v) {
			return v, nil
		}
	}
	return v, fmt.Errorf("%s is not %s %s", flow.Describe(v), article(typ), typ)
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an"
	}
	return "a"
}

func kindFits(typ string, v value.Value) bool {
	switch typ {
	case "int":
		return v.Kind() == value.Int
	case "float":
		return v.IsNumber()
	}
	return v.Kind().String() == typ
}

func reason(err error) string {
	var p *os.PathError
	if ok := asPath(err, &p); ok {
		return p.Err.Error()
	}
	return err.Error()
}
