package dsl_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/config"
	"github.com/flowrun/flowrun/dsl/lint"
)

// good is a pipeline in which nothing is wrong.
type good struct {
	name, path string // what it is, and the path under which it is loaded
	src        string
	beside     map[string]string // the files beside it, by name
	in         *dsl.Inspection
	spots      []place
}

// place is a key of a good pipeline, and what stands under it.
type place struct {
	key, value *yaml.Node
	option     *config.Option // nil of a component, of a name that the file gives, and of what is not a value of one option
	part       *dsl.Part      // that it stands in; nil for none
	among      []string       // the keys that may stand here; nil where any name may
	component  bool
}

var (
	yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")
	usedFile  = regexp.MustCompile(`^# (\S+/\S+\.yaml)\n`) // a block that other ones use
)

// goods gives every good pipeline that there is: the examples, the documents' blocks, the components' examples and those
// of the rules.
func goods(t *testing.T) []*good {
	t.Helper()
	var all []*good
	add := func(name, path, src string, beside map[string]string) {
		g := &good{name: name, path: path, src: src, beside: beside}
		if g.in = dsl.Inspect(path, []byte(src), g.settings()); g.in.Diags.HasErrors() {
			t.Errorf("%s is not good: %+v\n%s", name, g.in.Diags, src)
			return
		}
		g.walk()
		all = append(all, g)
	}
	for _, pattern := range []string{"../examples/pipelines/*.yaml", "../README.md", "../docs/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			switch {
			case err != nil:
				t.Fatal(err)
			case strings.HasSuffix(name, ".yaml"):
				add(name, name, string(text), nil)
			case !strings.HasSuffix(name, "/reference.md"): // whose examples are the components'
				blocks := yamlBlock.FindAllStringSubmatch(string(text), -1)
				beside := map[string]string{}
				for _, m := range blocks {
					if file := usedFile.FindStringSubmatch(m[1]); file != nil {
						beside["../"+file[1]] = m[1]
					}
				}
				for i, m := range blocks {
					add(fmt.Sprintf("%s, block %d", name, i+1), "../block.yaml", wholeFile(m[1]), beside)
				}
			}
		}
	}
	for _, c := range registry().All() {
		for i, e := range c.Examples {
			add(fmt.Sprintf("%s, example %d", c.Name, i+1), "example.yaml", e.Pipeline, e.Files)
		}
	}
	for _, r := range lint.Rules() {
		add("rule "+r.ID, "rule.yaml", r.Good, nil)
	}
	return all
}

func (g *good) settings() dsl.Settings {
	s := dsl.Settings{Registry: registry(), Unbound: true}
	if g.beside != nil {
		s.Read = func(name string) ([]byte, error) {
			if text, ok := g.beside[name]; ok {
				return []byte(text), nil
			}
			return os.ReadFile(name)
		}
	}
	return s
}

// wholeFile makes a pipeline file of a part of one.
func wholeFile(text string) string {
	if regexp.MustCompile(`(?m)^sources?:`).MatchString(text) {
		return text
	}
	if regexp.MustCompile(`(?m)^- `).MatchString(text) {
		text = "steps:\n" + text
	}
	return "source: {stdin: {}}\n" + text
}

// walk finds the places.
func (g *good) walk() {
	top := dsl.TopKeys()
	for key, x := range entries(g.in.Root) {
		g.spots = append(g.spots, place{key: key, value: x, option: optionOf(top, key.Value), among: namesOf(top)})
		switch key.Value {
		case "source", "sink":
			g.node(x)
		case "steps":
			for _, item := range x.Content {
				g.node(item)
			}
		case "sources", "sinks":
			for name, item := range entries(x) {
				g.spots = append(g.spots, place{key: name, value: item})
				g.node(item)
			}
		case "params", "limits", "retries", "breakers", "budgets":
			for name, item := range entries(x) {
				g.spots = append(g.spots, place{key: name, value: item})
				g.options(item, dsl.SectionKeys(key.Value), nil)
			}
		case "defaults":
			g.options(x, dsl.Keys("step"), nil)
		}
	}
}

// node finds the places of a source, a step or a sink.
func (g *good) node(n *yaml.Node) {
	for _, p := range g.in.Parts {
		if p.Node != n || p.Component == nil {
			continue
		}
		common := dsl.Keys(p.Place)
		for key, x := range entries(n) {
			if key == p.Key {
				options := config.Options(p.Component.Maker.Options())
				spot := place{key: key, value: x, part: p, component: true}
				if o := shortOption(options); o != nil && x.Kind != yaml.MappingNode {
					spot.option = o
				}
				g.spots = append(g.spots, spot)
				g.options(x, options, p)
				continue
			}
			g.option(key, x, common, p)
		}
	}
}

// options finds the places of a mapping of options.
func (g *good) options(n *yaml.Node, options []config.Option, p *dsl.Part) {
	if o := shortOption(options); o != nil && (n.Kind != yaml.MappingNode || len(options) == 1 && o.Fields == nil) {
		g.value(nil, n, o, p)
		return
	}
	for key, x := range entries(n) {
		g.option(key, x, options, p)
	}
}

func (g *good) option(key, x *yaml.Node, options []config.Option, p *dsl.Part) {
	o := optionOf(options, key.Value)
	if o == nil {
		return
	}
	g.spots = append(g.spots, place{key: key, value: x, option: o, part: p, among: namesOf(options)})
	if o.Fields == nil {
		g.value(key, x, o, p)
		return
	}
	if x.Kind != yaml.SequenceNode {
		g.options(x, o.Fields, p)
		return
	}
	for _, item := range x.Content {
		g.options(item, o.Fields, p)
	}
}

// value finds the places below the value of one option.
func (g *good) value(key, n *yaml.Node, o *config.Option, p *dsl.Part) {
	if o.Type == "list of steps" {
		for _, item := range n.Content {
			g.node(item)
		}
		return
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			g.value(nil, item, o, p)
		}
	case yaml.MappingNode:
		for name, x := range entries(n) {
			g.value(name, x, o, p)
		}
	default:
		g.spots = append(g.spots, place{value: n, option: o, part: p})
	}
}

func entries(n *yaml.Node) func(yield func(key, x *yaml.Node) bool) {
	return func(yield func(key, x *yaml.Node) bool) {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

func optionOf(options []config.Option, name string) *config.Option {
	for i := range options {
		if options[i].Name == name {
			return &options[i]
		}
	}
	return nil
}

func namesOf(options []config.Option) (names []string) {
	for _, o := range options {
		names = append(names, o.Name)
	}
	return names
}

func shortOption(options []config.Option) *config.Option {
	for i := range options {
		if options[i].Short {
			return &options[i]
		}
	}
	return nil
}
