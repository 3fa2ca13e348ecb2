package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
	"unsafe"

	"github.com/flowrun/flowrun/flow/value"
)

// text makes a string of bytes that will not change. Bytes that are no UTF-8 are replaced.
func text(b []byte) string {
	if !utf8.Valid(b) {
		return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
	}
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// jsonLines reads a value a line.
type jsonLines struct {
	in  *input
	dec value.Decoder // with Text: a line holds no line end
}

func (j *jsonLines) next() (value.Value, error) {
	for {
		line, err := j.in.line()
		if err != nil {
			return value.Value{}, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		v, err := j.dec.Decode(line)
		if err != nil {
			return v, j.in.syntax(err, line)
		}
		return v, nil
	}
}

// syntax puts a place to an error in a line.
func (in *input) syntax(err error, line []byte) error {
	d := &DecodeError{Name: in.name, Line: in.lines, Msg: err.Error(), Raw: string(line)}
	var s *value.SyntaxError
	if errors.As(err, &s) {
		d.Column = s.Offset + 1
		if s.Incomplete() && in.eof && !in.cut && in.start == in.end {
			d.Msg = "the last line is cut off: " + d.Msg
		}
	}
	return d
}

// jsonValues reads values one after another, and arrays at the top element by element.
type jsonValues struct {
	in    *input
	split bool
	dec   value.Decoder
	state int
}

const (
	between = iota // values
	opened         // an array: an element or its end is due
	element        // of an array: an element is due
	after          // an element: a comma or the end is due
)

func (j *jsonValues) next() (value.Value, error) {
	for {
		c, err := j.peek()
		if err == io.EOF && j.state == between {
			return value.Value{}, io.EOF
		}
		if err == io.EOF {
			return value.Value{}, j.fail("the text ends within an array")
		}
		if err != nil {
			return value.Value{}, err
		}
		switch {
		case j.state == between && c == '[' && j.split:
			j.in.start++
			j.state = opened
		case (j.state == opened || j.state == after) && c == ']':
			j.in.start++
			j.state = between
		case j.state == after && c == ',':
			j.in.start++
			j.state = element
		case j.state == after:
			return value.Value{}, j.fail(fmt.Sprintf("%q where `,` or `]` is due", c))
		default:
			v, err := j.value()
			if err == nil && j.state != between {
				j.state = after
			}
			return v, err
		}
	}
}

// peek gives the next byte that is no space.
func (j *jsonValues) peek() (byte, error) {
	for {
		for in := j.in; in.start < in.end; in.start++ {
			switch c := in.buf[in.start]; c {
			case '\n':
				in.lines++
			case ' ', '\t', '\r':
			default:
				if c == 0xef && in.lines == 0 && bytes.HasPrefix(in.rest(), mark) {
					in.start += 2
					continue
				}
				return c, nil
			}
		}
		if err := j.in.more(); err != nil {
			return 0, err
		}
	}
}

// value takes a whole value, reading on as far as it reaches.
func (j *jsonValues) value() (value.Value, error) {
	in := j.in
	in.began = in.lines + 1
	for want := 0; ; {
		rest := in.rest()
		if len(rest) >= want || in.eof {
			v, n, err := j.dec.Prefix(rest)
			var s *value.SyntaxError
			switch {
			case err == nil && (n < len(rest) || in.eof || !v.IsNumber()):
				in.lines += int64(bytes.Count(rest[:n], []byte("\n")))
				in.start += n
				return v, nil
			case err != nil && (!errors.As(err, &s) || !s.Incomplete() || in.eof):
				in.lines += int64(bytes.Count(rest[:min(s.Offset, len(rest))], []byte("\n")))
				d := &DecodeError{Name: in.name, Line: in.lines + 1, Msg: err.Error(), Final: true}
				d.Column = s.Offset - bytes.LastIndexByte(rest[:min(s.Offset, len(rest))], '\n')
				return v, d
			}
			want = 2 * len(rest) // looked at anew when there is twice as much
		}
		if err := in.more(); err != nil && err != io.EOF {
			return value.Value{}, err
		}
	}
}

func (j *jsonValues) fail(msg string) error {
	return &DecodeError{Name: j.in.name, Line: j.in.lines + 1, Msg: msg, Final: true}
}
