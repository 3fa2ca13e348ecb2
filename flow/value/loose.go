package value

import (
	"strings"
	"unsafe"
)

// A loose record is one whose keys come in so many sets or orders that they are not followed: it has no shape. A field of
// it is found by comparing keys with the text.

// name is a key as it is written. It remembers which keys followed it.
type name struct {
	gap   gap // its text with the colon and the space after it, to be compared
	next  [2]*name
	odd   bool   // there are escapes in it
	plain *name  // the same key as it is mostly written; itself where it is written so
	round uint64 // the last record that has the key
	slot  uint32 // where it has it
}

// maxNames bounds the bytes that the names of a Decoder take, about, but for those of one record.
const maxNames = 1 << 20

// loose reads over the object that text begins with as record does, whatever its keys.
func (d *Decoder) loose(text []byte) (v Value, n int, ok bool) {
	if d.named > maxNames {
		d.named, d.names, d.noName = 0, nil, name{}
	}
	d.round++
	last, starts, fields, odd, twice := &d.noName, d.starts, 0, false, false
	i := blanks(text, 1)
	if byteAt(text, i) == '}' {
		return OfShape(emptyShape, nil), i + 1, true
	}
	for {
		if byteAt(text, i) == ' ' {
			i++
		}
		next := last.follows(text, i)
		if next != nil {
			i += next.gap.n
		} else if next, i = d.name(last, text, i); next == nil {
			return Value{}, 0, false
		}
		if last = next; byteAt(text, i) <= ' ' {
			i = blanks(text, i)
		}
		if next.odd {
			next, odd = next.plain, true
		}
		if next.round == d.round {
			twice, starts[next.slot] = true, uint32(i) // of a key that comes twice, the last value is the one
		} else {
			if fields == len(starts) {
				starts = append(make([]uint32, 0, max(2*fields, 8*slabSize)), starts...)
				starts = starts[:cap(starts)]
			}
			next.round, next.slot = d.round, uint32(fields)
			starts[fields] = uint32(i)
			fields++
		}
		switch c := byteAt(text, i); {
		case c == '"':
			i = skipString(text, i+1)
		case c <= '9':
			i = skipNumber(text, i)
		default:
			i = skip(text, i, 1)
		}
		if i < 0 {
			return Value{}, 0, false
		}
		c := byteAt(text, i)
		if c <= ' ' {
			i = blanks(text, i)
			c = byteAt(text, i)
		}
		if i++; c == '}' {
			break
		}
		if c != ',' {
			return Value{}, 0, false
		}
	}
	f := d.newFields()
	d.starts = starts[fields:]
	f.text, f.starts, f.n, f.odd, f.twice = span(text[:i]), unsafe.SliceData(starts), uint32(fields), odd, twice
	return ofFields(f), i, true
}

// follows gives which of the keys that followed n before stands at i; nil if none does.
func (n *name) follows(text []byte, i int) *name {
	if i > len(text)-longest {
		return nil
	}
	p := unsafe.Pointer(unsafe.SliceData(text))
	a, b := word(p, i), word(p, i+8)
	for _, next := range n.next {
		if next != nil && next.gap.is(a, b) && (next.gap.n <= 16 || next.gap.goesOn(p, i)) {
			return next
		}
	}
	return nil
}

// name reads the key at i, which comes after last, and its colon. It gives no name where there is none.
func (d *Decoder) name(last *name, text []byte, i int) (*name, int) {
	start := blanks(text, i)
	if byteAt(text, start) != '"' {
		return nil, 0
	}
	end := skipString(text, start+1)
	if end < 0 {
		return nil, 0
	}
	if i = blanks(text, end); byteAt(text, i) != ':' {
		return nil, 0
	}
	i = blanks(text, i+1)
	n := d.names[string(text[start:end])]
	if n == nil {
		n = d.newName(span(text[start:end]))
	}
	if gap := text[start:i]; len(gap) != n.gap.n && len(gap) <= longest {
		n.gap = gapOf(gap)
	}
	if n.gap.n > 0 {
		last.next[1], last.next[0] = last.next[0], n
	}
	return n, i
}

// newName remembers a key that is written so, in quotes.
func (d *Decoder) newName(quoted string) *name {
	k := Decoder{data: bytesOf(quoted)}
	key, _ := k.str()
	n := &name{odd: strings.IndexByte(quoted, '\\') >= 0}
	if n.plain = n; n.odd {
		if plain := string(appendString(nil, key)); plain != quoted {
			if n.plain = d.names[plain]; n.plain == nil {
				n.plain = d.newName(plain)
			}
		}
	}
	if d.names == nil {
		d.names = map[string]*name{}
	}
	d.names[strings.Clone(quoted)] = n
	d.named += 256 + len(quoted)
	return n
}

// find gives where a record without a shape has a key, looking from about a slot on; -1 where it has none.
func (f *fields) find(key string, about int) int {
	starts := f.places()
	if about = min(about, len(starts)-1); strings.IndexByte(key, '\\') < 0 {
		for up, down := about, about-1; up < len(starts) || down >= 0; up, down = up+1, down-1 {
			if up < len(starts) && f.follows(key, int(starts[up])) {
				return up
			}
			if down >= 0 && f.follows(key, int(starts[down])) {
				return down
			}
		}
	}
	if f.odd {
		for i, start := range starts {
			if f.key(int(start)) == key {
				return i
			}
		}
	}
	return -1
}

// follows reports whether the value at start follows a key that is written as it reads. One with a quote is not: it would
// match the text from one quote to another.
func (f *fields) follows(key string, start int) bool {
	end := start - 2
	if f.text[end] != '"' || f.text[end+1] != ':' {
		end = f.keyEnd(start)
	}
	at := end - len(key)
	return at > 1 && f.text[at-1] == '"' && f.text[at-2] != '\\' && f.text[at:end] == key && strings.IndexByte(key, '"') < 0
}

// keyEnd gives where the quote stands that ends the key before the value at start.
func (f *fields) keyEnd(start int) int {
	return strings.LastIndexByte(f.text[:strings.LastIndexByte(f.text[:start], ':')], '"')
}

// key gives the key before the value at start.
func (f *fields) key(start int) string {
	end := f.keyEnd(start)
	at := strings.LastIndexByte(f.text[:end], '"')
	for f.text[at-1] == '\\' {
		at = strings.LastIndexByte(f.text[:at], '"')
	}
	d := Decoder{data: bytesOf(f.text), pos: at}
	key, _ := d.str()
	return key
}

// names appends the keys of a record without a shape.
func (f *fields) names(to []string) []string {
	for _, start := range f.places() {
		to = append(to, f.key(int(start)))
	}
	return to
}

// keys gives the shape, which of a loose record is made when somebody asks.
func (f *fields) keys() *Shape {
	if f.shape != nil {
		return f.shape
	}
	o := f.done.Load()
	if o != nil && o.shape != nil {
		return o.shape
	}
	made := &asked{object: object{shape: shapeOf(f.names(make([]string, 0, 32)))}}
	if o != nil {
		made.slots, made.nested = o.slots, o.nested
	}
	f.done.Store(made)
	return made.shape
}
