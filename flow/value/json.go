package value

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// SyntaxError is text that is no JSON.
type SyntaxError struct {
	Offset int // of the byte that is wrong
	Msg    string
	short  bool // the text ends too early
}

// Error says what is wrong, without the place.
func (e *SyntaxError) Error() string { return e.Msg }

// Incomplete reports whether the text ended where more was due, so that reading on may help.
func (e *SyntaxError) Incomplete() bool { return e.short }

// maxDepth bounds nesting, so that hostile input is an error rather than an exhausted stack.
const maxDepth = 10_000

// maxShapes bounds how many sets of keys a Decoder remembers.
const maxShapes = 1024

// Decoder decodes JSON values strictly by RFC 8259, in one pass. It remembers the keys of the objects that it saw, so
// that objects with the same keys share one Shape. A lone surrogate escape decodes to U+FFFD; of a duplicate key the
// last value wins, in the place of the first; nesting deeper than 10,000 is an error. The zero Decoder is ready; one
// goroutine at a time may use it.
type Decoder struct {
	data   []byte
	pos    int
	depth  int
	stack  []Value  // elements and fields of the open lists and objects
	keys   []string // keys of the open objects
	shapes shapeNode
	count  int
	slab   []Value
}

// shapeNode is a trie of keys: the path to a node is a sequence of keys, whose Shape it holds.
type shapeNode struct {
	shape *Shape
	last  *shapeNode // the child that was taken last time
	key   string
	depth int // how many keys lead here
	next  map[string]*shapeNode
}

// DecodeJSON decodes the one value that data holds. Strings and numbers refer to data, which must never change.
func DecodeJSON(data []byte) (Value, error) { return new(Decoder).Decode(data) }

// Decode decodes the one value that data holds. Strings and numbers refer to data, which must never change.
func (d *Decoder) Decode(data []byte) (Value, error) {
	v, n, err := d.Prefix(data)
	if err != nil {
		return Value{}, err
	}
	for ; n < len(data); n++ {
		if c := data[n]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return Value{}, &SyntaxError{Offset: n, Msg: fmt.Sprintf("%s after the value", quoteByte(data, n))}
		}
	}
	return v, nil
}

// Prefix decodes the first value of data and gives the number of bytes up to its end. A number at the end of data is
// taken to be whole.
func (d *Decoder) Prefix(data []byte) (Value, int, error) {
	d.data, d.pos, d.depth = data, 0, 0
	d.stack, d.keys = d.stack[:0], d.keys[:0]
	d.space()
	v, err := d.value()
	n := d.pos
	d.data = nil
	return v, n, err
}

func (d *Decoder) space() {
	for d.pos < len(d.data) {
		switch d.data[d.pos] {
		case ' ', '\n', '\r', '\t':
			d.pos++
		default:
			return
		}
	}
}

func (d *Decoder) fail(wanted string) error {
	if d.pos >= len(d.data) {
		return &SyntaxError{Offset: len(d.data), Msg: "the text ends where " + wanted + " is due", short: true}
	}
	return &SyntaxError{Offset: d.pos, Msg: fmt.Sprintf("%s where %s is due", quoteByte(d.data, d.pos), wanted)}
}

func quoteByte(data []byte, i int) string {
	r, n := utf8.DecodeRune(data[i:])
	if r == utf8.RuneError && n <= 1 {
		return fmt.Sprintf("the byte 0x%02x, which is no UTF-8,", data[i])
	}
	return fmt.Sprintf("%q", r)
}

