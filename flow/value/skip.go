package value

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// unsound is what the skips give for text that is no JSON, or is not to be written as it is: decoding it tells which. So
// is text with line ends between its tokens, which a line of JSON lines does not have.
const unsound = -1

// ones is a byte of 1 eight times; times a byte, it is that byte eight times.
const ones, highs = 0x0101010101010101, 0x8080808080808080

// special marks, by their highest bits, the bytes of a word that do not stand for themselves in a string: a quote, a
// backslash, a control character, or a byte of a character beyond ASCII. The lowest mark is right, those above it may not
// be. See "Bit Twiddling Hacks", "Determine if a word has a byte less than n"; a quote is less than 0x21, as a control
// character is and a space is not, once its second bit is turned over.
func special(x uint64) uint64 {
	return (x | ((x ^ ones*2) - ones*0x21) | ((x ^ ones*'\\') - ones)) & highs
}

// closing marks, by their highest bits, the bytes of a word that end a string, or a part of one that stands for itself: a
// quote, a backslash or a control character. The lowest mark is right.
func closing(x uint64) uint64 {
	return (((x ^ ones*2) - ones*0x21) | ((x ^ ones*'\\') - ones)) &^ x & highs
}

// nondigits marks, by their highest bits, the bytes of a word that are no decimal digits. The lowest mark is right, and the
// next one where the lowest is a point.
func nondigits(x uint64) uint64 {
	y := x ^ ones*'0'
	return (y + ones*0x76 | y) & highs
}

// either gives how many bytes come before the lowest mark of two words, of which one has marks.
func either(a, b uint64) int {
	n := bits.TrailingZeros64(a) // 64 of none
	return (n + bits.TrailingZeros64(b)&-(n>>6)) >> 3
}

// word gives eight bytes of a text that has them.
func word(text unsafe.Pointer, i int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(text, i))[:])
}

// byteAt gives the byte at i; 0, which stands nowhere in JSON, past the end.
func byteAt(data []byte, i int) byte {
	if i < len(data) {
		return data[i]
	}
	return 0
}

// blanks gives the position after the white space at i, as far as it stays in the line.
func blanks(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\r' || data[i] == '\t') {
		i++
	}
	return i
}

// skip gives the position after the value at i.
func skip(data []byte, i, depth int) int {
	switch byteAt(data, i) {
	case '"':
		return skipString(data, i+1)
	case '{', '[':
		return skipNested(data, i, depth)
	case 't':
		return skipWord(data, i, "true")
	case 'f':
		return skipWord(data, i, "false")
	case 'n':
		return skipWord(data, i, "null")
	}
	return skipNumber(data, i)
}

func skipWord(data []byte, i int, w string) int {
	if len(data)-i < len(w) || string(data[i:i+len(w)]) != w {
		return unsound
	}
	return i + len(w)
}

// skipNested gives the position after the object or the list at i, which stands in as many as depth.
func skipNested(data []byte, i, depth int) int {
	var c byte
	open, level := uint64(0), 0 // a bit for each that is open, the innermost the lowest: 1 of an object
opens:
	if depth+level >= MaxDepth {
		return unsound
	}
	if level == 64 {
		if i = skipNested(data, i, depth+level); i < 0 {
			return unsound
		}
		goto after
	}
	open, level = open<<1|uint64(data[i]>>5&1), level+1
	if i++; byteAt(data, i) <= ' ' {
		i = blanks(data, i)
	}
	if c = byteAt(data, i); c == ']'+byte(open&1)<<5 {
		goto closes
	}
item:
	if open&1 != 0 {
		if byteAt(data, i) != '"' {
			return unsound
		}
		if i = skipString(data, i+1); i < 0 {
			return unsound
		}
		if byteAt(data, i) != ':' {
			if i = blanks(data, i); byteAt(data, i) != ':' {
				return unsound
			}
		}
		if i++; byteAt(data, i) <= ' ' {
			i = blanks(data, i)
		}
	}
	switch c = byteAt(data, i); c {
	case '"':
		i = skipString(data, i+1)
	case '{', '[':
		goto opens
	case 't', 'f', 'n':
		i = skip(data, i, 0)
	default:
		i = skipNumber(data, i)
	}
	if i < 0 {
		return unsound
	}
after:
	if c = byteAt(data, i); c <= ' ' {
		i = blanks(data, i)
		c = byteAt(data, i)
	}
	if c == ',' {
		if i++; byteAt(data, i) <= ' ' {
			i = blanks(data, i)
		}
		goto item
	}
	if c != ']'+byte(open&1)<<5 {
		return unsound
	}
closes:
	i, open, level = i+1, open>>1, level-1
	if level > 0 {
		goto after
	}
	return i
}

