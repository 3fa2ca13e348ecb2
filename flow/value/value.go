// Package value is the data that flows: an opaque, immutable tagged Value.
//
// A Value is three words. Null, booleans, 64-bit integers, floats, durations and strings never box: the tag and the
// scalar (or the length of the string) stand in the Value itself, and one pointer refers to whatever does not fit.
// Only this package knows the layout, so that an object can share its keys with its neighbours and a JSON number can
// stay the text it came as.
package value

import (
	"math"
	"strconv"
	"time"
	"unsafe"
)

// Kind says what a Value holds.
type Kind uint8

// The kinds, in the order that Compare puts values of unlike kinds.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	Bytes
	Time
	Duration
	List
	Object

	// What is still text, as JSON has it; Kind reports what it is a text of.
	number
	unreadList
	unreadObject
	record // an object with the places of its fields

	altered // an object that is a record but for some fields

	row      // an object that is still the cells of a line
	cellList // a list that is
)

// kinds gives what Kind reports.
var kinds = [...]Kind{Null, Bool, Int, Float, String, Bytes, Time, Duration, List, Object, number: Float, unreadList: List, unreadObject: Object, record: Object, altered: Object, row: Object, cellList: List}

var kindNames = [...]string{"null", "bool", "int", "float", "string", "bytes", "time", "duration", "list", "object"}

// String gives the kind's name as users write it.
func (k Kind) String() string {
	return kindNames[kinds[k]]
}

// Value is one immutable datum; the zero Value is null. Values are passed by value and may be shared by goroutines.
// They cannot be compared with ==: use Equal.
type Value struct {
	_    [0]func()
	p    unsafe.Pointer // text, *time.Time, first element of a list, *object, *unread, *fields, *patched, *lot
	n    uint64         // the scalar's bits, or the length of what p points to
	kind Kind
}

// OfBool gives a boolean.
func OfBool(b bool) Value {
	if b {
		return Value{kind: Bool, n: 1}
	}
	return Value{kind: Bool}
}

// OfInt gives a 64-bit integer.
func OfInt(i int64) Value { return Value{kind: Int, n: uint64(i)} }

// OfFloat gives a float.
func OfFloat(f float64) Value { return Value{kind: Float, n: math.Float64bits(f)} }

// OfString gives a string without copying it.
func OfString(s string) Value {
	return Value{kind: String, p: unsafe.Pointer(unsafe.StringData(s)), n: uint64(len(s))}
}

// OfBytes gives bytes; b must not change afterwards.
func OfBytes(b []byte) Value {
	return Value{kind: Bytes, p: unsafe.Pointer(unsafe.SliceData(b)), n: uint64(len(b))}
}

// OfTime gives a point in time.
func OfTime(t time.Time) Value { return Value{kind: Time, p: unsafe.Pointer(&t)} }

// OfDuration gives a duration.
func OfDuration(d time.Duration) Value { return Value{kind: Duration, n: uint64(d)} }

// OfList gives a list; items must not change afterwards.
func OfList(items []Value) Value {
	return Value{kind: List, p: unsafe.Pointer(unsafe.SliceData(items)), n: uint64(len(items))}
}

// OfNumber gives the number that text spells, which must be a JSON number: an int where it is a canonical integer of
// 64 bits, else a float that keeps its text until it is computed with.
func OfNumber(text string) Value {
	if len(text) <= 20 && isInteger(text) && text != "-0" {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return OfInt(i)
		}
	}
	return Value{kind: number, p: unsafe.Pointer(unsafe.StringData(text)), n: uint64(len(text))}
}

// ParseNumber gives the number that text spells as JSON does, and whether it does: 007, +1 and .5 are none.
func ParseNumber(text string) (Value, bool) {
	if !SpellsNumber(text) {
		return Value{}, false
	}
	return OfNumber(text), true
}

// SpellsNumber reports whether text spells a number as JSON does.
func SpellsNumber(text string) bool { return skipNumber(bytesOf(text), 0) == len(text) }

func isInteger(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; (c < '0' || c > '9') && (i > 0 || c != '-') {
			return false
		}
	}
	return true
}

// Kind says what v holds. A JSON number that is no 64-bit integer is a Float.
func (v Value) Kind() Kind {
	return kinds[v.kind]
}

// IsInt reports whether v is an int.
func (v Value) IsInt() bool { return v.kind == Int }

// IsFloat reports whether v is a float that is not the text of a number any more.
func (v Value) IsFloat() bool { return v.kind == Float }

// IsString reports whether v is a string.
func (v Value) IsString() bool { return v.kind == String }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == Null }

// IsNumber reports whether v is an int or a float.
func (v Value) IsNumber() bool { return v.kind == Int || v.kind == Float || v.kind == number }

// IsNaN reports whether v is the float that is no number.
func (v Value) IsNaN() bool { return v.kind == Float && math.IsNaN(math.Float64frombits(v.n)) }

// Bool gives the boolean; false for any other kind.
func (v Value) Bool() bool { return v.kind == Bool && v.n != 0 }

// Int gives the integer; 0 for any other kind.
func (v Value) Int() int64 {
	if v.kind != Int {
		return 0
	}
	return int64(v.n)
}

// Float gives a float, or an integer as the nearest float; 0 for any other kind. A number whose text is beyond the
// range of a float gives an infinity.
func (v Value) Float() float64 {
	switch v.kind {
	case Float:
		return math.Float64frombits(v.n)
	case Int:
		return float64(int64(v.n))
	case number:
		if f, ok := plainFloat(v.text()); ok {
			return f
		}
		f, _ := strconv.ParseFloat(v.text(), 64)
		return f
	}
	return 0
}

// Str gives the string; "" for any other kind. It does not copy.
func (v Value) Str() string {
	if v.kind != String {
		return ""
	}
	return v.text()
}

// Bytes gives the bytes, not to be changed; nil for any other kind.
func (v Value) Bytes() []byte {
	if v.kind != Bytes {
		return nil
	}
	return unsafe.Slice((*byte)(v.p), int(v.n))
}

// Time gives the point in time; the zero time for any other kind.
func (v Value) Time() time.Time {
	if v.kind != Time {
		return time.Time{}
	}
	return *(*time.Time)(v.p)
}

// Duration gives the duration; 0 for any other kind.
func (v Value) Duration() time.Duration {
	if v.kind != Duration {
		return 0
	}
	return time.Duration(v.n)
}

// List gives the elements, not to be changed; nil for any other kind.
func (v Value) List() []Value {
	switch v.kind {
	case List:
		return unsafe.Slice((*Value)(v.p), int(v.n))
	case unreadList:
		return v.read().List()
	case cellList:
		l, at := v.rowOf()
		return l.all(at)
	}
	return nil
}

// Index gives an element of a list. It reads no more than that.
func (v Value) Index(i int) Value {
	if v.kind == cellList {
		l, at := v.rowOf()
		return l.value(at, i)
	}
	return v.List()[i]
}

func (v Value) text() string { return unsafe.String((*byte)(v.p), int(v.n)) }
