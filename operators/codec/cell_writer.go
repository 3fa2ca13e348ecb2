package codec

import (
	"bytes"
	"encoding/binary"

	"github.com/flowrun/flowrun/flow/value"
)

// cellWriter writes the cells of rows, in quotes where they would not be read as what they are.
type cellWriter struct {
	comma   byte
	special [256]bool // a cell in which these stand is in quotes
}

func newCellWriter(comma byte) (c cellWriter) {
	c.comma = comma
	for _, b := range []byte{comma, '"', '\n', '\r'} {
		c.special[b] = true
	}
	return c
}

// appendValue appends a cell of so many, after what stands between it and the one before. That of null is empty.
func (c *cellWriter) appendValue(dst []byte, i, of int, v value.Value) []byte {
	dst = c.next(dst, i)
	start := len(dst)
	if !v.IsNull() {
		dst = value.AppendText(dst, v)
	}
	if cell := dst[start:]; c.needsQuotes(cell) || of == 1 && len(cell) == 0 { // an empty line would be no row
		dst = quote(dst, start)
	}
	return dst
}

// quote puts what stands in dst from a position on in quotes.
func quote(dst []byte, start int) []byte {
	more := 2 + bytes.Count(dst[start:], quoteMark)
	from := len(dst) - 1
	for range more {
		dst = append(dst, '"')
	}
	for to := len(dst) - 2; from >= start; from-- {
		dst[to] = dst[from]
		if to--; dst[from] == '"' {
			dst[to] = '"'
			to--
		}
	}
	dst[start] = '"'
	return dst
}

var quoteMark = []byte{'"'}

// appendLine appends a row that was read, with a delimiter of the same kind, and its line end. Cells are as they were, where
// they would be written so.
func (c *cellWriter) appendLine(dst []byte, line value.Line, of int) []byte {
	returns := line.Returns()
	for i := 0; i < of; {
		n := line.Run(i)
		switch {
		case n == 0:
			dst = c.appendValue(dst, i, of, line.Own(i))
			n = 1
		case n > 1 && !returns && line.Plain(i, n):
			dst = append(c.next(dst, i), line.Text(i, n)...)
		default:
			for k := range n {
				dst = c.appendCell(c.next(dst, i+k), of, line.Cell(i+k), returns)
			}
		}
		i += n
	}
	return append(dst, '\n')
}

// next appends what stands between a cell and the one before.
func (c *cellWriter) next(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, c.comma)
	}
	return dst
}

// appendCell appends a cell of so many that was read. Returns says whether carriage returns may be in it.
func (c *cellWriter) appendCell(dst []byte, of int, cell string, returns bool) []byte {
	start := len(dst)
	dst = append(dst, cell...)
	written := dst[start:]
	if len(written) == 0 || written[0] != '"' {
		if padded(written) || returns && c.needsQuotes(written) || of == 1 && len(written) == 0 { // it has no delimiter, quote or line feed
			return quote(dst, start)
		}
		return dst
	}
	if content := written[1 : len(written)-1]; !c.needsQuotes(content) && (of > 1 || len(content) > 0) {
		return dst[:start+copy(written, content)]
	}
	return dst
}

// needsQuotes reports whether a cell would not be read as what it is. Of a carriage return and a byte order mark that is
// so at the end of a line and at the start of a file.
func (c *cellWriter) needsQuotes(cell []byte) bool {
	n := len(cell)
	if padded(cell) {
		return true
	}
	if n < 8 {
		for _, b := range cell {
			if c.special[b] {
				return true
			}
		}
		return false
	}
	for i := 0; i+8 < n; i += 8 {
		if c.has(binary.LittleEndian.Uint64(cell[i:])) {
			return true
		}
	}
	return c.has(binary.LittleEndian.Uint64(cell[n-8:]))
}

// padded reports whether a cell begins or ends with a space, or begins with a byte order mark.
func padded(cell []byte) bool {
	return len(cell) > 0 && (cell[0] == ' ' || cell[len(cell)-1] == ' ' || cell[0] == mark[0] && bytes.HasPrefix(cell, mark))
}

// has reports whether one of eight bytes is special: a byte is zero where subtracting 1 borrows from its highest bit, if it
// was not set.
func (c *cellWriter) has(word uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	comma, quote, feed, back := word^ones*uint64(c.comma), word^ones*'"', word^ones*'\n', word^ones*'\r'
	return ((comma-ones)&^comma|(quote-ones)&^quote|(feed-ones)&^feed|(back-ones)&^back)&highs != 0
}
