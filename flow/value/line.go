package value

import (
	"strings"
	"unicode/utf8"
)

// Line is the fields of an object that are cells of a row which is still its text.
type Line struct {
	lot   *lot
	at    int
	Exact bool // the value of each cell that is not text is written as the cell is
	Whole bool // they are the whole row
}

// Line gives the text of an object that is still a row between such delimiters; false for any other value.
func (v Value) Line(comma byte) (Line, bool) {
	if v.kind != row || (*lot)(v.p).of.comma != comma {
		return Line{}, false
	}
	l, at := v.rowOf()
	return Line{l, at, v.n&inexact == 0, l.of.cells == nil}, true
}

// Text gives the row that the cells are of as it stands, without its line end.
func (l Line) Text() string {
	text := l.lot.span(l.at)
	if text = text[:len(text)-1]; strings.HasSuffix(text, "\r") {
		text = text[:len(text)-1]
	}
	return text
}

// Plain reports whether no cell of the row begins with a quote or a byte beyond ASCII, and none begins or ends with a space.
func (l Line) Plain() bool {
	text := l.lot.span(l.at)
	first := l.lot.ends[l.at]
	start := uint32(0)
	for _, end := range l.lot.ends[l.at+1 : l.at+1+len(l.lot.of.of)] {
		end -= first
		if start+1 < end {
			if c := text[start]; c == '"' || c == ' ' || c >= utf8.RuneSelf || text[end-2] == ' ' {
				return false
			}
		}
		start = end
	}
	return !strings.HasSuffix(text, " \r\n")
}

// Cell gives a cell as it stands.
func (l Line) Cell(slot int) string { return l.lot.raw(l.at, l.lot.of.cell(slot)) }
