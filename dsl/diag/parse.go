package diag

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"gopkg.in/yaml.v3"
)

// Bounds on what is parsed, so that a hostile file is an error.
const (
	maxFile  = 8 << 20
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
	if len(src) > maxFile {
		p.report(p.file.Range(0, 0), "FR107", fmt.Sprintf("the file has %d bytes, and a pipeline at most %d", len(src), maxFile), "move data into a file of its own, and read it by a `file` source")
		return nil
	}
	if at := invalid(src); at >= 0 {
		p.report(p.file.Range(at, at+1), "FR101", fmt.Sprintf("the byte 0x%02x is no text in UTF-8", src[at]), "save the file as UTF-8")
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

// invalid gives the offset of the first byte that is no text, or -1.
func invalid(src []byte) int {
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 || r == 0 {
			return i
		}
		i += n
	}
	return -1
}

// resolve gives the node with its aliases and merge keys replaced, and finds duplicate keys and tags.
func (p *yamlParser) resolve(n *yaml.Node, within map[*yaml.Node]bool) *yaml.Node {
	if p.nodes++; p.nodes > maxNodes {
		if p.nodes == maxNodes+1 {
			p.report(p.file.Node(n), "FR107", fmt.Sprintf("aliases make the file more than %d values", maxNodes), "write less by reference")
		}
		return nil
	}
	if n.Kind == yaml.AliasNode {
		if within[n.Alias] {
			p.report(p.file.Node(n), "FR107", "the anchor `"+n.Value+"` contains itself", "")
			return nil
		}
		return p.resolve(n.Alias, within)
	}
	if tag := n.Tag; strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!") {
		p.report(p.file.Range(p.file.Offset(n.Line, n.Column), p.file.Offset(n.Line, n.Column)+len(tag)), "FR103",
			fmt.Sprintf("`%s` is read as a YAML tag, not as part of an expression", tag), quoteHelp)
	}
	if n.Kind == yaml.ScalarNode {
		p.comment(n)
		return n
	}
	within[n] = true
	defer delete(within, n)
	out := *n
	out.Content = make([]*yaml.Node, 0, len(n.Content))
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			if c = p.resolve(c, within); c == nil {
				return nil
			}
			out.Content = append(out.Content, c)
		}
		return &out
	}
	seen := map[string]*yaml.Node{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, x := n.Content[i], p.resolve(n.Content[i+1], within)
		if key.Kind == yaml.AliasNode {
			key = p.resolve(key, within)
		}
		if key == nil || x == nil {
			return nil
		}
		if key.Kind != yaml.ScalarNode {
			p.report(p.file.Node(key), "FR101", "a key must be text, and this is "+KindName(key), quoteHelp)
			continue
		}
		if key.Tag == "!!merge" {
			if x.Kind == yaml.SequenceNode {
				merged = append(merged, x.Content...)
			} else {
				merged = append(merged, x)
			}
			continue
		}
		if first := seen[key.Value]; first != nil {
			p.report(p.file.Node(key), "FR102", fmt.Sprintf("`%s` stands here twice, first on line %d", key.Value, first.Line), "keep one of them")
			continue
		}
		seen[key.Value] = key
		out.Content = append(out.Content, key, x)
	}
	for _, m := range merged {
		if m.Kind != yaml.MappingNode {
			p.report(p.file.Node(m), "FR101", "`<<` merges mappings, and this is "+KindName(m), "")
			continue
		}
		for i := 0; i+1 < len(m.Content); i += 2 {
			if key := m.Content[i]; seen[key.Value] == nil {
				seen[key.Value] = key
				out.Content = append(out.Content, key, m.Content[i+1])
			}
		}
	}
	return &out
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

const quoteHelp = "quote this expression, or use the block form (`key: |` and the expression on the next line)"

var operatorEnd = regexp.MustCompile(`(?:[-+*/%=<>&|?:,(\[{]|\b(?:and|or|not|in|contains|matches))$`)

