package diag

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// span is the bytes of the source, from one offset up to another, that a byte of a value was written as.
type span struct{ from, to int }

// trace gives, for each byte of a scalar's value, the bytes of the source that it was written as, and as the last span the
// place where the text ends. It replays the raw source from at in lockstep with the value; nil if they disagree.
func (f *File) trace(n *yaml.Node, at int) []span {
	if n.Kind != yaml.ScalarNode || at > len(f.Src) {
		return nil
	}
	t := &tracer{src: f.Src, at: at, value: n.Value, places: make([]span, 0, len(n.Value)+1)}
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
	return append(t.places, span{t.at, t.at})
}

type tracer struct {
	src    []byte
	at     int // next byte of the source
	value  string
	places []span // of the bytes of the value so far
}

func (t *tracer) left() string { return t.value[len(t.places):] }
func (t *tracer) done() bool   { return len(t.places) == len(t.value) }

// take says that the next n bytes of the value were written as the next m of the source.
func (t *tracer) take(n, m int) {
	for range n {
		t.places = append(t.places, span{t.at, t.at + m})
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
		t.places = append(t.places, span{t.at + i, t.at + n})
	}
	t.at += n
	return true
}

// newline steps over one line break, and gives what it is in a value; "" if there is none.
func (t *tracer) newline() string {
	n := lineBreak(t.src[min(t.at, len(t.src)):])
	text := "\n"
	switch {
	case n == 0:
		return ""
	case n == 3:
		text = string(t.src[t.at : t.at+n])
	case bytes.HasPrefix(t.src[t.at:], []byte("\r\n")):
		n = 2
	}
	t.at += n
	return text
}

// breaks takes those of the line breaks that the value still has, as written at a place, and goes on at another.
func (t *tracer) breaks(all []string, from, to int) {
	t.at = from
	for _, text := range all {
		if strings.HasPrefix(t.left(), text) {
			t.take(len(text), 0)
		}
	}
	t.at = to
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
	var all []string
	for text := t.newline(); text != ""; text = t.newline() {
		all = append(all, text)
		t.blanks()
	}
	switch {
	case all == nil:
		t.at = start
		return false
	case len(all) == 1 && all[0] == "\n":
		all[0] = " "
	case all[0] == "\n":
		all = all[1:]
	}
	t.breaks(all, first, t.at)
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
	for quote == '"' && t.at+1 < len(t.src) && t.src[t.at] == '\\' && lineBreak(t.src[t.at+1:]) > 0 { // a continuation at the end
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
	if lineBreak(t.src[t.at+1:]) > 0 { // a continuation gives nothing; blank lines after it give line feeds
		t.at++
		t.newline()
		for t.blanks(); ; t.blanks() {
			start := t.at
			text := t.newline()
			if text == "" {
				return true
			}
			t.breaks([]string{text}, start, t.at)
		}
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

// block replays a literal or a folded block scalar, line by line, with the indentation that makes it agree.
func (t *tracer) block(folded bool) bool {
	if t.at >= len(t.src) || t.src[t.at] != '|' && t.src[t.at] != '>' {
		return false
	}
	least, header := 0, true // what an indicator says, beside the indentation of the node around
	for t.at < len(t.src) && lineBreak(t.src[t.at:]) == 0 {
		if c := t.src[t.at]; c >= '1' && c <= '9' && header {
			least = int(c - '0')
		} else if blank(c) {
			header = false
		}
		t.at++
	}
	if t.newline() == "" {
		return t.done()
	}
	text := t.at
	first, most := t.indentations(text)
	if least == 0 {
		return t.lines(folded, first)
	}
	for indent := least; indent <= most; indent++ {
		if t.at, t.places = text, t.places[:0]; t.lines(folded, indent) {
			return true
		}
	}
	return false
}

// lines replays the lines of a block scalar that is indented so far.
func (t *tracer) lines(folded bool, indent int) bool {
	for !t.done() {
		if t.at >= len(t.src) {
			return false
		}
		for k := 0; k < indent && t.at < len(t.src) && t.src[t.at] == ' '; k++ {
			t.at++
		}
		for t.at < len(t.src) && lineBreak(t.src[t.at:]) == 0 && !t.done() {
			if !t.same() {
				return false
			}
		}
		if !t.done() && !t.lineEnd(folded, indent) {
			return false
		}
	}
	return true
}

// lineEnd steps over the end of a block scalar's line, and over the empty lines after it when it folds.
func (t *tracer) lineEnd(folded bool, indent int) bool {
	start := t.at
	all := []string{t.newline()}
	if all[0] == "" {
		return false
	}
	for folded {
		mark := t.at
		for k := 0; k < indent && t.at < len(t.src) && t.src[t.at] == ' '; k++ {
			t.at++
		}
		text := t.newline()
		if text == "" {
			t.at = mark
			break
		}
		all = append(all, text)
	}
	if folded && len(all) == 1 && all[0] == "\n" && strings.HasPrefix(t.left(), " ") {
		all[0] = " "
	}
	t.breaks(all, start, t.at)
	return true
}

// indentations gives the indentation of the first line that has text, and the greatest of any line.
func (t *tracer) indentations(at int) (first, most int) {
	first = -1
	for at < len(t.src) {
		start := at
		for at < len(t.src) && t.src[at] == ' ' {
			at++
		}
		most = max(most, at-start)
		if n := lineBreak(t.src[at:]); first < 0 && n == 0 && at < len(t.src) {
			first = at - start
		}
		for at < len(t.src) && lineBreak(t.src[at:]) == 0 {
			at++
		}
		if at < len(t.src) {
			at += lineBreak(t.src[at:])
		}
	}
	return max(first, 0), most
}
