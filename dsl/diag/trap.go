package diag

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/dsl/lazy"
)

// traps reads text that the YAML library refuses, and reports what it can tell about values: expressions that YAML takes
// for something else, quotes and brackets that are never closed. It knows the outline of YAML only, and is silent where
// it is not sure. The aliases that it comes across are found at their places.
type traps struct {
	*yamlParser
	src     []byte
	at      int
	aliases map[string]int
	rows    layout
}

func (p *yamlParser) traps() *traps {
	t := &traps{yamlParser: p, src: p.file.Src, at: p.file.lines[0], aliases: map[string]int{}}
	for t.at < len(t.src) {
		t.line()
	}
	return t
}

var (
	dashes      = lazy.Regexp(`^ *(?:[-?] +)*(?:-$)?`)
	blockHeader = lazy.Regexp(`^[|>][-+0-9]{0,2}[ \t]*(?:#.*)?$`)
	aliasName   = lazy.Regexp(`^\*[\pL\pN_-]+`)
	headless    = lazy.Regexp(`^([\pL_][\pL\pN_-]*):? ?([|>][-+0-9]{0,2})$`) // of a block of text
	document    = lazy.Regexp(`^(?:---|\.\.\.|%)`)
	property    = lazy.Regexp(`^(?:!![a-z]+|&[\pL\pN_-]+)(?:[ \t]+|$)`)
)

// rest gives what is left of the line.
func (t *traps) rest() []byte { return t.src[t.at:t.file.lineEnd(t.at)] }

// next goes to the next line.
func (t *traps) next() {
	t.at = t.file.lineEnd(t.at)
	if bytes.HasPrefix(t.src[t.at:], []byte("\r\n")) {
		t.at++
	}
	t.at++
}

func (t *traps) blanks() {
	for t.at < len(t.src) && blank(t.src[t.at]) {
		t.at++
	}
}

// over reports whether nothing but a comment is left of the line.
func (t *traps) over() bool {
	rest := bytes.TrimLeft(t.rest(), " \t")
	return len(rest) == 0 || rest[0] == '#' && (len(rest) < len(t.rest()) || t.at == t.file.lineStart(t.at) || blank(t.src[t.at-1]))
}

// line reads one line, and more where a value goes on in the next ones.
func (t *traps) line() {
	start := t.at
	t.at += len(dashes().Find(t.rest()))
	column := t.at - start
	r := row{start: start, column: column, lead: column}
	for i, c := range t.src[start:t.at] {
		if c == '-' {
			r.dashes = append(r.dashes, i)
			r.lead = min(r.lead, i)
		}
	}
	if t.over() || column == 0 && document().Match(t.rest()) {
		if r.open = true; len(r.dashes) > 0 {
			t.rows = append(t.rows, r)
		}
		t.next()
		return
	}
	if t.src[t.at] == '\t' {
		t.tab(t.at)
		t.next()
		return
	}
	if n := keyEnd(t.rest()); n > 0 {
		r.key = true
		t.at += n
		t.blanks()
	}
	t.rows = append(t.rows, r)
	t.value(column)
}

func (t *traps) tab(at int) {
	t.report(t.file.Range(at, at+1), "FR101", "a tab stands here, and YAML is indented by spaces", "indent by two spaces")
}

// keyEnd gives the length of the key that a line begins with, its colon included; 0 if there is none.
func keyEnd(line []byte) int {
	if len(line) > 0 && (line[0] == '"' || line[0] == '\'') {
		n := bytes.IndexByte(line[1:], line[0]) + 2
		if rest := bytes.TrimLeft(line[min(n, len(line)):], " "); n > 1 && bytes.HasPrefix(rest, []byte(":")) {
			return len(line) - len(rest) + 1
		}
		return 0
	}
	if len(line) > 0 && bytes.IndexByte([]byte("[{&*!|>%@`#"), line[0]) >= 0 {
		return 0
	}
	for i, c := range line {
		if c == '#' && i > 0 && blank(line[i-1]) {
			return 0
		}
		if c == ':' && (i+1 == len(line) || blank(line[i+1])) {
			return i + 1
		}
	}
	return 0
}

