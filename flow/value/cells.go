package value

import (
	"math"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Columns is what the rows of one table have in common. Goroutines share it.
type Columns struct {
	shape *Shape
	comma byte
	typed []int
	types CellTypes
	of    []bool   // by slot: whether it is typed
	keys  []string // as JSON has them, each after a comma and before a colon
}

// CellTypes reads cells that are not text.
type CellTypes interface {
	// Check reports whether a cell can be read, and whether its value would be written as the cell is.
	Check(slot int, cell string) (sound, exact bool)
	// Read gives the value of a cell that was found sound.
	Read(slot int, cell string) Value
}

// NewColumns gives the columns with the keys of a shape, between whose cells stands a delimiter: any byte but a quote, a
// line feed or a carriage return. The cells of the typed slots are of types, which may be nil where there are none; the
// others are text.
func NewColumns(s *Shape, comma byte, typed []int, types CellTypes) *Columns {
	c := &Columns{shape: s, comma: comma, typed: typed, types: types, of: make([]bool, len(s.keys))}
	for _, slot := range typed {
		c.of[slot] = true
	}
	for _, key := range s.keys {
		c.keys = append(c.keys, string(append(appendString([]byte(","), key), ':')))
	}
	return c
}

// lot is rows of one text. A row is known by where its first cell stands among the ends.
type lot struct {
	of   *Columns
	text string
	ends []uint32 // after each cell, past the delimiter or the line end; before them, where the first row begins
}

// inexact marks a row with a cell whose value is written otherwise than the cell is, beside its place among the ends.
const inexact = 1 << 32

// Cells makes objects of the rows of a text, by RFC 4180. An object is still the text: it notes where its cells are, and
// a cell is read when somebody asks for it. A Cells serves one goroutine at a time.
type Cells struct {
	columns *Columns
	lot     *lot
	marks   marks
	count   int  // of the ends that are known
	at      int  // of them: where the row begins that is due
	given   bool // rows of the lot were given away
}

// lotEnds is about how many cells are allocated at once.
const lotEnds = 4096

// NewCells gives what makes objects with these columns.
func NewCells(of *Columns) *Cells { return &Cells{columns: of} }

// Row gives the object of the row that begins at a position of data, the line end on which it ends, and whether it is one:
// false where it has more or fewer cells than there are columns, or something is wrong with it. End is the first line end
// from there on; the row goes on after it where that stands in quotes. The text must not change afterwards.
func (c *Cells) Row(data []byte, from, end int) (v Value, last int, ok bool) {
	if len(data) >= math.MaxUint32 {
		return v, 0, false
	}
	n := len(c.columns.shape.keys)
	fresh := c.lot == nil || unsafe.StringData(c.lot.text) != unsafe.SliceData(data) || !c.find(from)
	if fresh {
		c.begin(data, from)
	}
	for c.count <= c.at+n {
		switch {
		case c.more(data):
		case fresh:
			return v, 0, false
		default:
			c.begin(data, from)
			fresh = true
		}
	}
	ends := c.lot.ends[c.at : c.at+n+1]
	if last = int(ends[n]) - 1; last != end {
		if data[last] != '\n' {
			return v, 0, false
		}
		for _, x := range ends[1:n] {
			if data[x-1] == '\n' {
				return v, 0, false
			}
		}
	}
	v = Value{kind: row, p: unsafe.Pointer(c.lot), n: uint64(c.at)}
	for _, slot := range c.columns.typed {
		sound, exact := c.columns.types.Check(slot, c.lot.cell(c.at, slot))
		if !sound {
			return v, 0, false
		}
		if !exact {
			v.n |= inexact
		}
	}
	c.at += n
	c.given = true
	return v, last, true
}

// find goes on to the end after which a row begins, if there is one.
func (c *Cells) find(from int) bool {
	for c.at < c.count-1 && int(c.lot.ends[c.at]) < from {
		c.at++
	}
	return int(c.lot.ends[c.at]) == from
}

// begin begins a lot with the row that begins there.
func (c *Cells) begin(data []byte, from int) {
	text := span(data[:cap(data)])
	if c.lot == nil || c.given || unsafe.StringData(c.lot.text) != unsafe.StringData(text) {
		n := min(max(lotEnds, len(c.columns.shape.keys)+1), len(data)-from+1)
		c.lot = &lot{of: c.columns, text: text, ends: make([]uint32, n+markedAtOnce)}
		c.given = false
	}
	c.lot.ends[0] = uint32(from)
	c.count, c.at = 1, 0
	c.marks = marks{comma: c.columns.comma, pos: from, quote: from, opens: 1}
}

// more finds further ends; false where the lot has no room for them, or there are none.
func (c *Cells) more(data []byte) bool {
	if c.count+markedAtOnce > len(c.lot.ends) {
		return false
	}
	n := c.marks.next(data, (*[markedAtOnce]uint32)(c.lot.ends[c.count:]))
	c.count += max(n, 0)
	return n >= 0
}

// rowOf gives the lot of a row, and where in it the row is.
func (v Value) rowOf() (*lot, int) { return (*lot)(v.p), int(uint32(v.n)) }

// raw gives the text of a cell as it stands.
func (l *lot) raw(at, slot int) string {
	ends := l.ends[at+slot : at+slot+2]
	text := l.text[ends[0] : ends[1]-1]
	if slot == len(l.of.of)-1 && len(text) > 0 && text[len(text)-1] == '\r' {
		text = text[:len(text)-1]
	}
	return text
}

// cell gives the content of a cell.
func (l *lot) cell(at, slot int) string {
	text := l.raw(at, slot)
	if len(text) > 0 && text[0] == '"' {
		if text = text[1 : len(text)-1]; strings.IndexByte(text, '"') >= 0 {
			text = strings.ReplaceAll(text, `""`, `"`)
		}
	}
	return text
}

func (l *lot) value(at, slot int) Value {
	if l.of.of[slot] {
		return l.of.types.Read(slot, l.cell(at, slot))
	}
	return OfString(l.cell(at, slot))
}

// all gives the values of all cells.
func (l *lot) all(at int) []Value {
	slots := make([]Value, len(l.of.of))
	for i := range slots {
		slots[i] = l.value(at, i)
	}
	return slots
}

// span gives the text of a row, and of its line end.
func (l *lot) span(at int) string { return l.text[l.ends[at]:l.ends[at+len(l.of.of)]] }

// clone gives a lot of its own to a row.
func (l *lot) clone(at int) *lot {
	ends := append([]uint32(nil), l.ends[at:at+len(l.of.of)+1]...)
	first := ends[0]
	for i := range ends {
		ends[i] -= first
	}
	return &lot{of: l.of, text: strings.Clone(l.span(at)), ends: ends}
}

// appendJSON appends a row as an object.
func (l *lot) appendJSON(dst []byte, at int) []byte {
	dst = append(dst, '{')
	for i, key := range l.of.keys {
		if i == 0 {
			key = key[1:]
		}
		dst = append(dst, key...)
		dst = AppendJSON(dst, l.value(at, i))
	}
	return append(dst, '}')
}

// Line is a row that is still its text.
type Line struct {
	lot   *lot
	at    int
	Exact bool // the value of each cell that is not text is written as the cell is
}

// Line gives the text of an object that is still a row between such delimiters; false for any other value.
func (v Value) Line(comma byte) (Line, bool) {
	if v.kind != row || (*lot)(v.p).of.comma != comma {
		return Line{}, false
	}
	l, at := v.rowOf()
	return Line{l, at, v.n&inexact == 0}, true
}

// Text gives the row as it stands, without its line end.
func (l Line) Text() string {
	text := l.lot.span(l.at)
	if text = text[:len(text)-1]; strings.HasSuffix(text, "\r") {
		text = text[:len(text)-1]
	}
	return text
}

// Plain reports whether no cell begins with a quote or a byte beyond ASCII, and none begins or ends with a space.
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
func (l Line) Cell(slot int) string { return l.lot.raw(l.at, slot) }
