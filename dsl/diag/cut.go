package diag

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/lazy"
)

// expression reports text that should be in quotes.
func (p *yamlParser) expression(start, end int, code, what string) {
	text := string(p.file.Src[start:end])
	p.report(p.file.Range(start, end), code, what, quoteHelp(text))
	p.list[len(p.list)-1].Suggest = quoted(text)
}

// comment reports an expression that a comment cuts off.
func (p *yamlParser) comment(start, end int) {
	p.expression(start, end, "FR104", "` #` begins a comment, and cuts this expression off")
}

const anyText = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// lineEndText gives the end of the text of a line.
func (p *yamlParser) lineEndText(at int) int {
	return at + len(bytes.TrimRight(p.file.Src[at:p.file.lineEnd(at)], " \t"))
}

// knownTags are the tags that mean something here.
var knownTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!seq", "!!map", "!!merge", "!!timestamp"}

// tag finds an expression that begins with `!`.
func (p *yamlParser) tag(n *yaml.Node) {
	at := p.file.yamlOffset(n.Line, n.Column)
	if at < len(p.file.Src) && p.file.Src[at] == '!' && (n.Style&yaml.TaggedStyle == 0 || !slices.Contains(knownTags, n.ShortTag())) {
		p.tagged(at)
	}
}

// tagged reports an expression that begins with `!`, and gives its end.
func (p *yamlParser) tagged(at int) int {
	line := p.file.Src[at:p.file.lineEnd(at)]
	end := at + len(bytes.TrimRight(line[:balanced(line)], " \t"))
	p.expression(at, end, "FR103", "`!` begins a tag in YAML, not an expression")
	return end
}

// cut finds a comment that cuts an expression off: what is left cannot be whole.
func (p *yamlParser) cut(n *yaml.Node) {
	if n.Style&anyText != 0 || n.Value == "" || !unbalanced(n.Value) && !endsOpen(n.Value) {
		return
	}
	r := p.file.Node(n)
	rest := p.file.Src[r.End.Offset:p.file.lineEnd(r.End.Offset)]
	if text := bytes.TrimLeft(rest, " \t"); len(text) > 0 && text[0] == '#' && len(text) < len(rest) {
		p.comment(r.Start.Offset, p.lineEndText(r.End.Offset))
	}
}

// plainData are keys of plain data, in which a bracket that is not closed is only text.
var plainData = lazy.Regexp(`(?:items|of|default|enum|header): *$`)

// comma finds an expression in braces or brackets that a comma cuts in parts: up to the offset that is given, they are
// no entries of their own. More says whether another entry follows.
func (p *yamlParser) comma(parent, n *yaml.Node, more bool) int {
	if parent.Style&yaml.FlowStyle == 0 || n.Kind != yaml.ScalarNode || n.Style&anyText != 0 || !more || !unbalanced(n.Value) {
		return 0
	}
	if at := p.file.start(parent); parent.Kind == yaml.SequenceNode && plainData().Match(p.file.Src[p.file.lineStart(at):at]) {
		return 0
	}
	start := p.file.start(n)
	end := p.lineEndText(start)
	end = start + len(bytes.TrimRight(p.file.Src[start:start+balanced(p.file.Src[start:end])], " \t"))
	if text := string(p.file.Src[start:end]); len(text) <= len(n.Value) || unbalanced(text) {
		return 0
	}
	p.expression(start, end, "FR105", "a comma ends an expression without quotes within braces or brackets")
	return end
}

var unspaced = lazy.Regexp(`^([\pL_][\pL\pN_-]*):(\S.*)$`)

// spaced finds a key and a value in braces without a space between them, and gives them apart.
func (p *yamlParser) spaced(key, x *yaml.Node) (*yaml.Node, *yaml.Node) {
	if !strings.Contains(key.Value, ":") {
		return key, x
	}
	m := unspaced().FindStringSubmatch(key.Value)
	if m == nil || key.Kind != yaml.ScalarNode || key.Style&anyText != 0 || x.Kind != yaml.ScalarNode || x.Value != "" {
		return key, x
	}
	r := p.file.Node(key)
	p.report(r, "FR101", fmt.Sprintf("a space is missing after `%s:`", m[1]), fmt.Sprintf("write `%s: %s`", m[1], m[2]))
	p.list[len(p.list)-1].Suggest = m[1] + ": " + m[2]
	var doc yaml.Node
	if yaml.Unmarshal([]byte(m[2]), &doc) != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.ScalarNode {
		return key, x
	}
	name, value := *key, *doc.Content[0]
	name.Value = m[1]
	value.Line, value.Column = key.Line, key.Column+len([]rune(m[1]))+1
	return &name, &value
}
