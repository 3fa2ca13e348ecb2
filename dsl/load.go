// Package dsl is the one door from a pipeline file to a checked plan: it finds everything that is wrong with the file
// at once, each with its place.
package dsl

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// Settings are what a file is loaded with.
type Settings struct {
	Registry   *flow.Registry
	Set        []string // name=value of params
	ParamsFile string   // a YAML or JSON file of values of params
	Env        func(name string) (string, bool)
	Dir        string // where relative paths start; "" is the file's own directory
	Unbound    bool   // params may lack values: the file is checked, not run
}

// Load checks a pipeline file and gives its plan; nil if the list has errors. The files are those that the list's
// places are in.
func Load(name string, src []byte, s Settings) (*graph.Plan, []*diag.File, diag.List) {
	root, file, list := diag.Parse(name, src)
	dir := s.Dir
	if dir == "" {
		dir = filepath.Dir(name)
	}
	l := &loader{settings: s, plan: &graph.Plan{File: name, Dir: dir}, files: []*diag.File{file}, diags: list, byID: map[string]*draft{}}
	l.dec = &config.Decoder{File: file, Diags: &l.diags}
	if root != nil {
		l.load(root)
	}
	l.diags = withoutEchoes(l.diags)
	l.diags.Sort()
	if l.diags.HasErrors() || root == nil {
		return nil, l.files, l.diags
	}
	l.plan.Meta = l.dec.Meta
	return l.plan, l.files, l.diags
}

// withoutEchoes leaves out what is wrong with an expression only because a comment cut it off.
func withoutEchoes(list diag.List) diag.List {
	cut := map[int]bool{}
	for _, d := range list {
		if d.Code == "FR104" {
			cut[d.Range.Start.Line] = true
		}
	}
	return slices.DeleteFunc(list, func(d diag.Diagnostic) bool {
		return strings.HasPrefix(d.Code, "FR4") && cut[d.Range.Start.Line]
	})
}

// LoadFile reads a file and loads it.
func LoadFile(name string, s Settings) (*graph.Plan, []*diag.File, diag.List) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, diag.List{{File: name, Severity: diag.Error, Code: "FR101", Message: "the file cannot be read: " + reason(err)}}
	}
	return Load(name, src, s)
}

func asPath(err error, p **os.PathError) bool { return errors.As(err, p) }

type loader struct {
	settings Settings
	plan     *graph.Plan
	dec      *config.Decoder
	files    []*diag.File
	diags    diag.List
	drafts   []*draft // in the file's order: sources, steps, sinks
	byID     map[string]*draft
	defaults defaults
	refs     []reference // of the component that is being decoded
}

// topLevel are the keys of a file that are not the header's.
var topLevel = []string{"params", "defaults", "limits", "source", "sources", "steps", "sink", "sinks"}

// later are words of the language that this version does not know yet.
var later = map[string][]string{
	"key":  {"retries", "breakers", "budgets", "checkpoint"},
	"step": {"retry", "timeout", "breaker", "hedge", "hints"},
	"component": {
		"cron", "http", "http_server", "websocket", "sse", "exec", "sql", "nats", "kafka", "redis", "amqp", "mqtt", "s3", "map_while",
		"parse", "format", "expand", "take_until", "at_most", "sample", "first", "any", "all", "ready_chunks", "window", "debounce", "delay",
		"keep_alive", "conflate", "interleave", "zip", "zip_latest", "merge_sorted", "join", "route", "partition", "balance", "group_by", "each", "use",
	},
}

const notYet = "it is a word of the language that this version of flowrun does not have yet"

func (l *loader) load(root *yaml.Node) {
	head := &yaml.Node{Kind: yaml.MappingNode, Line: root.Line, Column: root.Column}
	var headerNames []string
	for _, o := range config.Options(typeOf[header]()) {
		headerNames = append(headerNames, o.Name)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key := root.Content[i]
		switch {
		case slices.Contains(headerNames, key.Value):
			head.Content = append(head.Content, key, root.Content[i+1])
		case slices.Contains(topLevel, key.Value):
		case slices.Contains(later["key"], key.Value):
			l.dec.At(key, "FR201", fmt.Sprintf("`%s` cannot be used here", key.Value), notYet)
		default:
			l.unknownKey(key, append(headerNames, topLevel...), "a pipeline has no `%s`")
		}
	}
	l.params(l.mappingAt(root, "params"))
	var h header
	l.dec.Decode(head, &h, "pipeline")
	if h.Version != 1 {
		l.dec.At(child(root, "version"), "FR209", fmt.Sprintf("this flowrun reads version 1 of the language, and the file is version %d", h.Version), "install a newer flowrun, or write `version: 1`")
	}
	l.plan.Name, l.plan.Description, l.plan.Timeout, l.plan.Drain, l.plan.Memory = h.Name, h.Description, h.Timeout, h.Drain, int64(h.Memory)
	if l.plan.Name == "" {
		base := filepath.Base(l.plan.File)
		l.plan.Name = strings.TrimSuffix(strings.TrimSuffix(base, filepath.Ext(base)), ".flow")
	}
	l.limits(l.mappingAt(root, "limits"))
	if n := child(root, "defaults"); n != nil {
		l.dec.Decode(n, &l.defaults, "defaults")
		if child(n, "buffer") != nil {
			l.plan.Buffer = &flow.BufferOptions{Size: l.defaults.Buffer}
		}
	}
	l.nodes(root)
	l.wire()
}

func (l *loader) unknownKey(key *yaml.Node, among []string, format string) {
	help := "the keys here: " + strings.Join(among, ", ")
	near := diag.Nearest(key.Value, among)
	if near != "" {
		help = fmt.Sprintf("did you mean `%s`?", near)
	}
	l.dec.At(key, "FR201", fmt.Sprintf(format, key.Value), help)
	l.diags[len(l.diags)-1].Suggest = near
}

// child gives the value of a mapping's key; nil if it has none.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// mappingAt gives the mapping under a key; nil if there is none, or it is something else, which is reported.
func (l *loader) mappingAt(root *yaml.Node, key string) *yaml.Node {
	n := child(root, key)
	if n == nil || n.Kind == yaml.MappingNode {
		return n
	}
	l.dec.At(n, "FR203", fmt.Sprintf("`%s` is a mapping of names, and this is %s", key, diag.KindName(n)), fmt.Sprintf("write `%s:` and on the next lines `name: …`", key))
	return nil
}

func (l *loader) limits(n *yaml.Node) {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		key, x := n.Content[i], n.Content[i+1]
		if child(x, "rate") != nil || child(x, "adaptive") != nil {
			l.dec.At(x, "FR201", fmt.Sprintf("the limit `%s` cannot be used here", key.Value), "limits by rate and adaptive ones: "+notYet)
			continue
		}
		var d limit
		if l.dec.Decode(x, &d, key.Value) || d.Concurrency > 0 {
			l.plan.Limits = append(l.plan.Limits, &graph.Limit{Name: key.Value, Pos: l.pos(key), Concurrency: d.Concurrency, By: d.By})
		}
	}
}

func (l *loader) pos(n *yaml.Node) diag.Pos { return l.dec.File.Node(n).Start }
