package value

import (
	"encoding/binary"
	"math"
)

// AppendKey appends bytes that are equal for two values exactly when Equal says so, for use as a map's key.
func AppendKey(dst []byte, v Value) []byte {
	switch v.kind {
	case Null:
		return append(dst, 'n')
	case Bool:
		return append(dst, 'b', byte(v.n))
	case Int:
		dst = append(dst, 'i')
		return binary.BigEndian.AppendUint64(dst, v.n)
	case Float, number:
		return appendNumberKey(dst, v)
	case String:
		return appendBlock(append(dst, 's'), v.text())
	case Bytes:
		return appendBlock(append(dst, 'y'), string(v.Bytes()))
	case Time:
		t := v.Time()
		dst = binary.BigEndian.AppendUint64(append(dst, 't'), uint64(t.Unix()))
		return binary.BigEndian.AppendUint32(dst, uint32(t.Nanosecond()))
	case Duration:
		return binary.BigEndian.AppendUint64(append(dst, 'd'), v.n)
	case List, unreadList, cellList:
		dst = binary.AppendUvarint(append(dst, 'l'), uint64(v.Len()))
		for _, item := range v.List() {
			dst = AppendKey(dst, item)
		}
		return dst
	}
	dst = binary.AppendUvarint(append(dst, 'o'), uint64(v.Len()))
	keys, slots := v.Shape().keys, v.Slots()
	for _, i := range sortedKeys(v) {
		dst = appendBlock(dst, keys[i])
		dst = AppendKey(dst, slots[i])
	}
	return dst
}

func appendBlock(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// appendNumberKey gives what is worth a 64-bit integer the key of an Int.
func appendNumberKey(dst []byte, v Value) []byte {
	v = worth(v)
	switch f := v.Float(); {
	case v.kind == Int:
		return AppendKey(dst, v)
	case v.kind == number:
		return appendBlock(append(dst, 'm'), v.text())
	case isBig(f):
		return appendBlock(append(dst, 'm'), digits(f))
	case f == math.Trunc(f) && !math.IsInf(f, 0):
		return AppendKey(dst, OfInt(int64(f)))
	case math.IsNaN(f):
		return binary.BigEndian.AppendUint64(append(dst, 'f'), math.Float64bits(math.NaN()))
	default:
		return binary.BigEndian.AppendUint64(append(dst, 'f'), math.Float64bits(f))
	}
}
