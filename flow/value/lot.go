package value

import (
	"strings"
	"unsafe"
)

// lot is rows of one text. A row is known by where its first cell stands among the ends.
type lot struct {
	of   *Columns
	text string
	ends []uint32 // after each cell, past the delimiter or the line end; before them, where the first row begins
	own  []Value  // those of the rows
}

// rowAt says which row of a lot is meant: where it is among the ends, where its own values are, and whether it is inexact.
type rowAt uint64

// inexact marks a row with a cell whose value is written otherwise than the cell is.
const (
	inexact  = 1 << 32
	ownShift = 33
)

func (p rowAt) ends() int { return int(uint32(p)) }
func (p rowAt) own() int  { return int(p >> ownShift) }

// rowOf gives the lot of a row, and which row of it it is.
func (v Value) rowOf() (*lot, rowAt) { return (*lot)(v.p), rowAt(v.n) }

// raw gives the text of a cell as it stands.
func (l *lot) raw(at rowAt, cell int) string {
	ends := l.ends[at.ends()+cell:][:2]
	text := l.text[ends[0] : ends[1]-1]
	if cell == len(l.of.types)-1 && len(text) > 0 && text[len(text)-1] == '\r' {
		text = text[:len(text)-1]
	}
	return text
}

// cell gives the content of a cell.
func (l *lot) cell(at rowAt, cell int) string {
	text := l.raw(at, cell)
	if len(text) > 0 && text[0] == '"' {
		if text = text[1 : len(text)-1]; strings.IndexByte(text, '"') >= 0 {
			text = strings.ReplaceAll(text, `""`, `"`)
		}
	}
	return text
}

// value gives the value of a slot.
func (l *lot) value(at rowAt, slot int) Value {
	cell := l.of.cell(slot)
	if cell < 0 {
		return l.own[at.own()+^cell]
	}
	if t := l.of.types[cell]; t != nil {
		return t.Read(l.cell(at, cell), at&inexact == 0)
	}
	return OfString(l.cell(at, cell))
}

// all gives the values of all slots.
func (l *lot) all(at rowAt) []Value {
	slots := make([]Value, l.of.len())
	for i := range slots {
		slots[i] = l.value(at, i)
	}
	return slots
}

// span gives the text of a row, and of its line end.
func (l *lot) span(at rowAt) string {
	return l.text[l.ends[at.ends()]:l.ends[at.ends()+len(l.of.types)]]
}

// clone gives the same object, or list, in memory of its own.
func (l *lot) clone(at rowAt, kind Kind) Value {
	if l.of.cells != nil {
		return OfShape(l.of.shape, l.all(at)).Clone()
	}
	ends := append([]uint32(nil), l.ends[at.ends():at.ends()+len(l.of.types)+1]...)
	first := ends[0]
	for i := range ends {
		ends[i] -= first
	}
	return Value{kind: kind, p: unsafe.Pointer(&lot{of: l.of, text: strings.Clone(l.span(at)), ends: ends}), n: uint64(at & inexact)}
}

// size estimates the memory of a row, as if its cells were read.
func (l *lot) size(at rowAt, limit, depth int) (_ int, deeper bool) {
	const word = 24
	n := 3*word + l.of.len()*word
	if l.of.cells == nil {
		return n + len(l.span(at)), false
	}
	for i := 0; i < len(l.of.cells) && n <= limit; i++ {
		if cell := l.of.cells[i]; cell >= 0 {
			n += len(l.raw(at, cell))
		} else {
			more, deeper := l.own[at.own()+^cell].SizeWithin(limit-n, depth-1)
			if n += more - word; deeper {
				return n, true
			}
		}
	}
	return n, false
}

// appendList appends a row as a JSON array.
func (l *lot) appendList(dst []byte, at rowAt) []byte {
	dst = append(dst, '[')
	for i := range l.of.len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = l.appendSlot(dst, at, i)
	}
	return append(dst, ']')
}

// appendObject appends a row as a JSON object.
func (l *lot) appendObject(dst []byte, at rowAt) []byte {
	dst = append(dst, '{')
	for i, key := range l.of.keys {
		if i == 0 {
			key = key[1:]
		}
		dst = append(dst, key...)
		dst = l.appendSlot(dst, at, i)
	}
	return append(dst, '}')
}

// appendSlot appends the value of a slot as JSON.
func (l *lot) appendSlot(dst []byte, at rowAt, slot int) []byte {
	cell := l.of.cell(slot)
	if cell < 0 {
		return AppendJSON(dst, l.own[at.own()+^cell])
	}
	t, text := l.of.types[cell], l.cell(at, cell)
	switch {
	case t == nil:
		return appendString(dst, text)
	case at&inexact != 0:
		return AppendJSON(dst, t.Read(text, false))
	case text == "":
		return append(dst, "null"...)
	case t.Quoted:
		return append(append(append(dst, '"'), text...), '"')
	}
	return append(dst, text...)
}