// skipString gives the position after the string whose content is at i.
func skipString(data []byte, i int) int {
	for text := unsafe.Pointer(unsafe.SliceData(data)); i <= len(data)-16; i += 16 {
		if a, b := special(word(text, i)), special(word(text, i+8)); a|b != 0 {
			if i += either(a, b); data[i] == '"' {
				return i + 1
			}
			break
		}
	}
	return skipMixed(data, i)
}

// skipMixed is skipString where the content, from i on, has escapes or characters beyond ASCII, or is near the end.
func skipMixed(data []byte, i int) int {
	text := unsafe.Pointer(unsafe.SliceData(data))
	for {
		switch c := byteAt(data, i); {
		case c == '"':
			return i + 1
		case c == '\\':
			i = skipEscape(data, i)
		case c >= utf8.RuneSelf:
			i = skipRunes(data, i)
		case c < ' ':
			return unsound
		}
		if i < 0 {
			return unsound
		}
		for ; i <= len(data)-8; i += 8 {
			if m := special(word(text, i)); m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
		}
		if i > len(data)-8 {
			from, ascii := i, false
			if i, ascii = plain(data, i); !ascii && !utf8.Valid(data[from:i]) {
				return unsound
			}
		}
	}
}

// escapes has the length of an escape by the byte after its backslash; 0 of none. hexadecimal has 1 for each digit.
var escapes, hexadecimal = [256]uint8{'"': 2, '\\': 2, '/': 2, 'b': 2, 'f': 2, 'n': 2, 'r': 2, 't': 2, 'u': 6}, [256]uint8{
	'0': 1, '1': 1, '2': 1, '3': 1, '4': 1, '5': 1, '6': 1, '7': 1, '8': 1, '9': 1,
	'a': 1, 'b': 1, 'c': 1, 'd': 1, 'e': 1, 'f': 1, 'A': 1, 'B': 1, 'C': 1, 'D': 1, 'E': 1, 'F': 1,
}

// skipEscape gives the position after the escape at i.
func skipEscape(data []byte, i int) int {
	n := int(escapes[byteAt(data, i+1)])
	if n == 0 || i+n > len(data) {
		return unsound
	}
	if n == 6 {
		if d := data[i+2 : i+6]; hexadecimal[d[0]]&hexadecimal[d[1]]&hexadecimal[d[2]]&hexadecimal[d[3]] == 0 {
			return unsound
		}
	}
	return i + n
}

// skipRunes gives the position after the characters beyond ASCII at i.
func skipRunes(data []byte, i int) int {
	for text, most := unsafe.Pointer(unsafe.SliceData(data)), len(data)-4; i <= most; {
		c := *(*byte)(unsafe.Add(text, i))
		if c < utf8.RuneSelf {
			return i
		}
		if second := *(*byte)(unsafe.Add(text, i+1)); second&0xc0 != 0x80 {
			return unsound
		} else if 0xc2 <= c && c < 0xe0 {
			i += 2
		} else if 0xe1 <= c && c < 0xed && *(*byte)(unsafe.Add(text, i+2))&0xc0 == 0x80 {
			i += 3
		} else if _, n := utf8.DecodeRune(data[i:]); n > 1 {
			i += n
		} else {
			return unsound
		}
	}
	end, _ := plain(data, i)
	if !utf8.Valid(data[i:end]) {
		return unsound
	}
	return end
}
