package value

import (
	"bytes"
	"math"
	"unsafe"
)

// Cells makes objects, or lists, of the rows of a text, by RFC 4180. Such a value is still the text: it notes where its
// cells are, and a cell is read when somebody asks for it. A Cells serves one goroutine at a time.
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

// NewCells gives what makes values with these columns.
func NewCells(of *Columns) *Cells { return &Cells{columns: of} }

// Row gives the value of the row that begins at a position of data, the position after the line end on which it ends, how
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
	v = Value{kind: c.columns.kind(), p: unsafe.Pointer(c.lot), n: uint64(c.at)}
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
