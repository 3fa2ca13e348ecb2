package value

import (
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// span gives bytes that never change as a string, without copying them.
func span(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// plain gives the first position from i on whose byte is a quote, a backslash or a control character, and whether all before
// it are ASCII.
func plain(data []byte, i int) (end int, ascii bool) {
	text, last, seen := unsafe.Pointer(unsafe.SliceData(data)), len(data)-8, uint64(0)
	for last >= 0 {
		var x uint64
		if i <= last {
			x = word(text, i)
		} else {
			x = word(text, last) >> (uint(i-last) * 8) // past the end, zeros
		}
		if m := closing(x); m != 0 {
			seen |= x & (m&-m - 1)
			return i + bits.TrailingZeros64(m)>>3, seen&highs == 0
		}
		seen |= x
		i += 8
	}
	for ascii = true; i < len(data); i++ {
		c := data[i]
		if c < 0x20 || c == '"' || c == '\\' {
			break
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return i, ascii
}

// str reads a string: a span of the data where no escape needs undoing.
func (d *Decoder) str() (string, error) {
	data, start := d.data, d.pos+1
	i, ascii := plain(data, start)
	if !ascii && !utf8.Valid(data[start:i]) {
		return d.escaped(start, start)
	}
	switch d.pos = i; {
	case i == len(data):
		return "", d.fail("the end of a string")
	case data[i] == '"':
		d.pos++
		return span(data[start:i]), nil
	case data[i] == '\\':
		return d.escaped(start, i)
	}
	return "", d.control()
}

func (d *Decoder) control() error {
	return &SyntaxError{Offset: d.pos, Msg: fmt.Sprintf("the control character %q in a string, where \\u%04x is due", d.data[d.pos], d.data[d.pos])}
}

// escaped reads a string whose text from i on is not what it stands for.
func (d *Decoder) escaped(start, i int) (string, error) {
	data := d.data
	out := append(make([]byte, 0, i-start+32), data[start:i]...)
	for {
		next, ascii := plain(data, i)
		if part := data[i:next]; ascii || utf8.Valid(part) {
			out = append(out, part...)
		} else {
			out, d.mended = appendMended(out, part), true
		}
		switch i = next; {
		case i == len(data):
			d.pos = i
			return "", d.fail("the end of a string")
		case data[i] == '"':
			d.pos = i + 1
			return span(out), nil
		case data[i] == '\\':
			r, n, err := d.escape(i)
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
			i += n
		default:
			d.pos = i
			return "", d.control()
		}
	}
}

// appendMended appends text with U+FFFD for each byte that is no UTF-8.
func appendMended(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		dst = utf8.AppendRune(dst, r)
		text = text[n:]
	}
	return dst
}

// escape reads the escape at i: the character it stands for, and its length.
func (d *Decoder) escape(i int) (rune, int, error) {
	data := d.data
	d.pos = i + 1
	if d.pos >= len(data) {
		return 0, 0, d.fail("the end of an escape")
	}
	at := strings.IndexByte(`"\/bfnrtu`, data[d.pos])
	if at < 0 {
		return 0, 0, &SyntaxError{Offset: i, Msg: fmt.Sprintf("the unknown escape \\%c", data[d.pos])}
	}
	if data[d.pos] != 'u' {
		return rune("\"\\/\b\f\n\r\t"[at]), 2, nil
	}
	r, err := d.hex4(i + 2)
	if err != nil || !utf16.IsSurrogate(r) {
		return r, 6, err
	}
	if i+7 < len(data) && data[i+6] == '\\' && data[i+7] == 'u' {
		low, err := d.hex4(i + 8)
		if err != nil {
			return 0, 0, err
		}
		if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
			return both, 12, nil
		}
	}
	return utf8.RuneError, 6, nil
}

func (d *Decoder) hex4(at int) (rune, error) {
	var r rune
	for k := at; k < at+4; k++ {
		if k >= len(d.data) {
			return 0, &SyntaxError{Offset: len(d.data), Msg: "the text ends where a hexadecimal digit is due", short: true}
		}
		c := d.data[k]
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, &SyntaxError{Offset: k, Msg: quoteByte(d.data, k) + " where a hexadecimal digit is due"}
		}
	}
	return r, nil
}

func (d *Decoder) word(w string) error {
	for i := 0; i < len(w); i++ {
		if d.pos >= len(d.data) || d.data[d.pos] != w[i] {
			return d.fail(w)
		}
		d.pos++
	}
	return nil
}

// number reads a number.
func (d *Decoder) number() (Value, error) {
	v, end := numberAt(d.data, d.pos)
	if end < 0 {
		return Value{}, d.badNumber()
	}
	d.pos = end
	return v, nil
}

// numberAt gives the number at i, and the position after it: an int where it is a whole one of at most 18 digits, else
// its text.
func numberAt(data []byte, i int) (Value, int) {
	start, neg := i, byteAt(data, i) == '-'
	if neg {
		i++
	}
	first := i
	var n int64
	for i < len(data) && data[i]-'0' <= 9 && i-first < 18 {
		n = n*10 + int64(data[i]-'0')
		i++
	}
	after := byteAt(data, i)
	fraction := after == '.' || after|0x20 == 'e'
	if !fraction && i > first && (data[first] != '0' || i == first+1 && !neg) && after-'0' > 9 {
		if neg {
			n = -n
		}
		return OfInt(n), i
	}
	if i = skipNumber(data, start); i < 0 {
		return Value{}, unsound
	}
	if text := span(data[start:i]); !fraction {
		return OfNumber(text), i
	} else {
		return Value{kind: number, p: unsafe.Pointer(unsafe.StringData(text)), n: uint64(len(text))}, i
	}
}

// badNumber says what is wrong with the number at pos.
func (d *Decoder) badNumber() error {
	data := d.data
	if data[d.pos] == '-' {
		d.pos++
	}
	first := d.pos
	d.pos = skipDigits(data, first)
	switch {
	case d.pos == first:
		return d.fail("a digit")
	case d.pos > first+1 && data[first] == '0':
		return &SyntaxError{Offset: first, Msg: "a number with a leading zero"}
	}
	if d.pos < len(data) && data[d.pos] == '.' {
		d.pos++
		after := d.pos
		if d.pos = skipDigits(data, after); d.pos == after {
			return d.fail("a digit")
		}
	}
	d.pos++ // the exponent's e
	if d.pos < len(data) && (data[d.pos] == '+' || data[d.pos] == '-') {
		d.pos++
	}
	return d.fail("a digit")
}
