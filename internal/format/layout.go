package format

import (
	"bytes"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/flowrun/flowrun/dsl/lazy"
)

// step is how much a level is indented by.
const step = 2

// line is one line of the text, and what is known of it.
type line struct {
	text   string
	indent int  // spaces before the first other character
	begins bool // a key or an item of a list begins on it
	want   int  // of such a line: the indent it should have
	body   bool // it is within a block scalar
	shift  int  // how much it moves, of a line that goes on with what began above
	keep   bool // trailing white space is content
}

// layouter lays a text out anew.
type layouter struct {
	lines []*line // from 1
}

func layout(src []byte) []byte {
	l := &layouter{lines: []*line{nil}}
	for _, text := range strings.Split(strings.TrimSuffix(string(src), "\n"), "\n") {
		l.lines = append(l.lines, &line{text: text, indent: len(text) - len(strings.TrimLeft(text, " "))})
	}
	docs, err := parse(src)
	if err != nil {
		return src
	}
	for _, doc := range docs {
		for _, n := range doc.Content {
			l.node(n, 0)
		}
	}
	l.rest()
	return l.print()
}

// node notes where a node and what is in it should stand; indent is that of its keys or items.
func (l *layouter) node(n *yaml.Node, indent int) {
	if n.Style&yaml.FlowStyle != 0 || n.Kind == yaml.AliasNode {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, x := n.Content[i], n.Content[i+1]
			l.begin(key.Line, key.Column-1, indent)
			l.colon(key, x)
			l.value(x, key, indent)
		}
	case yaml.SequenceNode:
		for _, x := range n.Content {
			at, column := l.dash(x, n.Column-1)
			if at == 0 {
				continue
			}
			l.begin(at, column, indent)
			if at == x.Line {
				l.gap(at, column+1, x.Column-1)
			}
			l.value(x, nil, indent)
		}
	}
}

// value notes where the value of a key or an item of a list stands, whose key or dash has the indent.
func (l *layouter) value(x, key *yaml.Node, indent int) {
	if x.Kind == yaml.ScalarNode && x.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		l.block(x, indent)
		return
	}
	l.node(x, indent+step)
}

// begin notes that a key or an item begins at a place.
func (l *layouter) begin(at, column, indent int) {
	if at < 1 || at >= len(l.lines) {
		return
	}
	if n := l.lines[at]; !n.begins && column == n.indent {
		n.begins, n.want = true, indent
	}
}

// dash finds the dash of a list's item: on its line, or on one above.
func (l *layouter) dash(x *yaml.Node, column int) (at, col int) {
	for at := x.Line; at > 0; at-- {
		text := l.lines[at].text
		if column < len(text) && text[column] == '-' && (at < x.Line || column < x.Column-1) {
			return at, column
		}
		if trimmed := strings.TrimSpace(text); at < x.Line && trimmed != "" && trimmed[0] != '#' {
			break
		}
	}
	return 0, 0
}

var afterColon = lazy.Regexp(`^: {2,}$`)

// colon leaves one space between a key's colon and a value on the same line.
func (l *layouter) colon(key, x *yaml.Node) {
	if key.Line != x.Line || key.Line >= len(l.lines) || key.Style != 0 || x.Anchor != "" || x.Style&yaml.TaggedStyle != 0 {
		return
	}
	text := []rune(l.lines[key.Line].text)
	end := key.Column - 1 + len([]rune(key.Value))
	if end < x.Column-1 && x.Column-1 <= len(text) && afterColon().MatchString(string(text[end:x.Column-1])) {
		l.gap(key.Line, end+1, x.Column-1)
	}
}

// gap notes that the spaces between two columns of a line should be one. They become zero bytes, which print drops.
func (l *layouter) gap(at, from, to int) {
	text := []rune(l.lines[at].text)
	if from+1 >= to || to > len(text) || strings.Trim(string(text[from:to]), " ") != "" {
		return
	}
	for i := from + 1; i < to; i++ {
		text[i] = 0
	}
	l.lines[at].text = string(text)
}

var header = lazy.Regexp(`[|>][-+0-9]*\s*(#.*)?$`)

// block notes how the lines of a block scalar move.
func (l *layouter) block(x *yaml.Node, indent int) {
	h := header().FindString(l.lines[x.Line].text)
	explicit := strings.ContainsAny(h, "123456789")
	first := 0
	for at := x.Line + 1; at < len(l.lines); at++ {
		if n := l.lines[at]; strings.TrimSpace(n.text) != "" {
			first = n.indent
			break
		}
	}
	parent := l.lines[x.Line].indent
	for at := x.Line + 1; at < len(l.lines); at++ {
		n := l.lines[at]
		if strings.TrimSpace(n.text) != "" && (explicit && n.indent <= parent || !explicit && n.indent < first) {
			return
		}
		n.body, n.keep = true, true
		if n.shift = indent + step - first; explicit {
			n.shift = 0
		}
	}
}

// rest moves the lines that begin nothing: comments with what they stand by, others with what they go on with.
func (l *layouter) rest() {
	moved := map[int]int{} // the indent of a line above, to its new one
	shift := 0
	for at := 1; at < len(l.lines); at++ {
		n := l.lines[at]
		text := strings.TrimSpace(n.text)
		switch {
		case n.body || text == "":
		case n.begins:
			shift = n.want - n.indent
			moved[n.indent] = n.want
		case text[0] == '#':
			n.shift = l.comment(at, moved, shift)
		default:
			n.shift = shift
		}
	}
}

// comment gives how much a comment moves: with the line below where they stand in one column, else with a line above
// that does.
func (l *layouter) comment(at int, moved map[int]int, shift int) int {
	n := l.lines[at]
	for below := at + 1; below < len(l.lines); below++ {
		if b := l.lines[below]; b.begins {
			if b.indent == n.indent {
				return b.want - b.indent
			}
			break
		}
	}
	if want, ok := moved[n.indent]; ok {
		return want - n.indent
	}
	return max(shift, -n.indent)
}

func (l *layouter) print() []byte {
	var out bytes.Buffer
	blank := true // at the start, no blank line stays
	for at := 1; at < len(l.lines); at++ {
		n := l.lines[at]
		text := strings.ReplaceAll(n.text, "\x00", "")
		if !n.keep {
			text = strings.TrimRight(text, " \t")
		}
		if text == "" && !n.body {
			if !blank {
				out.WriteByte('\n')
			}
			blank = true
			continue
		}
		blank = false
		indent := n.indent + n.shift
		if n.begins {
			indent = n.want
		}
		if strings.TrimSpace(text) == "" {
			indent, n.indent = 0, 0
			if text = strings.TrimRight(text, " "); n.shift > 0 && text != "" {
				indent = n.shift
			}
		}
		out.WriteString(strings.Repeat(" ", max(indent, 0)))
		out.WriteString(text[min(n.indent, len(text)):])
		out.WriteByte('\n')
	}
	return append(bytes.TrimRight(out.Bytes(), "\n"), '\n')
}
