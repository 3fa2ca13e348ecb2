package codec

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// rows splits text into rows of cells by RFC 4180: cells in quotes may hold delimiters, line ends and doubled quotes.
// Empty lines are left out.
type rows struct {
	in    *input
	comma byte
	cells []string // of the row; used again for the next one
	line  []byte   // the running line
	ahead []byte   // the row's lines before it
}

// first finds the first line of the next row.
func (r *rows) first() (err error) {
	for len(r.line) == 0 {
		if r.line, err = r.in.line(); err != nil {
			return err
		}
	}
	return nil
}

// next gives the cells of the next row.
func (r *rows) next() (err error) {
	r.cells, r.ahead = r.cells[:0], nil
	if err := r.first(); err != nil {
		return err
	}
	if bytes.IndexByte(r.line, '"') >= 0 {
		began := r.in.began
		err = r.quoted(r.line)
		r.in.began = began
		return err
	}
	for line, more := text(r.line), true; more; {
		cell := line
		if i := strings.IndexByte(line, r.comma); i >= 0 {
			cell, line = line[:i], line[i+1:]
		} else {
			more = false
		}
		r.cells = append(r.cells, cell)
	}
	return nil
}

// done makes ready for the next row, and gives the text of this one.
func (r *rows) done() []byte {
	line := r.line
	r.line = nil
	if r.ahead != nil {
		return append(r.ahead, line...)
	}
	return line
}

// quoted splits a line with quotes in it, and the lines that follow where a cell goes on.
func (r *rows) quoted(rest []byte) error {
	for {
		if len(rest) == 0 || rest[0] != '"' {
			i := bytes.IndexByte(rest, r.comma)
			cell := rest
			if i >= 0 {
				cell = rest[:i]
			}
			if q := bytes.IndexByte(cell, '"'); q >= 0 {
				return r.fail(rest[q:], "a quote within a cell: put the cell in quotes, and double the quote")
			}
			r.cells = append(r.cells, text(cell))
			if i < 0 {
				return nil
			}
			rest = rest[i+1:]
			continue
		}
		cell, after, err := r.inQuotes(rest[1:])
		if err != nil {
			return err
		}
		r.cells = append(r.cells, text(cell))
		if len(after) == 0 {
			return nil
		}
		if after[0] != r.comma {
			return r.fail(after, fmt.Sprintf("%q after a cell in quotes, where the delimiter is due", after[0]))
		}
		rest = after[1:]
	}
}

// inQuotes gives the content of a cell up to its closing quote, and what follows.
func (r *rows) inQuotes(rest []byte) (cell, after []byte, err error) {
	var joined []byte // where the content is no span of one line
	for {
		i := bytes.IndexByte(rest, '"')
		switch {
		case i < 0:
			joined = append(append(joined, rest...), r.in.ending...)
			if err := r.goOn(); err != nil {
				return nil, nil, err
			}
			rest = r.line
		case i+1 < len(rest) && rest[i+1] == '"':
			joined = append(joined, rest[:i+1]...)
			rest = rest[i+2:]
		case joined == nil:
			return rest[:i], rest[i+1:], nil
		default:
			return append(joined, rest[:i]...), rest[i+1:], nil
		}
	}
}

// goOn takes the next line of a row.
func (r *rows) goOn() (err error) {
	began := r.in.began
	r.ahead = append(append(r.ahead, r.line...), r.in.ending...)
	if len(r.ahead) > r.in.max {
		return r.in.tooLarge(began, "row", "a quote may not be closed; else raise it")
	}
	r.line, err = r.in.line()
	if err == io.EOF {
		return &DecodeError{Name: r.in.name, Line: began, Msg: "the file ends within a cell in quotes, which began here or in a line after", Final: true}
	}
	r.in.began = began
	return err
}

// fail says what is wrong at the rest of the running line.
func (r *rows) fail(rest []byte, msg string) error {
	return &DecodeError{Name: r.in.name, Line: r.in.lines, Column: len(r.line) - len(rest) + 1, Msg: msg}
}
