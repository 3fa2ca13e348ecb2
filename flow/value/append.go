package value

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"
)

// AppendJSON appends v as compact JSON: keys in order, numbers as the text they came as, no escape that JSON does not
// ask for. Bytes are base64, times RFC 3339 with nanoseconds, durations as in 1.5s, and what JSON has no number for is
// null.
func AppendJSON(dst []byte, v Value) []byte {
	switch v.kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		return strconv.AppendBool(dst, v.n != 0)
	case Int:
		return strconv.AppendInt(dst, int64(v.n), 10)
	case Float:
		return appendFloat(dst, math.Float64frombits(v.n))
	case number:
		return append(dst, v.text()...)
	case String:
		return appendString(dst, v.text())
	case List:
		dst = append(dst, '[')
		for i, item := range v.List() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, item)
		}
		return append(dst, ']')
	case unreadList, unreadObject:
		return append(dst, (*unread)(v.p).text...)
	case record:
		return append(dst, (*fields)(v.p).text...)
	case altered:
		return (*patched)(v.p).appendJSON(dst)
	case row:
		l, at := v.rowOf()
		return l.appendObject(dst, at)
	case cellList:
		l, at := v.rowOf()
		return l.appendList(dst, at)
	case Object:
		dst = append(dst, '{')
		for i, key := range v.Shape().keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, key)
			dst = append(dst, ':')
			dst = AppendJSON(dst, v.At(i))
		}
		return append(dst, '}')
	}
	dst = append(dst, '"')
	dst = v.appendScalar(dst)
	return append(dst, '"')
}

// appendScalar appends bytes, a time or a duration as text.
func (v Value) appendScalar(dst []byte) []byte {
	switch v.kind {
	case Bytes:
		return base64.StdEncoding.AppendEncode(dst, v.Bytes())
	case Time:
		return v.Time().AppendFormat(dst, time.RFC3339Nano)
	}
	return append(dst, v.Duration().String()...)
}

// appendFloat formats as ES6 does: the shortest digits that read back, with an exponent where the number is very small
// or very large.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && n-start >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 to e-9
		dst = dst[:n-1]
	}
	return dst
}

const hex = "0123456789abcdef"

// appendString appends a string in quotes. What is no UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	data := bytesOf(s)
	for i := 0; ; i++ {
		next, ascii := plain(data, i)
		if part := data[i:next]; ascii || utf8.Valid(part) {
			dst = append(dst, part...)
		} else {
			dst = appendMended(dst, part)
		}
		if i = next; i == len(s) {
			return append(dst, '"')
		}
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
}

// Text gives v as it reads in a template or a cell: strings as they are, times, durations and bytes without quotes,
// everything else as JSON.
func (v Value) Text() string {
	switch v.kind {
	case String, number:
		return v.text()
	case Bytes:
		return string(v.Bytes())
	case Time, Duration:
		return string(v.appendScalar(nil))
	}
	return string(AppendJSON(nil, v))
}

// AppendText appends what Text gives.
func AppendText(dst []byte, v Value) []byte {
	switch v.kind {
	case String, number:
		return append(dst, v.text()...)
	case Bytes:
		return append(dst, v.Bytes()...)
	case Time, Duration:
		return v.appendScalar(dst)
	}
	return AppendJSON(dst, v)
}

// Clone gives a copy that refers to no buffer that v was decoded from. Whoever keeps a value for long clones it.
func (v Value) Clone() Value {
	switch v.kind {
	case String:
		return OfString(strings.Clone(v.text()))
	case number:
		return OfNumber(strings.Clone(v.text()))
	case Bytes:
		return OfBytes(append([]byte(nil), v.Bytes()...))
	case List:
		items := make([]Value, v.Len())
		for i, item := range v.List() {
			items[i] = item.Clone()
		}
		return OfList(items)
	case unreadList, unreadObject:
		return Value{kind: v.kind, p: unsafe.Pointer(&unread{text: strings.Clone((*unread)(v.p).text)})}
	case record:
		return ofFields((*fields)(v.p).clone())
	case altered:
		return Value{kind: altered, p: unsafe.Pointer((*patched)(v.p).clone()), n: v.n}
	case row, cellList:
		l, at := v.rowOf()
		return l.clone(at, v.kind)
	case Object:
		o := (*object)(v.p)
		slots := make([]Value, len(o.slots))
		for i, x := range o.slots {
			slots[i] = x.Clone()
		}
		return OfShape(o.shape, slots)
	}
	return v
}

// Size estimates the bytes of memory that v holds, shared keys left out.
func (v Value) Size() int { return v.SizeUpTo(math.MaxInt) }

// SizeUpTo gives Size, or anything above limit where that is more. What several parts of v share counts for each of
// them, as it does when v is written.
func (v Value) SizeUpTo(limit int) int {
	n, _ := v.SizeWithin(limit, math.MaxInt)
	return n
}

// SizeWithin gives SizeUpTo, and whether lists and objects stand in one another more than depth deep: it goes no deeper, and
// no further then. What is still text is not looked into, for a Decoder has bounded it.
func (v Value) SizeWithin(limit, depth int) (size int, deeper bool) {
	const word = 24
	switch v.kind {
	case String, Bytes, number:
		return word + int(v.n), false
	case Time:
		return 2 * word, false
	case List:
		return sizes(word, v.List(), limit, depth)
	case Object:
		return sizes(3*word, v.Slots(), limit, depth)
	case record:
		return 3*word + int(v.n)*word + len((*fields)(v.p).text), false // as if it were decoded
	case altered:
		a := (*patched)(v.p)
		return sizes(3*word+a.size(), a.own, limit, depth)
	case row, cellList:
		l, at := v.rowOf()
		return l.size(at, limit, depth)
	case unreadList, unreadObject:
		return 2*word + 3*len((*unread)(v.p).text), false // decoded, it takes more
	}
	return word, false
}

// sizes adds the sizes of the parts of a value to n.
func sizes(n int, parts []Value, limit, depth int) (_ int, deeper bool) {
	if depth <= 0 {
		return n, true
	}
	for i := 0; i < len(parts) && n <= limit; i++ {
		more, deeper := parts[i].SizeWithin(limit-n, depth-1)
		if n += more; deeper {
			return n, true
		}
	}
	return n, false
}
