package codec

import (
	"bytes"
	"encoding/binary"
	"strings"

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
	if i > 0 {
		dst = append(dst, c.comma)
	}
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

// appendLine appends a row that was read, with a delimiter of the same kind, and its line end: as the line it was, where its
// cells would be written so.
func (c *cellWriter) appendLine(dst []byte, line value.Line, cells int) []byte {
	text := line.Text()
	returns := strings.IndexByte(text, '\r') >= 0
	if line.Whole && !returns && line.Plain() {
		return append(append(dst, text...), '\n')
	}
	for i := range cells {
		if i > 0 {
			dst = append(dst, c.comma)
		}
		start := len(dst)
		dst = append(dst, line.Cell(i)...)
		cell := dst[start:]
		if len(cell) == 0 || cell[0] != '"' {
			if padded(cell) || returns && c.needsQuotes(cell) { // it has no delimiter, quote or line feed
				dst = quote(dst, start)
			}
			continue
		}
		if content := cell[1 : len(cell)-1]; !c.needsQuotes(content) && (cells > 1 || len(content) > 0) {
			dst = dst[:start+copy(cell, content)]
		}
	}
	return append(dst, '\n')
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
