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

// jsonValues reads values one after another, and arrays at the top element by element.
type jsonValues struct {
	in     *input
	split  bool
	dec    value.Decoder
	state  int
	begun  bool
	seen   extent // of the running value
	column int    // bytes of the running line that were taken
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
			return value.Value{}, j.fail("the file ends within a list")
		}
		if err != nil {
			return value.Value{}, err
		}
		switch {
		case j.state == between && c == '[' && j.split:
			j.take(1)
			j.state = opened
		case (j.state == opened || j.state == after) && c == ']':
			j.take(1)
			j.state = between
		case j.state == after && c == ',':
			j.take(1)
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
	if !j.begun {
		if err := j.begin(); err != nil {
			return 0, err
		}
	}
	for {
		rest := j.in.rest()
		if n := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n")); n < len(rest) {
			j.take(n)
			return rest[n], nil
		}
		j.take(len(rest))
		if err := j.in.more(); err != nil {
			return 0, err
		}
	}
}

// take goes on by n bytes.
func (j *jsonValues) take(n int) {
	taken := j.in.rest()[:n]
	if lines := bytes.Count(taken, []byte("\n")); lines > 0 {
		j.in.lines += int64(lines)
		j.column = n - bytes.LastIndexByte(taken, '\n') - 1
	} else {
		j.column += n
	}
	j.in.start += n
}

// begin skips the mark that the file may begin with.
func (j *jsonValues) begin() error {
	j.begun = true
	for rest := j.in.rest(); len(rest) == 0 || rest[0] >= 0xef && len(rest) < 3; rest = j.in.rest() {
		if err := j.in.more(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	n, err := j.in.byteOrder(j.in.rest())
	j.in.start += n
	return err
}

// value takes a whole value, reading on as far as it reaches.
func (j *jsonValues) value() (value.Value, error) {
	in := j.in
	in.began = in.lines + 1
	j.seen = extent{}
	for want := 0; ; {
		rest := in.rest()
		if j.seen.ends(rest) || len(rest) >= want || in.eof {
			v, n, err := j.dec.Prefix(rest)
			var s *value.SyntaxError
			switch {
			case err == nil && (n < len(rest) || in.eof || !v.IsNumber()):
				j.take(n)
				return v, nil
			case errors.As(err, &s) && (!s.Incomplete() || in.eof):
				j.take(min(s.Offset, len(rest)))
				return v, j.fail(s.Msg)
			}
			want = 2 * len(rest) // looked at anew when there is twice as much, for what may be wrong in it
		}
		if err := in.more(); err != nil && err != io.EOF {
			return value.Value{}, err
		}
	}
}

// fail says what is wrong at the rest of the text.
func (j *jsonValues) fail(msg string) error {
	return &DecodeError{Name: j.in.name, Line: j.in.lines + 1, Column: j.column + 1, Msg: msg, Final: true}
}

// extent finds the end of an object, a list or a string that comes piece by piece, looking at each byte once.
type extent struct {
	at     int // what was looked at
	depth  int
	quoted bool
	escape bool
}

// ends looks on in a text that has grown, and reports whether the value ends in it. It says no of other values.
func (e *extent) ends(text []byte) bool {
	for ; e.at < len(text); e.at++ {
		c := text[e.at]
		switch {
		case e.escape:
			e.escape = false
		case e.quoted && c == '\\':
			e.escape = true
		case c == '"':
			if e.quoted = !e.quoted; !e.quoted && e.depth == 0 {
				return true
			}
		case e.quoted:
		case c == '{' || c == '[':
			e.depth++
		case c == '}' || c == ']':
			if e.depth--; e.depth <= 0 {
				return true
			}
		}
	}
	return false
}
