package value

import "unicode/utf8"

// unsound is what the skips give for text that is no JSON, or is not to be written as it is: decoding it tells which.
const unsound = -1

// space gives the position after the white space at i.
func space(data []byte, i int) int {
	for i < len(data) && data[i] <= ' ' && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t') {
		i++
	}
	return i
}

// skip gives the position after the value at i.
func skip(data []byte, i, depth int) int {
	if i >= len(data) {
		return unsound
	}
	switch c := data[i]; c {
	case '"':
		return skipString(data, i)
	case '{', '[':
		if depth >= maxDepth {
			return unsound
		}
		if c == '{' {
			return skipObject(data, i, depth+1)
		}
		return skipList(data, i, depth+1)
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

func skipObject(data []byte, i, depth int) int {
	if i = space(data, i+1); i < len(data) && data[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(data) || data[i] != '"' {
			return unsound
		}
		if i = skipString(data, i); i < 0 {
			return unsound
		}
		if i = space(data, i); i >= len(data) || data[i] != ':' {
			return unsound
		}
		if i = skip(data, space(data, i+1), depth); i < 0 {
			return unsound
		}
		if i = space(data, i); i >= len(data) {
			return unsound
		}
		if data[i] == '}' {
			return i + 1
		}
		if data[i] != ',' {
			return unsound
		}
		i = space(data, i+1)
	}
}

func skipList(data []byte, i, depth int) int {
	if i = space(data, i+1); i < len(data) && data[i] == ']' {
		return i + 1
	}
	for {
		if i = skip(data, i, depth); i < 0 {
			return unsound
		}
		if i = space(data, i); i >= len(data) {
			return unsound
		}
		if data[i] == ']' {
			return i + 1
		}
		if data[i] != ',' {
			return unsound
		}
		i = space(data, i+1)
	}
}

func skipString(data []byte, i int) int {
	i++
	for {
		if i = plain(data, i); i >= len(data) {
			return unsound
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			d := Decoder{data: data}
			_, n, err := d.escape(i)
			if err != nil {
				return unsound
			}
			i += n
		case c < 0x20:
			return unsound
		default:
			_, n := utf8.DecodeRune(data[i:])
			if n == 1 {
				return unsound
			}
			i += n
		}
	}
}

func skipNumber(data []byte, i int) int {
	if i < len(data) && data[i] == '-' {
		i++
	}
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
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	return i
}