func (d *Decoder) value() (Value, error) {
	if d.pos >= len(d.data) {
		return Value{}, d.fail("a value")
	}
	switch c := d.data[d.pos]; c {
	case '{':
		return d.object()
	case '[':
		return d.list()
	case '"':
		s, err := d.str()
		return OfString(s), err
	case 't':
		return OfBool(true), d.word("true")
	case 'f':
		return OfBool(false), d.word("false")
	case 'n':
		return Value{}, d.word("null")
	default:
		if c == '-' || '0' <= c && c <= '9' {
			return d.number()
		}
	}
	return Value{}, d.fail("a value")
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

func (d *Decoder) digits() int {
	start := d.pos
	for d.pos < len(d.data) && d.data[d.pos]-'0' <= 9 {
		d.pos++
	}
	return d.pos - start
}

func (d *Decoder) number() (Value, error) {
	data, start := d.data, d.pos
	neg := data[start] == '-'
	if neg {
		d.pos++
	}
	first := d.pos
	n := d.digits()
	if n == 0 {
		return Value{}, d.fail("a digit")
	}
	if n > 1 && data[first] == '0' {
		return Value{}, &SyntaxError{Offset: first, Msg: "a number with a leading zero"}
	}
	whole := true
	if d.pos < len(data) && data[d.pos] == '.' {
		whole = false
		d.pos++
		if d.digits() == 0 {
			return Value{}, d.fail("a digit")
		}
	}
	if d.pos < len(data) && data[d.pos]|0x20 == 'e' {
		whole = false
		d.pos++
		if d.pos < len(data) && (data[d.pos] == '+' || data[d.pos] == '-') {
			d.pos++
		}
		if d.digits() == 0 {
			return Value{}, d.fail("a digit")
		}
	}
	if whole && n <= 18 && (!neg || data[first] != '0') {
		var i int64
		for _, c := range data[first:d.pos] {
			i = i*10 + int64(c-'0')
		}
		if neg {
			i = -i
		}
		return OfInt(i), nil
	}
	return OfNumber(span(data[start:d.pos])), nil
}

func span(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// str reads a string: a span of the data where no escape needs undoing.
func (d *Decoder) str() (string, error) {
	d.pos++
	start := d.pos
	data := d.data
	i := start
	for i < len(data) {
		c := data[i]
		switch {
		case c == '"':
			d.pos = i + 1
			return span(data[start:i]), nil
		case c == '\\':
			return d.escaped(start, i)
		case c < 0x20:
			d.pos = i
			return "", d.control()
		case c < utf8.RuneSelf:
			i++
		default:
			_, n := utf8.DecodeRune(data[i:])
			if n == 1 {
				return "", d.badUTF8(i)
			}
			i += n
		}
	}
	d.pos = i
	return "", d.fail("the end of a string")
}

func (d *Decoder) control() error {
	return &SyntaxError{Offset: d.pos, Msg: fmt.Sprintf("the control character %q in a string, where \\u%04x is due", d.data[d.pos], d.data[d.pos])}
}

func (d *Decoder) badUTF8(i int) error {
	d.pos = i
	return &SyntaxError{Offset: i, Msg: fmt.Sprintf("the byte 0x%02x in a string, which is no UTF-8", d.data[i]), short: !utf8.FullRune(d.data[i:])}
}

func (d *Decoder) escaped(start, i int) (string, error) {
	data := d.data
	out := append(make([]byte, 0, i-start+32), data[start:i]...)
	for i < len(data) {
		c := data[i]
		switch {
		case c == '"':
			d.pos = i + 1
			return span(out), nil
		case c < 0x20:
			d.pos = i
			return "", d.control()
		case c == '\\':
			d.pos = i + 1
			if d.pos >= len(data) {
				return "", d.fail("the end of an escape")
			}
			at := strings.IndexByte(`"\/bfnrtu`, data[d.pos])
			if at < 0 {
				return "", &SyntaxError{Offset: i, Msg: fmt.Sprintf("the unknown escape \\%c", data[d.pos])}
			}
			if data[d.pos] != 'u' {
				out = append(out, "\"\\/\b\f\n\r\t"[at])
				i = d.pos + 1
				continue
			}
			r, err := d.hex4(d.pos + 1)
			if err != nil {
				return "", err
			}
			i = d.pos + 5
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if i+1 < len(data) && data[i] == '\\' && data[i+1] == 'u' {
					if low, err = d.hex4(i + 2); err != nil {
						return "", err
					}
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		case c < utf8.RuneSelf:
			out = append(out, c)
			i++
		default:
			_, n := utf8.DecodeRune(data[i:])
			if n == 1 {
				return "", d.badUTF8(i)
			}
			out = append(out, data[i:i+n]...)
			i += n
		}
	}
	d.pos = i
	return "", d.fail("the end of a string")
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

func (d *Decoder) enter() error {
	if d.depth++; d.depth > maxDepth {
		return &SyntaxError{Offset: d.pos, Msg: fmt.Sprintf("nested deeper than %d", maxDepth)}
	}
	d.pos++
	d.space()
	return nil
}

func (d *Decoder) list() (Value, error) {
	if err := d.enter(); err != nil {
		return Value{}, err
	}
	base := len(d.stack)
	if d.pos < len(d.data) && d.data[d.pos] == ']' {
		d.pos++
		d.depth--
		return OfList(nil), nil
	}
	for {
		v, err := d.value()
		if err != nil {
			return Value{}, err
		}
		d.stack = append(d.stack, v)
		d.space()
		if d.pos >= len(d.data) {
			return Value{}, d.fail("`,` or `]`")
		}
		switch d.data[d.pos] {
		case ',':
			d.pos++
			d.space()
		case ']':
			d.pos++
			d.depth--
			items := d.cut(base)
			return OfList(items), nil
		default:
			return Value{}, d.fail("`,` or `]`")
		}
	}
}

// cut takes the values above base off the stack, into memory of their own.
func (d *Decoder) cut(base int) []Value {
	n := len(d.stack) - base
	if n > len(d.slab) {
		if n > 64 {
			out := append([]Value(nil), d.stack[base:]...)
			d.stack = d.stack[:base]
			return out
		}
		d.slab = make([]Value, 128)
	}
	out := d.slab[:n:n]
	d.slab = d.slab[n:]
	copy(out, d.stack[base:])
	d.stack = d.stack[:base]
	return out
}

func (d *Decoder) object() (Value, error) {
	if err := d.enter(); err != nil {
		return Value{}, err
	}
	base := len(d.stack)
	node := &d.shapes
	if d.pos < len(d.data) && d.data[d.pos] == '}' {
		d.pos++
		d.depth--
		return OfShape(emptyShape, nil), nil
	}
	keys := len(d.keys)
	for {
		if d.pos >= len(d.data) || d.data[d.pos] != '"' {
			return Value{}, d.fail("a key in double quotes")
		}
		key, err := d.str()
		if err != nil {
			return Value{}, err
		}
		d.space()
		if d.pos >= len(d.data) || d.data[d.pos] != ':' {
			return Value{}, d.fail("`:`")
		}
		d.pos++
		d.space()
		v, err := d.value()
		if err != nil {
			return Value{}, err
		}
		if next := d.child(node, key); next != nil {
			node = next
			d.keys = append(d.keys, node.key)
			d.stack = append(d.stack, v)
		} else { // the key is there already
			for i, k := range d.keys[keys:] {
				if k == key {
					d.stack[base+i] = v
				}
			}
		}
		d.space()
		if d.pos >= len(d.data) {
			return Value{}, d.fail("`,` or `}`")
		}
		switch d.data[d.pos] {
		case ',':
			d.pos++
			d.space()
		case '}':
			d.pos++
			d.depth--
			if node.shape == nil {
				node.shape = NewShape(append([]string(nil), d.keys[keys:]...))
			}
			d.keys = d.keys[:keys]
			return OfShape(node.shape, d.cut(base)), nil
		default:
			return Value{}, d.fail("`,` or `}`")
		}
	}
}

var emptyShape = NewShape(nil)

// child gives the node after node by key; nil if the path has the key already. Past the bound on remembered shapes,
// nodes are made and forgotten.
func (d *Decoder) child(node *shapeNode, key string) *shapeNode {
	if last := node.last; last != nil && last.key == key {
		return last
	}
	if next, ok := node.next[key]; ok {
		if next != nil {
			node.last = next
		}
		return next
	}
	known := d.keys[len(d.keys)-node.depth:]
	for _, k := range known {
		if k == key {
			return nil
		}
	}
	next := &shapeNode{key: strings.Clone(key), depth: node.depth + 1}
	if d.count < maxShapes {
		d.count++
		if node.next == nil {
			node.next = map[string]*shapeNode{}
		}
		node.next[next.key] = next
		node.last = next
	}
	return next
}
