package value

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"sync"
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

// MaxDepth bounds how deep lists and objects may stand in one another, so that hostile input is an error rather than an
// exhausted stack.
const MaxDepth = 10_000

// maxShapes bounds how many sets of keys a Decoder remembers.
const maxShapes = 1024

// slabSize is how many values, objects or texts a Decoder allocates at once.
const slabSize = 64

// Decoder decodes JSON values strictly by RFC 8259, in one pass. It remembers the keys of the objects that it saw, so
// that objects with the same keys share one Shape. Bytes in a string that are no UTF-8 and lone surrogates decode to
// U+FFFD; of a duplicate key the last value wins, in the place of the first; nesting deeper than 10,000 is an error.
// The zero Decoder is ready; one goroutine at a time may use it.
type Decoder struct {
	// Text makes values remember the text that they came from: what is within an object or a list is checked and
	// decoded only when somebody looks into it, and a value that nobody changed is written as it was read. The data
	// must hold no line end.
	Text bool

	sound bool // what it decodes was found to be sound

	data   []byte
	pos    int
	depth  int
	mended bool    // some bytes were no UTF-8
	stack  []Value // elements and fields of the open lists and objects
	most   int     // how many values it may make of one text; 0: any number
	room   int     // how many it still may, those on the stack among them
	shapes shapeNode
	count  int
	root   *place // before the first field of a record
	places int

	strays int // records in a row whose keys could not be followed
	names  map[string]*name
	named  int  // bytes that they take, about
	noName name // before the first key
	round  uint64

	lots    uint    // of values that were made of what is in the slabs
	values  []Value // what is left of the slabs
	objects []object
	texts   []unread
	records []fields
	starts  []uint32
}

// whole are the decoders of DecodeJSON. They are kept for the shapes that they know, and for the rest of their slabs.
var whole = sync.Pool{New: func() any { return new(Decoder) }}

// DecodeJSON decodes the one value that data holds. Strings and numbers refer to data, which must never change. Values
// may share their memory with some of those decoded before and after: whoever keeps one for long clones it.
func DecodeJSON(data []byte) (Value, error) {
	d := whole.Get().(*Decoder)
	v, err := d.Decode(data)
	whole.Put(d)
	return v, err
}

// ErrTooLarge is the error of a text whose value would take too much memory.
var ErrTooLarge = errors.New("the text makes too large a value")

// DecodeJSONUpTo is DecodeJSON, but gives ErrTooLarge as soon as the value takes more than limit bytes, the text that it refers
// to left out: a list of empty lists takes many times what its text does.
func DecodeJSONUpTo(data []byte, limit int) (Value, error) {
	d := whole.Get().(*Decoder)
	d.most = limit / int(unsafe.Sizeof(Value{}))
	v, err := d.Decode(data)
	d.most = 0
	whole.Put(d)
	return v, err
}

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

// Line decodes the object that the first line of data is, and gives the number of bytes of the line, its end included. It
// reports false where the line is anything else, or wrong, or where it is not to be written as it is: Decode tells then.
// The Decoder must be one with Text.
func (d *Decoder) Line(data []byte) (v Value, n int, ok bool) {
	if v, n, ok = d.Object(data); ok && byteAt(data, n) != '\n' {
		n = blanks(data, n)
		ok = byteAt(data, n) == '\n'
	}
	return v, n + 1, ok
}

// Object is Line of the object that data begins with, whatever follows it. It gives the number of bytes of the object.
func (d *Decoder) Object(data []byte) (v Value, n int, ok bool) {
	if byteAt(data, 0) != '{' || uint64(len(data)) >= 1<<32 {
		return Value{}, 0, false
	}
	return d.record(data)
}

// Prefix decodes the first value of data and gives the number of bytes up to its end. A number at the end of data is
// taken to be whole.
func (d *Decoder) Prefix(data []byte) (Value, int, error) {
	d.data, d.pos, d.depth = data, 0, 0
	d.stack, d.room = d.stack[:0], cmp.Or(d.most, math.MaxInt)
	d.space()
	start := d.pos
	if d.Text && start < len(data) && data[start] == '{' && uint64(len(data)) < 1<<32 {
		if v, n, ok := d.record(data[start:]); ok {
			return v, start + n, nil
		}
	}
	if d.lots++; d.lots%slabSize == 0 {
		d.values, d.objects, d.texts, d.records = nil, nil, nil, nil // else what values share would link each with all those before
	}
	d.data, d.pos, d.mended = data, start, false // decoding it whole tells what is wrong, or mends it
	v, err := d.value()
	d.data = nil
	return v, d.pos, err
}

func (d *Decoder) space() {
	for d.pos < len(d.data) && d.data[d.pos] <= ' ' && (d.data[d.pos] == ' ' || d.data[d.pos] == '\n' || d.data[d.pos] == '\r' || d.data[d.pos] == '\t') {
		d.pos++
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
	case '"':
		s, err := d.str()
		return OfString(s), err
	case '{':
		if d.Text && d.depth > 0 {
			if v, ok := d.element(); ok {
				return v, nil
			}
			if v, ok := d.unread(Object); ok {
				return v, nil
			}
		}
		return d.object()
	case '[':
		if d.Text && d.depth > 0 {
			if v, ok := d.unread(List); ok {
				return v, nil
			}
		}
		return d.list()
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

// element gives an object that is an element of the list that is decoded as a record, where the text is known to be sound:
// who looks into a list mostly looks into its elements.
func (d *Decoder) element() (Value, bool) {
	if !d.sound || d.depth != 1 {
		return Value{}, false
	}
	data, start := d.data, d.pos
	v, n, ok := d.Object(data[start:])
	if d.data, d.pos = data, start; !ok || v.kind != record {
		return Value{}, false
	}
	d.pos += n
	return v, true
}

// unread gives an object or a list as its text, if that is sound; else it leaves the text to be decoded.
func (d *Decoder) unread(kind Kind) (Value, bool) {
	start := d.pos
	end := skip(d.data, start, d.depth)
	if end < 0 {
		return Value{}, false
	}
	d.pos = end
	if len(d.texts) == 0 {
		d.texts = make([]unread, slabSize)
	}
	u := &d.texts[0]
	d.texts = d.texts[1:]
	u.text = span(d.data[start:d.pos])
	return ofUnread(kind, u), true
}
