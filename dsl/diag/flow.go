package diag

import (
	"bytes"
	"fmt"
)

// flow reads a mapping or a list in braces or brackets, of a key or an item that stands in a column.
func (t *traps) flow(column int) {
	first := t.at
	var open []int
	for t.at < len(t.src) {
		c := t.src[t.at]
		switch {
		case blank(c) || c == ',':
			t.at++
		case breaks(c) || c == '#' && (blank(t.src[t.at-1]) || breaks(t.src[t.at-1])):
			if t.next(); t.outside(column) {
				t.unclosed(open)
				return
			}
		case c == '{' || c == '[':
			open = append(open, t.at)
			t.at++
		case c == '}' || c == ']':
			opener := open[len(open)-1]
			if c-t.src[opener] != 2 { // in ASCII, a closing bracket is two after its opening one
				t.report(t.file.Range(t.at, t.at+1), "FR101", fmt.Sprintf("`%c` cannot close the `%c` that opens in column %d", c, t.src[opener], t.file.Pos(opener).Column), fmt.Sprintf("write `%c`, or close what else is open", t.src[opener]+2))
				t.at = len(t.src)
				return
			}
			open = open[:len(open)-1]
			t.at++
			if len(open) == 0 {
				t.afterFlow(first)
				return
			}
			t.afterPart(opener, "the value ends with `"+string(c)+"`, and the rest of the expression is no YAML")
		case c == '"' || c == '\'':
			part := t.at
			if !t.closeQuote() {
				t.neverClosed(part)
				t.at = len(t.src)
				return
			}
			t.afterPart(part, "the quotes end this value, and the rest of the expression is no YAML")
		case c == '!' && !property().Match(t.rest()):
			t.at = t.tagged(t.at)
		default:
			t.flowPlain()
		}
	}
	t.unclosed(open)
}

// outside reports whether the line cannot belong to a flow mapping or list that begins in a column: it is not indented
// further, and begins a key or an item.
func (t *traps) outside(column int) bool {
	if t.at >= len(t.src) {
		return true
	}
	line := t.rest()
	text := bytes.TrimLeft(line, " ")
	if len(line)-len(text) > column || len(text) == 0 {
		return false
	}
	return bytes.HasPrefix(text, []byte("- ")) || keyEnd(text) > 0
}

func (t *traps) unclosed(open []int) {
	at := open[len(open)-1]
	t.report(t.file.Range(at, at+1), "FR101", fmt.Sprintf("the `%c` that opens here is never closed", t.src[at]), fmt.Sprintf("write `%c` at the end", t.src[at]+2))
}

// afterFlow checks that nothing follows a whole flow mapping or list.
func (t *traps) afterFlow(start int) {
	end := t.at
	if t.blanks(); t.at < len(t.src) && t.src[t.at] == ':' {
		t.at++
		t.value(0)
		return
	}
	if t.at = end; t.over() {
		t.next()
		return
	}
	t.trap(start, fmt.Sprintf("the value ends with `%c`, and the rest of the expression is no YAML", t.src[end-1]))
}

// afterPart checks that what follows a part of a flow mapping or list is a comma, a colon, or a closing bracket.
func (t *traps) afterPart(start int, what string) {
	t.blanks()
	if t.at >= len(t.src) || breaks(t.src[t.at]) || bytes.IndexByte([]byte(",:}]#"), t.src[t.at]) >= 0 {
		if t.at < len(t.src) && t.src[t.at] == ':' {
			t.at++
		}
		return
	}
	end := t.expressionEnd(start, true)
	t.expression(start, end, "FR105", what)
	t.at = end
}

// flowPlain reads a key or a value without quotes within a flow mapping or list.
func (t *traps) flowPlain() {
	start := t.at
	for t.at < len(t.src) && !breaks(t.src[t.at]) {
		c := t.src[t.at]
		after := byte('\n')
		if t.at+1 < len(t.src) {
			after = t.src[t.at+1]
		}
		if c == ':' && (blank(after) || breaks(after) || after == ',' || after == ']' || after == '}') {
			t.at++
			return
		}
		if bytes.IndexByte([]byte(",}]?[{"), c) >= 0 || c == '#' && t.at > start && blank(t.src[t.at-1]) {
			break
		}
		t.at++
	}
	if t.at >= len(t.src) || breaks(t.src[t.at]) {
		return
	}
	c := t.src[t.at]
	if (c == ',' || c == '}' || c == ']') && !unbalanced(string(t.src[start:t.at])) {
		return
	}
	end := t.expressionEnd(start, true)
	if unbalanced(string(t.src[start:end])) { // an apostrophe
		t.at++
		return
	}
	if c == '#' {
		t.comment(start, end)
	} else {
		t.expression(start, end, "FR105", fmt.Sprintf("`%c` ends an expression without quotes within braces or brackets", c))
	}
	t.at = end
}
