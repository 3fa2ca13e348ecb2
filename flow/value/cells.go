package value

import (
	"bytes"
	"math"
	"strings"
	"unsafe"
)

// Columns is what the rows of one table have in common. Goroutines share it.
type Columns struct {
	shape *Shape
	comma byte
	types []*CellType // by cell of a row; nil of text
	typed []int       // the cells that are not text
	cells []int       // by slot: the cell, or ^n of the n-th own value; nil where each cell has a slot, in their order
	own   int         // how many values of its own a row has
	fresh int         // of these, the last that are set when a row is made of another
	keys  []string    // as JSON has them, each after a comma and before a colon
	runs  []int       // by slot: of how many from there on the cells follow each other; 0 for an own value
}

// CellType reads cells that are not text. An exact cell is one whose value would be written as the cell is: in a cell, and
// in JSON, but for the quotes of a string there; an empty one that is exact is null.
type CellType struct {
	// Check reports whether a cell can be read, and whether it is known to be exact.
	Check func(cell string) (sound, exact bool)
	// Read gives the value of a cell that was found sound, and maybe exact.
	Read func(cell string, exact bool) Value
	// Quoted says that JSON has the values as strings.
	Quoted bool
}

// NewColumns gives the columns with the keys of a shape, between whose cells stands a delimiter: any byte but a quote, a
// line feed or a carriage return. The cells are of these types; nil is text.
func NewColumns(s *Shape, comma byte, types []*CellType) *Columns {
	c := &Columns{shape: s, comma: comma, types: types}
	for cell, t := range types {
		if t != nil {
			c.typed = append(c.typed, cell)
		}
	}
	c.settle()
	return c
}

// with gives the columns of what is made of rows with these: by slot the cell or the own value, and how many of the own
// values are new.
func (c *Columns) with(s *Shape, cells []int, fresh int) *Columns {
	made := &Columns{shape: s, comma: c.comma, types: c.types, typed: c.typed, cells: cells, own: c.own + fresh, fresh: fresh}
	made.settle()
	return made
}

// settle notes what the writers want to know.
func (c *Columns) settle() {
	n := len(c.shape.keys)
	c.keys, c.runs = make([]string, n), make([]int, n)
	for i := n - 1; i >= 0; i-- {
		c.keys[i] = string(append(appendString([]byte(","), c.shape.keys[i]), ':'))
		if cell := c.cell(i); cell >= 0 {
			if c.runs[i] = 1; i+1 < n && c.cell(i+1) == cell+1 {
				c.runs[i] += c.runs[i+1]
			}
		}
	}
}

// cell gives the cell of a slot, or ^n of the n-th own value.
func (c *Columns) cell(slot int) int {
	if c.cells != nil {
		return c.cells[slot]
	}
	return slot
}

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

// Row gives the object of the row that begins at a position of data, the position after the line end on which it ends, how
// many line ends there are up to it, and whether it is one: false where it is empty, has more or fewer cells than there are
// columns, is not whole, or something is wrong with it. The text must not change afterwards.
func (c *Cells) Row(data []byte, from int) (v Value, end, lines int, ok bool) {
	if from >= len(data) || len(data) >= math.MaxUint32 {
		return v, 0, 0, false
	}
	n := len(c.columns.types)
	fresh := c.lot == nil || unsafe.StringData(c.lot.text) != unsafe.SliceData(data) || !c.find(from)
	if fresh {
		c.begin(data, from)
	}
	for c.count <= c.at+n {
		switch {
		case c.more(data):
		case fresh:
			return v, 0, 0, false
		default:
			c.begin(data, from)
			fresh = true
		}
	}
	ends := c.lot.ends[c.at : c.at+n+1]
	end, lines = int(ends[n]), 1
	if from < c.marks.since || end > c.marks.quote { // there may be quotes
		for _, x := range ends[1:n] {
			if data[x-1] == '\n' {
				return v, 0, 0, false
			}
		}
		lines = bytes.Count(data[from:end], lineEnd)
	} else if bytes.IndexByte(data[from:end-1], '\n') >= 0 {
		return v, 0, 0, false
	}
	if data[end-1] != '\n' || n == 1 && len(c.lot.raw(rowAt(c.at), 0)) == 0 {
		return v, 0, 0, false
	}
	v = Value{kind: row, p: unsafe.Pointer(c.lot), n: uint64(c.at)}
	for _, i := range c.columns.typed {
		cell := c.lot.text[ends[i] : ends[i+1]-1]
		if i == n-1 || len(cell) > 0 && cell[0] == '"' {
			cell = c.lot.cell(rowAt(c.at), i)
		}
		sound, exact := c.columns.types[i].Check(cell)
		if !sound {
			return v, 0, 0, false
		}
		if !exact {
			v.n |= inexact
		}
	}
	c.at += n
	c.given = true
	return v, end, lines, true
}

var lineEnd = []byte{'\n'}

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
	begun := marks{comma: c.columns.comma, pos: from, since: from, quote: from, opens: 1}
	if c.lot != nil && unsafe.StringData(c.lot.text) == unsafe.StringData(text) && c.marks.since <= from && from < c.marks.quote {
		begun.since, begun.quote = c.marks.since, c.marks.quote
	}
	if c.lot == nil || c.given || unsafe.StringData(c.lot.text) != unsafe.StringData(text) {
		n := min(max(lotEnds, len(c.columns.types)+1), len(data)-from+1)
		c.lot = &lot{of: c.columns, text: text, ends: make([]uint32, n+markedAtOnce)}
		c.given = false
	}
	c.lot.ends[0] = uint32(from)
	c.count, c.at = 1, 0
	c.marks = begun
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
	slots := make([]Value, len(l.of.keys))
	for i := range slots {
		slots[i] = l.value(at, i)
	}
	return slots
}

// span gives the text of a row, and of its line end.
func (l *lot) span(at rowAt) string {
	return l.text[l.ends[at.ends()]:l.ends[at.ends()+len(l.of.types)]]
}

// clone gives the same object in memory of its own.
func (l *lot) clone(at rowAt) Value {
	if l.of.cells != nil {
		return OfShape(l.of.shape, l.all(at)).Clone()
	}
	ends := append([]uint32(nil), l.ends[at.ends():at.ends()+len(l.of.types)+1]...)
	first := ends[0]
	for i := range ends {
		ends[i] -= first
	}
	return Value{kind: row, p: unsafe.Pointer(&lot{of: l.of, text: strings.Clone(l.span(at)), ends: ends}), n: uint64(at & inexact)}
}

// size estimates the memory of a row, as if its cells were read.
func (l *lot) size(at rowAt, limit int) int {
	const word = 24
	n := 3*word + len(l.of.keys)*word
	if l.of.cells == nil {
		return n + len(l.span(at))
	}
	for i := 0; i < len(l.of.cells) && n <= limit; i++ {
		if cell := l.of.cells[i]; cell >= 0 {
			n += len(l.raw(at, cell))
		} else {
			n += l.own[at.own()+^cell].SizeUpTo(limit-n) - word
		}
	}
	return n
}

// appendJSON appends a row as an object.
func (l *lot) appendJSON(dst []byte, at rowAt) []byte {
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
