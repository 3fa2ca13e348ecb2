package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/flowrun/flowrun/flow/value"
)

// jsonValues reads values one after another, and arrays at the top element by element.
type jsonValues struct {
	in     *input
	split  bool
	dec    value.Decoder // with Text
	whole  value.Decoder // of what is no object, list or string, and to tell what is wrong
	room   []byte        // for texts whose space is left out
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
	if v, n, ok := j.dec.Object(in.rest()); ok {
		if text := in.rest()[:n]; blank(text) {
			if line := j.line(text); len(line) < n {
				v, _ = j.dec.Decode(line)
			}
		}
		in.start += n
		j.column += n
		return v, nil
	}
	j.seen = extent{}
	for want := 0; ; {
		rest := in.rest()
		ends := j.seen.ends(rest)
		if ends {
			if v, err := j.dec.Decode(j.line(rest[:j.seen.at+1])); err == nil {
				j.take(j.seen.at + 1)
				return v, nil
			}
		}
		if ends || len(rest) >= want || in.eof {
			v, n, err := j.whole.Prefix(rest)
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

// line gives a text without the space, and the line ends, beside its brackets, commas and colons. Any other stays, so that
// what is wrong stays wrong.
func (j *jsonValues) line(text []byte) []byte {
	if cap(j.room) < len(text) {
		j.room = make([]byte, 0, max(len(text), chunk))
	}
	out, done := j.room[:0], 0 // of the text
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			i = closingQuote(text, i)
		case isBlank(c):
			first := i
			for i < len(text) && isBlank(text[i]) {
				i++
			}
			if first == 0 || i == len(text) || isMark(text[first-1]) || isMark(text[i]) {
				out, done = append(out, text[done:first]...), i
			}
		default:
			i++
		}
	}
	if done == 0 {
		return text
	}
	out = append(out, text[done:]...)
	j.room = out[len(out):]
	return out[:len(out):len(out)]
}

// blank reports whether there is any space in a text, or less.
func blank(text []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(text) >= 8; text = text[8:] {
		if x := binary.LittleEndian.Uint64(text); (x-ones*(' '+1))&^x&highs != 0 {
			return true
		}
	}
	for _, c := range text {
		if c <= ' ' {
			return true
		}
	}
	return false
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func isMark(c byte) bool { return c|0x20 == '{' || c|0x20 == '}' || c == ',' || c == ':' }

// closingQuote gives the position after the quote that ends the string at i, or the end of the text.
func closingQuote(text []byte, i int) int {
	for at := i + 1; ; at++ {
		n := bytes.IndexByte(text[at:], '"')
		if n < 0 {
			return len(text)
		}
		if at += n; !escaped(text, at) {
			return at + 1
		}
	}
}

// escaped reports whether a byte in a string comes after a backslash that is none for another one.
func escaped(text []byte, i int) bool {
	n := 0
	for text[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// fail says what is wrong at the rest of the text.
func (j *jsonValues) fail(msg string) error {
	return &DecodeError{Name: j.in.name, Line: j.in.lines + 1, Column: j.column + 1, Msg: msg, Final: true}
}

// extent finds the end of an object, a list or a string that comes piece by piece, looking at each byte once, or few times.
type extent struct {
	at     int // what was looked at
	depth  int
	quoted bool // in a string
}

// ends looks on in a text that has grown, and reports whether the value ends in it, with the byte at at. It says no of
// other values.
func (e *extent) ends(text []byte) bool {
	if len(text) == 0 || text[0] != '"' && text[0]|0x20 != '{' {
		return false
	}
	for ; e.at < len(text); e.at++ {
		if e.quoted {
			n := bytes.IndexByte(text[e.at:], '"')
			if n < 0 {
				e.at = len(text)
				return false
			}
			if e.at += n; !escaped(text, e.at) {
				if e.quoted = false; e.depth == 0 {
					return true
				}
			}
			continue
		}
		switch text[e.at] {
		case '"':
			e.quoted = true
		case '{', '[':
			e.depth++
		case '}', ']':
			if e.depth--; e.depth <= 0 {
				return true
			}
		}
	}
	return false
}
