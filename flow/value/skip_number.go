package value

import (
	"math/bits"
	"unsafe"
)

// skipNumber gives the position after the number at i.
func skipNumber(data []byte, i int) int {
	if byteAt(data, i) == '-' {
		i++
	}
	if i > len(data)-16 {
		return skipLongNumber(data, i)
	}
	text := unsafe.Pointer(unsafe.SliceData(data))
	a, b := nondigits(word(text, i)), nondigits(word(text, i+8))
	if a|b == 0 {
		return skipLongNumber(data, i)
	}
	n := either(a, b)
	if n == 0 || n > 1 && data[i] == '0' {
		return unsound
	}
	c := data[i+n]
	if c == '.' {
		if a != 0 {
			a &= a - 1
		} else {
			b &= b - 1
		}
		if a|b == 0 {
			return skipLongNumber(data, i)
		}
		m := either(a, b)
		if m == n+1 {
			return unsound
		}
		c, n = data[i+m], m
	}
	if c|0x20 == 'e' {
		return skipLongNumber(data, i)
	}
	return i + n
}

// skipLongNumber gives the position after the number at i, whose sign was skipped.
func skipLongNumber(data []byte, i int) int {
	first := i
	if i = skipDigits(data, i); i == first || i > first+1 && data[first] == '0' {
		return unsound
	}
	if i < len(data) && data[i] == '.' {
		i++
		at := i
		if i = skipDigits(data, i); i == at {
			return unsound
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		at := i
		if i = skipDigits(data, i); i == at {
			return unsound
		}
	}
	return i
}

func skipDigits(data []byte, i int) int {
	for text := unsafe.Pointer(unsafe.SliceData(data)); i <= len(data)-8; i += 8 {
		if m := nondigits(word(text, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	return i
}
