package codec

import (
	"bytes"
	"errors"
	"unicode/utf8"
	"unsafe"

	"github.com/flowrun/flowrun/flow/value"
)

// text makes a string of bytes that will not change. As in JSON, each byte that is no UTF-8 becomes U+FFFD.
func text(b []byte) string {
	if utf8.Valid(b) {
		return unsafe.String(unsafe.SliceData(b), len(b))
	}
	out := make([]byte, 0, len(b)+16)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return string(out)
}

// jsonLines reads a value a line.
type jsonLines struct {
	in  *input
	dec value.Decoder // with Text: a line holds no line end
}

func (j *jsonLines) next() (value.Value, error) {
	in := j.in
	if v, n, ok := j.dec.Line(in.rest()); ok && n-1 <= in.max {
		in.start += n
		in.lines++
		in.began = in.lines
		return v, nil
	}
	for {
		line, err := in.line()
		if err != nil {
			return value.Value{}, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		v, err := j.dec.Decode(line)
		if err != nil {
			return v, in.syntax(err, line)
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
