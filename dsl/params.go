package dsl

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// declared is a param as the file declares it.
type declared struct {
	param
	name *yaml.Node
	node *yaml.Node // its mapping
	ok   bool       // it is declared without a mistake
}

// given is a value of a param from the command line or the params file, and the place that gives it.
type given struct {
	file *diag.File
	name diag.Range
	at   diag.Range
	text string
	node *yaml.Node // in a file; nil on the command line
	dir  string     // where a relative path in it starts

	unknown bool // it stands in a file, and depends on a param without a value
}

// params decodes the declarations and finds the values: --set beats --params beats env beats default. A param without a
// value that can be used is unknown to expressions, which makes no further errors.
func (l *loader) params(n *yaml.Node) {
	var all []*declared
	byName := map[string]*declared{}
	var names []string
	for key, x := range pairs(n) {
		if l.strayed(key, x, "params") {
			continue
		}
		d := l.declare(key, x)
		all, byName[key.Value], names = append(all, d), d, append(names, key.Value)
	}
	var gifts map[string]given
	what := "the pipeline"
	if l.use != nil {
		gifts, what = l.with(), "`"+l.file.Name+"`"
	} else {
		gifts = l.paramsFile()
		l.commandLine(gifts, byName)
	}
	for name, g := range sorted(gifts) {
		if byName[name] == nil {
			help := what + " declares no params"
			if len(names) > 0 {
				help = "it declares " + strings.Join(names, ", ")
			}
			near := diag.Nearest(name, names)
			if near != "" {
				help = fmt.Sprintf("did you mean `%s`?", near)
			}
			g.at = g.name
			l.elsewhere(g, "FR302", fmt.Sprintf("%s has no param `%s`", what, name), help)
			if l.use != nil {
				(*l.diags)[len(*l.diags)-1].Suggest = near
			}
		}
	}
	b := value.Builder{}
	l.dec.Expr.Unknown, l.bound = map[string]flow.Type{}, map[string]string{}
	l.dec.Expr.Enums, l.dec.Expr.Secrets = map[string][]string{}, map[string]bool{}
	l.declared = all
	for _, d := range all {
		v, ok := l.bind(d, gifts)
		l.dec.Expr.Secrets[d.name.Value] = d.Type == "secret"
		for _, x := range d.Enum {
			if d.Type == "string" {
				l.dec.Expr.Enums[d.name.Value] = append(l.dec.Expr.Enums[d.name.Value], x.Text())
			}
		}
		if !ok {
			l.dec.Expr.Unknown[d.name.Value] = paramTypes[d.Type]
			continue
		}
		b.Set(d.name.Value, v)
		if d.Type == "secret" && v.Str() != "" {
			root := l.root()
			root.plan.Secrets = append(root.plan.Secrets, v.Str())
		}
	}
	l.veil(byName, gifts)
	l.dec.Expr.Params = b.Value()
	l.plan.Params = l.dec.Expr.Params
}

// paramTypes are the types of params by how they are declared; any of one that is declared wrongly.
var paramTypes = map[string]flow.Type{
	"string": flow.Only(value.String), "int": flow.Only(value.Int), "float": flow.Only(value.Int, value.Float), "bool": flow.Only(value.Bool), "duration": flow.Only(value.Duration),
	"size": flow.Only(value.Int), "list": flow.Only(value.List), "object": flow.Only(value.Object), "secret": flow.Only(value.String),
}

// sorted gives the values in the order of their places.
func sorted(gifts map[string]given) func(yield func(string, given) bool) {
	names := make([]string, 0, len(gifts))
	for name := range gifts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(gifts[a].at.Start.Offset, gifts[b].at.Start.Offset), cmp.Compare(a, b))
	})
	return func(yield func(string, given) bool) {
		for _, name := range names {
			if !yield(name, gifts[name]) {
				return
			}
		}
	}
}

// declare decodes one declaration.
func (l *loader) declare(key, n *yaml.Node) *declared {
	d := &declared{name: key, node: n}
	if strings.Contains(key.Value, "-") || !word().MatchString(key.Value) {
		l.dec.At(key, "FR208", fmt.Sprintf("%s cannot be the name of a param", diag.Quote(key.Value)), "a name is a letter, then letters, digits and `_`: expressions write it as `params.NAME`")
	}
	if n.Kind != yaml.MappingNode {
		help := fmt.Sprintf("write `%s: {type: %s, default: %s}`", key.Value, typeOf(n), n.Value)
		if n.Kind != yaml.ScalarNode || isNull(n) {
			help = fmt.Sprintf("write `%s: {type: string}`, with a `default` if it need not be given", key.Value)
		}
		l.dec.At(n, "FR203", fmt.Sprintf("a param is declared by a mapping with its type, and this is %s", diag.KindName(n)), help)
		return d
	}
	if d.ok = l.dec.Decode(n, &d.param, key.Value); !d.ok {
		return d
	}
	enum := child(n, "enum")
	if enum != nil && slices.Contains([]string{"secret", "list", "object"}, d.Type) {
		l.dec.At(enum, "FR208", fmt.Sprintf("the values of a %s cannot be listed", d.Type), "leave `enum` out")
		d.ok = false
	}
	for _, x := range items(enum) {
		if _, err := fromNode(d.Type, x); err != nil && d.ok {
			l.dec.At(x, "FR308", fmt.Sprintf("the `enum` of `%s`, which is %s: %v", key.Value, article(d.Type), err), typeHelp[d.Type])
			d.ok = false
		}
	}
	return d
}

