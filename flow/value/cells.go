package value

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"sync/atomic"
	"unsafe"
)

// Cells makes objects of lines of text that are cells between commas, or between other delimiters of one byte. An object
// notes where its cells are, and a cell is read when somebody asks for it. A Cells serves one goroutine at a time.
type Cells struct {
	columns *columns
	comma   byte
	lot     []cells  // to be given away
	starts  []uint32 // likewise
}

// columns is what rows of one table have in common.
type columns struct {
	shape *Shape
	typed []bool // those that read is for; the others are text
	read  func(slot int, cell string) Value
}

// cells is an object that is still the text of its cells.
type cells struct {
	of     *columns
	text   string
	starts *uint32 // of as many as the shape has keys, and of one more that is not there
	done   atomic.Pointer[Value]
}

// rowLot is how many rows are allocated at once.
const rowLot = 256

// NewCells gives what makes objects with the keys of a shape. Read gives the value that a cell of the typed slots is; the
// others are text.
func NewCells(s *Shape, comma byte, typed []int, read func(slot int, cell string) Value) *Cells {
	c := &columns{s, make([]bool, len(s.keys)), read}
	for _, slot := range typed {
		c.typed[slot] = true
	}
	return &Cells{columns: c, comma: comma}
}

// Row gives the object of a line, which must not change afterwards; false where it has more or fewer cells than there
// are keys, or a double quote in it.
func (c *Cells) Row(line []byte) (Value, bool) {
	most := len(c.columns.shape.keys) + 1
	if len(c.starts) < most {
		c.starts = make([]uint32, max(most, min(rowLot*most, 4096)))
	}
	starts := c.starts[:most]
	starts[0] = 0
	n, i := 1, 0
	for pattern := ones * uint64(c.comma); i+8 <= len(line); i += 8 {
		word := binary.LittleEndian.Uint64(line[i:])
		if zeros(word^ones*'"') != 0 {
			return Value{}, false
		}
		for found := zeros(word ^ pattern); found != 0; found &= found - 1 {
			if n == most {
				return Value{}, false
			}
			starts[n] = uint32(i + bits.TrailingZeros64(found)/8 + 1)
			n++
		}
	}
	for ; i < len(line); i++ {
		switch {
		case line[i] == c.comma && n < most:
			starts[n] = uint32(i + 1)
			n++
		case line[i] == c.comma || line[i] == '"':
			return Value{}, false
		}
	}
	if n != most-1 {
		return Value{}, false
	}
	starts[n] = uint32(len(line) + 1)
	if len(c.lot) == 0 {
		c.lot = make([]cells, rowLot)
	}
	r := &c.lot[0]
	c.lot, c.starts = c.lot[1:], c.starts[most:]
	r.of, r.text, r.starts = c.columns, span(line), unsafe.SliceData(starts)
	return Value{kind: row, p: unsafe.Pointer(r), n: uint64(most - 1)}, true
}

// Cell gives the text of a cell of an object that a Cells made.
func (c *Cells) Cell(v Value, slot int) string { return (*cells)(v.p).cell(slot) }

// zeros gives the highest bit of each byte that is 0.
func zeros(x uint64) uint64 {
	const low = ones * 0x7f
	return ^((x&low + low) | x | low)
}

func (r *cells) cell(slot int) string {
	starts := unsafe.Slice(r.starts, len(r.of.shape.keys)+1)
	return r.text[starts[slot] : starts[slot+1]-1]
}

func (r *cells) at(slot int) Value {
	if x := r.done.Load(); x != nil {
		return x.List()[slot]
	}
	return r.value(slot)
}

func (r *cells) value(slot int) Value {
	if r.of.typed[slot] {
		return r.of.read(slot, r.cell(slot))
	}
	return OfString(r.cell(slot))
}

// all gives the values of all cells, and keeps them.
func (r *cells) all() []Value {
	if x := r.done.Load(); x != nil {
		return x.List()
	}
	slots := make([]Value, len(r.of.shape.keys))
	for i := range slots {
		slots[i] = r.value(i)
	}
	x := OfList(slots)
	r.done.Store(&x)
	return slots
}

// clone gives the same object in memory of its own.
func (r *cells) clone() *cells {
	starts := append([]uint32(nil), unsafe.Slice(r.starts, len(r.of.shape.keys)+1)...)
	return &cells{of: r.of, text: strings.Clone(r.text), starts: unsafe.SliceData(starts)}
}
