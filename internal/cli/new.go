package cli

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/format"
)

func (a *app) newCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "new [COMPONENT…]",
		Short: "Begin a pipeline file of some components",
		Long: `Print a pipeline of the components named, each as its documentation shows it, in the order given: sources, steps
and sinks find their places. An editor that knows JSON schemas takes up the first line.`,
		Example: `  flowrun new file filter aggregate
  flowrun new stdin map stdout -o pipeline.yaml`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return a.names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, names []string) error {
			text, err := a.begin(names)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.stderr, "`flowrun schema > schema.json` beside it writes what the first line names")
			if out == "" {
				_, err = a.stdout.Write(text)
				return err
			}
			f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
			if err != nil {
				return err
			}
			if _, err = f.Write(text); err == nil {
				return f.Close()
			}
			_ = f.Close() // the first error is the one to tell
			return err
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "write this `FILE`, which must not be there yet")
	return cmd
}

const modeline = "# yaml-language-server: $schema=schema.json\n"

// begin makes the text of a pipeline.
func (a *app) begin(names []string) ([]byte, error) {
	var source, sink *yaml.Node
	var steps []*yaml.Node
	for i, name := range names {
		c := a.find(name, i == 0, i == len(names)-1)
		if c == nil {
			if near := diag.Nearest(name, a.names()); near != "" {
				return nil, usage("there is no component `%s`: did you mean `%s`?", name, near)
			}
			return nil, usage("there is no component `%s`: `flowrun docs` lists them", name)
		}
		n := shown(c)
		switch place := c.Kind().Place(); {
		case place == "step":
			steps = append(steps, n)
		case place == "source" && source == nil:
			source = n
		case place == "sink" && sink == nil:
			sink = n
		default:
			return nil, usage("one %s is enough to begin with", place)
		}
	}
	if source == nil {
		var before []*yaml.Node
		source, before = a.fitting(names)
		steps = append(before, steps...)
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, n *yaml.Node) {
		root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, n)
	}
	add("source", source)
	if steps != nil {
		add("steps", &yaml.Node{Kind: yaml.SequenceNode, Content: steps})
	}
	if sink != nil {
		add("sink", sink)
	}
	var text bytes.Buffer
	text.WriteString(modeline)
	enc := yaml.NewEncoder(&text)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, err
	}
	return format.Source(text.Bytes())
}

// fitting gives a source of items that the first of the steps takes, and what must stand between: those of its example.
func (a *app) fitting(names []string) (source *yaml.Node, before []*yaml.Node) {
	source = shown(a.reg.Lookup("source", "items"))
	i := slices.IndexFunc(names, func(name string) bool { return a.reg.Lookup("step", name) != nil })
	if i < 0 {
		return source, nil
	}
	c := a.reg.Lookup("step", names[i])
	var doc yaml.Node
	if len(c.Examples) == 0 || yaml.Unmarshal([]byte(c.Examples[0].Pipeline), &doc) != nil || len(doc.Content) == 0 {
		return source, nil
	}
	for i := 0; i+1 < len(doc.Content[0].Content); i += 2 {
		switch x := doc.Content[0].Content[i+1]; doc.Content[0].Content[i].Value {
		case "source":
			source = x
		case "steps":
			has := func(n *yaml.Node) bool {
				return n.Kind == yaml.MappingNode && slices.ContainsFunc(n.Content, func(k *yaml.Node) bool { return k.Value == c.Name })
			}
			before = x.Content[:max(slices.IndexFunc(x.Content, has), 0)]
		}
	}
	return source, before
}

// find gives the component of a name that several places may have: the first is rather a source, the last a sink.
func (a *app) find(name string, first, last bool) *flow.Component {
	places := []string{"step", "source", "sink"}
	switch {
	case first:
		places = []string{"source", "step", "sink"}
	case last:
		places = []string{"sink", "step", "source"}
	}
	for _, place := range places {
		if c := a.reg.Lookup(place, name); c != nil {
			return c
		}
	}
	return nil
}

// shown gives the component as its first example writes it, without what ties it to that example.
func shown(c *flow.Component) *yaml.Node {
	for _, e := range c.Examples {
		var doc yaml.Node
		if yaml.Unmarshal([]byte(e.Pipeline), &doc) != nil || len(doc.Content) == 0 {
			continue
		}
		if n := within(doc.Content[0], c.Name, c.Kind().Place()); n != nil {
			return n
		}
	}
	return &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: c.Name}, {Kind: yaml.MappingNode, Style: yaml.FlowStyle}}}
}

// within finds a component's mapping at its place in a file.
func within(root *yaml.Node, name, place string) *yaml.Node {
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, x := root.Content[i].Value, root.Content[i+1]
		if strings.TrimSuffix(key, "s") != place {
			continue
		}
		candidates := []*yaml.Node{x}
		if strings.HasSuffix(key, "s") {
			candidates = x.Content
		}
		for _, n := range candidates {
			if slices.ContainsFunc(n.Content, func(k *yaml.Node) bool { return n.Kind == yaml.MappingNode && k.Value == name }) {
				return bare(n, name)
			}
		}
	}
	return nil
}

// bare gives a mapping without the keys that name other parts of its file.
func bare(n *yaml.Node, name string) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode, Style: n.Style}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key := n.Content[i].Value; {
		case key == name, key != "from" && key != "id" && key != "on_error" && key != "limits":
			out.Content = append(out.Content, n.Content[i], n.Content[i+1])
		}
	}
	return out
}
