package diag

import (
	"bytes"
	"fmt"
)

// block steps over a block scalar.
func (t *traps) block(start, column int) {
	if !blockHeader().Match(t.rest()) {
		t.trap(start, fmt.Sprintf("`%c` begins a block of text, which stands on the lines below it", t.src[t.at]))
		return
	}
	header, r := t.rest(), len(t.rows)-1
	t.rows[r].body = column + 2
	var lines []int // their offsets
	var leads []int
	for t.next(); t.at < len(t.src); t.next() {
		line := t.rest()
		text := bytes.TrimLeft(line, " ")
		lead := len(line) - len(text)
		if len(text) > 0 && lead <= column {
			break
		}
		if len(text) > 0 && text[0] == '\t' && (len(leads) == 0 || lead < leads[0]) {
			t.tab(t.at + lead)
			return
		}
		if len(text) > 0 {
			lines, leads = append(lines, t.at), append(leads, lead)
		}
	}
	if len(leads) > 0 {
		t.rows[r].body = leads[0]
	}
	if bytes.ContainsAny(header, "123456789") {
		return // it says how far the text is indented
	}
	for i, lead := range leads {
		if lead < leads[0] {
			t.uneven(lines, leads, i)
			return
		}
	}
}

// uneven reports that a line of a block of text is indented less than its first line; both where the one may be wrong or
// the other.
func (t *traps) uneven(lines, leads []int, i int) {
	first, line := t.file.Pos(lines[0]).Line, t.file.Pos(lines[i]).Line
	place := t.lineRange(line)
	if i == 1 {
		place.Start = t.lineRange(first).Start
	}
	t.report(place, "FR101", fmt.Sprintf("the text begins in line %d, indented by %s, and line %d is indented by %s", first, columns(leads[0]), line, columns(leads[i])), "indent all its lines as the first, or further")
}
