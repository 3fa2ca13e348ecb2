package diag

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"
)

// Bounds on what is parsed, so that a hostile file is an error.
const (
	MaxFile  = 8 << 20 // bytes
	maxNodes = 200_000
)

// Parse reads a YAML file into nodes: the one mapping that it must hold, with aliases and merge keys resolved. Root is
// nil where the text cannot be read. It finds all syntax errors that can be told apart, duplicate keys, and the
// expressions that YAML takes for something else.
func Parse(name string, src []byte) (root *yaml.Node, file *File, list List) {
	file = NewFile(name, src)
	p := &yamlParser{file: file}
	root = p.parse(src)
	return root, file, p.list
}

type yamlParser struct {
	file  *File
	list  List
	nodes int
}

func (p *yamlParser) report(r Range, code, message, help string) {
	p.list = append(p.list, Diagnostic{File: p.file.Name, Range: r, Severity: Error, Code: code, Message: message, Help: help})
}

func (p *yamlParser) parse(src []byte) *yaml.Node {
	if len(src) > MaxFile {
		p.report(p.file.Range(0, 0), "FR107", fmt.Sprintf("the file has %d bytes, and a pipeline at most %d", len(src), MaxFile), "move data into a file of its own, and read it by a `file` source")
		return nil
	}
	if p.illegal(src) {
		return nil
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(src))
	if err := decode(dec, &doc); err != nil {
		if errors.Is(err, io.EOF) {
			p.report(p.file.Range(0, 0), "FR106", "the file is empty", "begin with a source, as in `source: {range: {from: 1, to: 10}}`")
			return nil
		}
		p.syntax(err)
		return nil
	}
	var second yaml.Node
	if err := decode(dec, &second); err == nil {
		p.report(p.file.Node(&second), "FR106", "a second YAML document begins here", "a pipeline is one document: put the other one into a file of its own")
	} else if !errors.Is(err, io.EOF) {
		p.syntax(err)
		return nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		p.report(p.file.Node(root), "FR106", "a pipeline is a mapping, and this is "+KindName(root), "begin with a source, as in `source: {range: {from: 1, to: 10}}`")
		return nil
	}
	before := len(p.list)
	root = p.resolve(root, map[*yaml.Node]bool{})
	if root == nil || len(p.list) > before && p.list[len(p.list)-1].Code == "FR107" {
		return nil
	}
	return root
}

// decode reads one document; a panic of the YAML library is an error.
func decode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("yaml: %v", x)
		}
	}()
	return dec.Decode(n)
}

// resolve gives the node with its aliases and merge keys replaced, and finds duplicate keys and traps.
func (p *yamlParser) resolve(n *yaml.Node, within map[*yaml.Node]bool) *yaml.Node {
	if p.nodes++; p.nodes > maxNodes {
		if p.nodes == maxNodes+1 {
			p.report(p.file.Node(n), "FR107", fmt.Sprintf("aliases make the file more than %d values", maxNodes), "write less by reference")
		}
		return nil
	}
	if n.Kind == yaml.AliasNode {
		if within[n.Alias] {
			p.report(p.file.Node(n), "FR107", "the anchor `"+n.Value+"` contains itself", "leave this `*"+n.Value+"` out")
			return nil
		}
		return p.resolve(n.Alias, within)
	}
	p.tag(n)
	if n.Kind == yaml.ScalarNode {
		p.cut(n)
		return n
	}
	within[n] = true
	defer delete(within, n)
	out := *n
	if n.Kind == yaml.MappingNode {
		return p.mapping(&out, within)
	}
	out.Content = make([]*yaml.Node, 0, len(n.Content))
	for i, until := 0, 0; i < len(n.Content); i++ {
		c := n.Content[i]
		if p.file.start(c) < until {
			continue
		}
		until = p.comma(n, c, i+1 < len(n.Content))
		if c = p.resolve(c, within); c == nil {
			return nil
		}
		out.Content = append(out.Content, c)
	}
	return &out
}

// mapping resolves a mapping, whose own node this is.
func (p *yamlParser) mapping(n *yaml.Node, within map[*yaml.Node]bool) *yaml.Node {
	content := n.Content
	n.Content = make([]*yaml.Node, 0, len(content))
	seen := map[string]*yaml.Node{}
	var merged []*yaml.Node
	for i, until := 0, 0; i+1 < len(content); i += 2 {
		key, x := content[i], content[i+1]
		if p.file.start(key) < until {
			continue
		}
		if n.Style&yaml.FlowStyle != 0 {
			key, x = p.spaced(key, x)
			until = p.comma(n, x, i+2 < len(content))
		}
		key, x = p.resolve(key, within), p.resolve(x, within)
		switch {
		case key == nil || x == nil:
			return nil
		case key.Kind != yaml.ScalarNode:
			p.report(p.file.Node(key), "FR101", "a key must be text, and this is "+KindName(key), "write it in quotes")
		case key.Tag == "!!merge":
			merged = append(merged, items(x)...)
		case seen[key.Value] != nil:
			p.report(p.file.Node(key), "FR102", fmt.Sprintf("`%s` stands here twice, first on line %d", key.Value, p.file.Node(seen[key.Value]).Start.Line), "keep one of them")
		default:
			seen[key.Value] = key
			n.Content = append(n.Content, key, x)
		}
	}
	for _, m := range merged {
		if m.Kind != yaml.MappingNode {
			p.report(p.file.Node(m), "FR101", "`<<` merges mappings, and this is "+KindName(m), "write an alias of a mapping, such as `<<: *common`")
			continue
		}
		for i := 0; i+1 < len(m.Content); i += 2 {
			if key := m.Content[i]; seen[key.Value] == nil {
				seen[key.Value] = key
				n.Content = append(n.Content, key, m.Content[i+1])
			}
		}
	}
	return n
}

// items gives the items of a list; of any other node, the node alone.
func items(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// KindName says what a node is, with its article: "a mapping", "a list", "text", "null", "a bool", "an int", "a float".
func KindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "null"
	case "!!bool":
		return "a bool"
	case "!!int":
		return "an int"
	case "!!float":
		return "a float"
	}
	return "text"
}
