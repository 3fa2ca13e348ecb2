package diag

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// trace gives, for each byte of a scalar's value and for its end, the offset of the source that it was written as. It
// replays the raw source from at in lockstep with the value; nil if they disagree.
func (f *File) trace(n *yaml.Node, at int) []int {
	if n.Kind != yaml.ScalarNode || at > len(f.Src) {
		return nil
	}
	t := &tracer{src: f.Src, at: at, value: n.Value, places: make([]int, 0, len(n.Value)+1)}
	ok := false
	switch n.Style &^ yaml.TaggedStyle {
	case yaml.SingleQuotedStyle:
		ok = t.quoted('\'')
	case yaml.DoubleQuotedStyle:
		ok = t.quoted('"')
	case yaml.LiteralStyle:
		ok = t.block(false)
	case yaml.FoldedStyle:
		ok = t.block(true)
	default:
		ok = t.plain()
	}
	if !ok || len(t.places) != len(n.Value) {
		return nil
	}
	return append(t.places, t.at)
}

type tracer struct {
	src    []byte
	at     int // next byte of the source
	value  string
	places []int // of the bytes of the value so far
}

func (t *tracer) left() string { return t.value[len(t.places):] }
func (t *tracer) done() bool   { return len(t.places) == len(t.value) }

// take says that the next n bytes of the value were written as the next m of the source.
func (t *tracer) take(n, m int) {
	for range n {
		t.places = append(t.places, t.at)
	}
	t.at += m
}

// same takes one character that stands in the source as in the value.
func (t *tracer) same() bool {
	r, n := utf8.DecodeRune(t.src[t.at:])
	v, m := utf8.DecodeRuneInString(t.left())
	if r != v || n != m {
		return false
	}
	for i := range n {
		t.places = append(t.places, t.at+i)
	}
	t.at += n
	return true
}

// newline steps over one line break, and reports whether there was one.
func (t *tracer) newline() bool {
	switch {
	case t.at >= len(t.src) || !breaks(t.src[t.at]):
		return false
	case t.src[t.at] == '\r' && t.at+1 < len(t.src) && t.src[t.at+1] == '\n':
		t.at += 2
	default:
		t.at++
	}
	return true
}

func (t *tracer) blanks() {
	for t.at < len(t.src) && blank(t.src[t.at]) {
		t.at++
	}
}

// fold steps over blanks and line breaks that a flow scalar folds to a space or to line feeds; false if there is no line
// break here.
func (t *tracer) fold() bool {
	start := t.at
	t.blanks()
	first := t.at
	lines := 0
	for t.newline() {
		lines++
		t.blanks()
	}
	if lines == 0 {
		t.at = start
		return false
	}
	end := t.at
	t.at = first
	if lines == 1 {
		if strings.HasPrefix(t.left(), " ") {
			t.take(1, 0)
		}
	} else {
		for k := 1; k < lines && strings.HasPrefix(t.left(), "\n"); k++ {
			t.take(1, 0)
		}
	}
	t.at = end
	return true
}

func (t *tracer) plain() bool {
	for !t.done() {
		if t.at >= len(t.src) {
			return false
		}
		if !t.fold() && !t.same() {
			return false
		}
	}
	return true
}

func (t *tracer) quoted(quote byte) bool {
	if t.at >= len(t.src) || t.src[t.at] != quote {
		return false
	}
	t.at++
	for !t.done() {
		switch {
		case t.at >= len(t.src):
			return false
		case quote == '\'' && t.src[t.at] == '\'':
			if t.at+1 >= len(t.src) || t.src[t.at+1] != '\'' || t.left()[0] != '\'' {
				return false
			}
			t.take(1, 2)
		case quote == '"' && t.src[t.at] == '\\':
			if !t.escape() {
				return false
			}
		case !t.fold() && !t.same():
			return false
		}
	}
	for quote == '"' && t.at+1 < len(t.src) && t.src[t.at] == '\\' && breaks(t.src[t.at+1]) { // a continuation at the end
		t.at++
		t.newline()
		t.blanks()
	}
	return true
}

// escape steps over one escape of a double-quoted scalar.
func (t *tracer) escape() bool {
	if t.at+1 >= len(t.src) {
		return false
	}
	c := t.src[t.at+1]
	if breaks(c) { // a continuation gives nothing; blank lines after it give line feeds
		t.at++
		t.newline()
		t.blanks()
		for t.at < len(t.src) && breaks(t.src[t.at]) {
			start := t.at
			t.newline()
			t.blanks()
			end := t.at
			t.at = start
			if strings.HasPrefix(t.left(), "\n") {
				t.take(1, 0)
			}
			t.at = end
		}
		return true
	}
	width := 2
	switch c {
	case 'x':
		width = 4
	case 'u':
		width = 6
	case 'U':
		width = 10
	}
	if t.at+width > len(t.src) {
		return false
	}
	_, n := utf8.DecodeRuneInString(t.left())
	t.take(n, width)
	return true
}

// block replays a literal or a folded block scalar, line by line.
func (t *tracer) block(folded bool) bool {
	if t.at >= len(t.src) || t.src[t.at] != '|' && t.src[t.at] != '>' {
		return false
	}
	for t.at < len(t.src) && !breaks(t.src[t.at]) {
		t.at++
	}
	if !t.newline() {
		return t.done()
	}
	indent, ok := t.indent()
	if !ok {
		return t.done()
	}
	for !t.done() {
		if t.at >= len(t.src) {
			return false
		}
		for k := 0; k < indent && t.at < len(t.src) && t.src[t.at] == ' '; k++ {
			t.at++
		}
		for t.at < len(t.src) && !breaks(t.src[t.at]) && !t.done() {
			if !t.same() {
				return false
			}
		}
		if t.done() {
			return true
		}
		if !t.lineEnd(folded, indent) {
			return false
		}
	}
	return true
}

// lineEnd steps over the end of a block scalar's line, and over the empty lines after it when it folds.
func (t *tracer) lineEnd(folded bool, indent int) bool {
	start := t.at
	if !t.newline() {
		return false
	}
	lines := 1
	for folded {
		mark := t.at
		for k := 0; k < indent && t.at < len(t.src) && t.src[t.at] == ' '; k++ {
			t.at++
		}
		if !t.newline() {
			t.at = mark
			break
		}
		lines++
	}
	end := t.at
	t.at = start
	if folded && strings.HasPrefix(t.left(), " ") && lines == 1 {
		t.take(1, 0)
	} else {
		for k := 0; k < lines && strings.HasPrefix(t.left(), "\n"); k++ {
			t.take(1, 0)
		}
	}
	t.at = end
	return true
}

// indent gives the indentation of a block scalar's text: that of its first line with text, less the blanks that the
// value has there.
func (t *tracer) indent() (int, bool) {
	value := strings.TrimLeft(t.value, "\n")
	own := len(value) - len(strings.TrimLeft(value, " "))
	for at := t.at; at < len(t.src); {
		end := at
		for end < len(t.src) && !breaks(t.src[end]) {
			end++
		}
		line := string(t.src[at:end])
		if strings.Trim(line, " ") != "" {
			return max(len(line)-len(strings.TrimLeft(line, " "))-own, 0), true
		}
		at = end + 1
		if end+1 < len(t.src) && t.src[end] == '\r' && t.src[end+1] == '\n' {
			at++
		}
	}
	return 0, strings.Trim(t.value, " \n") != ""
}