// comment finds a comment that cut an expression off: what is left cannot be whole.
func (p *yamlParser) comment(n *yaml.Node) {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 || n.Value == "" {
		return
	}
	r := p.file.Node(n)
	rest := p.file.Src[r.End.Offset:p.file.lineEnd(r.End.Offset)]
	if hash := bytes.IndexByte(rest, '#'); hash <= 0 || len(bytes.TrimSpace(rest[:hash])) != 0 ||
		!unbalanced(n.Value) && !operatorEnd.MatchString(n.Value) {
		return
	}
	start := r.End.Offset + bytes.IndexByte(rest, '#')
	p.report(p.file.Range(start, p.file.lineEnd(start)), "FR104", "a comment begins here, and cuts the expression off", quoteHelp)
}

// unbalanced reports whether a quote or a bracket is left open.
func unbalanced(s string) bool {
	var quote byte
	depth := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		}
	}
	return quote != 0 || depth > 0
}

var (
	yamlLine    = regexp.MustCompile(`line (\d+): (.*)`)
	afterQuoted = regexp.MustCompile(`^\s*(?:- +)*(?:[\w.-]+: +)+(("(?:[^"\\]|\\.)*"|'[^']*') *[^\s,#}\]:].*)$`)
	reserved    = regexp.MustCompile("^\\s*(?:- +)*(?:[\\w.-]+: +)+([@`*%].*)$")
	ternary     = regexp.MustCompile(`^\s*(?:- +)*(?:[\w.-]+: +)+([^"'#|>\[{][^#]*\?.*: .*)$`)
)

// syntax reports an error of the YAML library, at the place that a second library finds.
func (p *yamlParser) syntax(err error) {
	line, message := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	r := p.lineRange(line)
	if at, ok := p.second(); ok {
		r = at
	}
	for _, n := range []int{r.Start.Line, line, line + 1, line - 1} {
		if p.trap(n) {
			return
		}
	}
	if strings.Contains(message, "expected ',' or '}'") || strings.Contains(message, "expected ',' or ']'") {
		p.report(r, "FR105", "the flow mapping or list is broken here: a quote, a bracket, a brace, a comma or `?` in an unquoted expression ends it", quoteHelp)
		return
	}
	p.report(r, "FR101", "this is no YAML: "+message, "look at the indentation, and at quotes and brackets that are not closed")
}

// trap reports the expression on a line that YAML takes for something else, if there is one.
func (p *yamlParser) trap(line int) bool {
	text := p.file.Line(line)
	for _, t := range []struct {
		find *regexp.Regexp
		what string
	}{
		{afterQuoted, "the quotes end this value, and the rest of the expression is no YAML"},
		{reserved, "a value cannot begin with this character in YAML"},
		{ternary, "a colon and a space begin a mapping in YAML, also within an expression"},
	} {
		if m := t.find.FindStringSubmatchIndex(text); m != nil {
			at := p.file.Offset(line, 1)
			p.report(p.file.Range(at+m[2], at+len(strings.TrimRight(text, " \t"))), "FR105", t.what, quoteHelp)
			return true
		}
	}
	return false
}

func (p *yamlParser) lineRange(line int) Range {
	text := p.file.Line(line)
	at := p.file.Offset(line, 1)
	lead := len(text) - len(strings.TrimLeft(text, " \t"))
	return p.file.Range(at+lead, at+max(len(strings.TrimRight(text, " \t")), lead))
}

// second gives the place that goccy's parser finds for an error.
func (p *yamlParser) second() (r Range, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	_, err := parser.ParseBytes(p.file.Src, 0)
	var placed interface{ GetToken() *token.Token }
	if !errors.As(err, &placed) || placed.GetToken() == nil || placed.GetToken().Position == nil {
		return r, false
	}
	t := placed.GetToken()
	at := p.file.Offset(t.Position.Line, t.Position.Column)
	return p.file.Range(at, min(at+max(len(strings.TrimSpace(t.Value)), 1), p.file.lineEnd(at))), true
}