// typeOf guesses a param's type from its value.
func typeOf(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool":
		return n.ShortTag()[2:]
	}
	return "string"
}

// bind finds a param's value; false if there is none that can be used.
func (l *loader) bind(d *declared, gifts map[string]given) (v value.Value, ok bool) {
	if !d.ok {
		return v, false
	}
	name := d.name.Value
	standard := child(d.node, "default")
	if standard != nil { // also checked where another value beats it
		x, err := fromNode(d.Type, standard)
		if err == nil {
			err = d.among(x)
		}
		if v, ok = x, err == nil; !ok {
			l.dec.At(standard, "FR308", fmt.Sprintf("the default of `%s`, which is %s: %v", name, article(d.Type), err), helpFor(d.Type, err))
		}
	}
	g, isGiven := gifts[name]
	env, isSet := "", false
	if d.Env != "" && l.settings.Env != nil {
		env, isSet = l.settings.Env(d.Env)
	}
	var err error
	switch {
	case isGiven && g.unknown:
		return v, false
	case isGiven && g.node != nil:
		v, err = fromNode(d.Type, g.node)
	case isGiven:
		v, err = fromText(d.Type, g.text)
	case isSet:
		v, err = fromText(d.Type, env)
	case standard == nil && l.use != nil:
		l.lacks(d)
		return v, false
	case standard == nil && !l.settings.Unbound:
		l.dec.At(d.name, "FR307", fmt.Sprintf("the param `%s` has no value", name), d.howToGive())
		return v, false
	default:
		return v, ok
	}
	if err == nil {
		err = d.among(v)
	}
	switch {
	case err == nil && isGiven:
		l.bound[name] = g.dir
	case err == nil:
		l.bound[name] = l.settings.Dir
	case isGiven:
		l.elsewhere(g, "FR308", fmt.Sprintf("the param `%s` is %s: %v", name, article(d.Type), err), helpFor(d.Type, err))
	default:
		l.dec.At(child(d.node, "env"), "FR308", fmt.Sprintf("the param `%s` is %s, and the environment variable %s: %v", name, article(d.Type), d.Env, err), helpFor(d.Type, err))
	}
	return v, err == nil
}

func (d *declared) howToGive() string {
	help := fmt.Sprintf("give it by `--set %s=…`", d.name.Value)
	if d.Env != "" {
		help += " or the environment variable " + d.Env
	}
	return help + ", or declare a `default`"
}

// meant gives the param that a name, right or wrong, is probably for; nil if there is none.
func (l *loader) meant(name string, known map[string]*declared) *declared {
	if d := known[name]; d != nil {
		return d
	}
	return known[diag.Nearest(name, slices.Collect(maps.Keys(known)))]
}

// secret reports whether the declaration, right or wrong, is of a secret.
func (d *declared) secret() bool {
	typ := child(d.node, "type")
	return typ != nil && (typ.Value == "secret" || diag.Nearest(typ.Value, []string{"secret"}) != "")
}

// veil hides the secrets in the texts that diagnostics are shown with: where they are declared and given, and wherever
// else their values stand.
func (l *loader) veil(byName map[string]*declared, gifts map[string]given) {
	for _, d := range byName {
		if x := child(d.node, "default"); x != nil && d.secret() {
			r := l.file.Node(x)
			l.file.Hide(r.Start.Offset, r.End.Offset)
		}
	}
	for name, g := range gifts {
		if d := l.meant(name, byName); g.node != nil && d != nil && d.secret() {
			g.file.Hide(g.at.Start.Offset, g.at.End.Offset)
		}
	}
}

// elsewhere reports an error about a value from outside the pipeline's file.
func (l *loader) elsewhere(g given, code, message, help string) {
	var used []diag.Place
	if l.use != nil {
		used = l.outer.dec.Used
	}
	*l.diags = append(*l.diags, diag.Diagnostic{File: g.file.Name, Range: g.at, Severity: diag.Error, Code: code, Message: message, Help: help, Used: used})
}