// value reads the value at this place, of a key or an item that stands in a column.
func (t *traps) value(column int) {
	r := &t.rows[len(t.rows)-1]
	if t.over() {
		r.open = true
		t.next()
		return
	}
	start := t.at
	for {
		n := len(property().Find(t.rest()))
		if t.at += n; n == 0 || t.over() {
			break
		}
	}
	if t.over() {
		r.open = true
		t.next()
		return
	}
	switch c := t.src[t.at]; c {
	case '"', '\'':
		t.quoted(start)
	case '[', '{':
		t.flow(column)
	case '|', '>':
		t.block(start, column)
	case '*':
		if name := aliasName().Find(t.rest()); name != nil {
			t.aliases[string(name[1:])] = t.at
			if t.at += len(name); t.over() {
				t.next()
				return
			}
		}
		t.trap(start, "a value cannot begin with '*' in YAML")
	case '!':
		t.at = t.tagged(start)
		t.next()
	case '}', ']':
		t.report(t.file.Range(t.at, t.at+1), "FR101", fmt.Sprintf("this `%c` closes nothing", c), fmt.Sprintf("open it by `%c`, or take it out", c-2))
		t.next()
	case '@', '`', '%', '&':
		t.trap(start, fmt.Sprintf("a value cannot begin with %q in YAML", c))
	default:
		r.text = true
		t.plain(start)
	}
}

// trap reports the expression from start to the end of the line, and goes on below it.
func (t *traps) trap(start int, what string) {
	end := t.expressionEnd(start, false)
	t.expression(start, end, "FR105", what)
	t.at = end
	t.next()
}

// plain reads a scalar without quotes: a colon and a space in it begin a mapping.
func (t *traps) plain(start int) {
	end := t.expressionEnd(start, false)
	text := t.src[start:end]
	if m := headless().FindSubmatch(text); m != nil {
		t.missingColon(t.file.Range(start, end), m[1])
		t.at = end - len(m[2])
		t.block(t.at, t.rows[len(t.rows)-1].lead)
		return
	}
	if i := bytes.Index(text, []byte(" #")); i >= 0 {
		if before := strings.TrimRight(string(text[:i]), " \t"); unbalanced(before) || endsOpen(before) {
			t.comment(start, end)
			t.next()
			return
		}
		text = text[:i]
	}
	n := keyEnd(text)
	switch {
	case n == 0:
	case n == len(text) || !bytes.ContainsAny(text, "?({[\"'") && !bytes.Contains(text[n:], []byte(": ")):
		t.report(t.file.Range(start, start+n), "FR101", fmt.Sprintf("the mapping that `%s` begins cannot stand on the line of a key", text[:n]), "write it on the next line, indented, or in braces: `{a: 1}`")
	default:
		t.expression(start, end, "FR105", "a colon and a space begin a mapping in YAML, also within an expression")
	}
	t.at = end
	t.next()
}

// quoted reads a value in quotes: nothing may follow it.
func (t *traps) quoted(start int) {
	open := t.at
	if !t.closeQuote() {
		t.neverClosed(open)
		t.at = len(t.src)
		return
	}
	switch {
	case t.over():
		t.next()
	case t.file.Pos(open).Line != t.file.Pos(t.at).Line: // the quote that closes it was to open another
		t.neverClosed(open)
		t.at = open
		t.next()
	default:
		t.trap(start, "the quotes end this value, and the rest of the expression is no YAML")
	}
}

func (t *traps) neverClosed(open int) {
	end := t.expressionEnd(open, false)
	t.report(t.file.Range(open, end), "FR101", fmt.Sprintf("the quote %c that opens here is never closed", t.src[open]), "close it at the end of the text")
}

const escapes = "0abtnvfre \"'\\N_LPxuU\t\r\n"

// closeQuote steps over a scalar in quotes; false if it is never closed.
func (t *traps) closeQuote() bool {
	quote := t.src[t.at]
	for t.at++; t.at < len(t.src); t.at++ {
		switch c := t.src[t.at]; {
		case quote == '"' && c == '\\' && t.at+1 < len(t.src):
			if strings.IndexByte(escapes, t.src[t.at+1]) < 0 {
				escape := t.file.Range(t.at, t.at+2)
				t.report(escape, "FR101", fmt.Sprintf("`%s` is no escape of text in double quotes", t.src[t.at:escape.End.Offset]), fmt.Sprintf("write `\\%s`, or the text in single quotes", t.src[t.at:escape.End.Offset]))
			}
			t.at++
		case c == quote && quote == '\'' && t.at+1 < len(t.src) && t.src[t.at+1] == quote:
			t.at++
		case c == quote:
			t.at++
			return true
		}
	}
	return false
}

// expressionEnd gives the end of the expression that begins at a place: of its line, or of the entry of a flow mapping
// or list.
func (t *traps) expressionEnd(start int, flow bool) int {
	end := t.file.lineEnd(start)
	line := t.src[start:end]
	if flow {
		line = line[:balanced(line)]
	}
	return start + len(bytes.TrimRight(line, " \t"))
}

// balanced gives the length of the expression that a line begins with, up to a comma or a closing bracket that is not
// within its own brackets or quotes.
func balanced(line []byte) int {
	var quote byte
	depth := 0
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case depth == 0 && (c == ',' || c == '}' || c == ']'):
			return i
		case c == ')' || c == ']' || c == '}':
			depth--
		}
	}
	return len(line)
}
