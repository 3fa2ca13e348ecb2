package value

import (
	"strings"
	"unicode/utf8"
)

// Line is the fields of an object that is still a row, or the elements of a list: cells, and values of its own.
type Line struct {
	lot   *lot
	at    rowAt
	Exact bool // the value of each cell that is not text is written as the cell is
}

// Line gives the text of an object, or a list, that is still a row between such delimiters; false for any other value.
func (v Value) Line(comma byte) (Line, bool) {
	if v.kind != row && v.kind != cellList || (*lot)(v.p).of.comma != comma {
		return Line{}, false
	}
	l, at := v.rowOf()
	return Line{l, at, at&inexact == 0}, true
}

// Run gives of how many slots from one on the cells follow each other in the row; 0 for a value of its own.
func (l Line) Run(slot int) int { return l.lot.of.runs[slot] }

// Own gives the value of a slot that is no cell.
func (l Line) Own(slot int) Value { return l.lot.value(l.at, slot) }

// Cell gives the cell of a slot as it stands.
func (l Line) Cell(slot int) string { return l.lot.raw(l.at, l.lot.of.cell(slot)) }

// Text gives cells that follow each other as they stand, and the delimiters between them.
func (l Line) Text(slot, n int) string {
	ends := l.ends(slot, n)
	text := l.lot.text[ends[0]:ends[n]]
	if end, ok := strings.CutSuffix(text, "\r\n"); ok {
		return end
	}
	return text[:len(text)-1]
}

// Returns reports whether there is a carriage return in the row that is no part of its line end.
func (l Line) Returns() bool {
	text := l.lot.span(l.at)
	i := strings.IndexByte(text, '\r')
	return i >= 0 && i < len(text)-2
}

// Plain reports whether no cell of those that follow each other begins with a quote or a byte beyond ASCII, and none begins
// or ends with a space.
func (l Line) Plain(slot, n int) bool {
	ends, text := l.ends(slot, n), l.lot.text
	start := ends[0]
	for _, end := range ends[1:] {
		if start+1 < end {
			if c := text[start]; c == '"' || c == ' ' || c >= utf8.RuneSelf || text[end-2] == ' ' {
				return false
			}
		}
		start = end
	}
	return !strings.HasSuffix(text[ends[n-1]:ends[n]], " \r\n")
}

// ends gives where cells that follow each other begin and end.
func (l Line) ends(slot, n int) []uint32 { return l.lot.ends[l.at.ends()+l.lot.of.cell(slot):][:n+1] }
