package value

import "unsafe"

// record reads over the object that text begins with, and notes where its fields are. It gives the length of the object;
// false where the text is unsound, or is not to be written as it is.
func (d *Decoder) record(text []byte) (v Value, n int, ok bool) {
	if d.strays >= patience {
		if d.strays++; d.strays%16 != 0 {
			return d.loose(text)
		}
	}
	d.data, d.mended = text, false
	w := walk{text: text, place: d.before(), starts: d.starts}
	for at := betweenValues; at != theEnd; {
		if at = w.run(at); at != theEnd {
			at = d.step(&w, at)
		}
		if at == nowhere {
			d.strays++
			return d.loose(text)
		}
	}
	d.data, d.strays = nil, 0
	if w.fields == 0 {
		return OfShape(emptyShape, nil), w.i, true
	}
	last := w.place
	for last.up != nil {
		last = last.up
	}
	shape := last.node.shape
	if shape == nil {
		shape = shapeOf(last.node.keys())
		last.node.shape = shape
	}
	f := d.newFields()
	d.starts = w.starts[w.fields:]
	f.shape, f.text, f.starts, f.n = shape, span(text[:w.i]), unsafe.SliceData(w.starts), uint32(w.fields)
	f.twice = w.twice
	return ofFields(f), w.i, true
}

// patience is after how many records in a row whose keys cannot be followed only one of 16 is tried.
const patience = 8

func (d *Decoder) newFields() *fields {
	if len(d.records) == 0 {
		d.records = make([]fields, slabSize)
	}
	f := &d.records[0]
	d.records = d.records[1:]
	return f
}

// walk is how far a record was read over.
type walk struct {
	text   []byte
	i      int
	place  *place
	starts []uint32 // of the fields, and room for more
	fields int
	twice  bool // a key came twice
}

// where says what stands at a walk's position.
type where uint8

const (
	betweenValues where = iota // what follows a value, or opens an object
	atValue
	theEnd // of the record
	nowhere
)

// run reads over what is as it mostly is: between values, what was there in one of the two last records; strings; numbers
// that are short. For ASCII it calls nothing, so that what it works with stays in registers, and it stops where it would have
// to.
func (w *walk) run(at where) where {
	text, most := unsafe.Pointer(unsafe.SliceData(w.text)), len(w.text)-17 // from there on, 16 bytes follow a byte
	i, p := w.i, w.place
	if at == atValue {
		goto value
	}
between:
	at = betweenValues
	if i <= most {
		a, b := word(text, i), word(text, i+8)
		g := &p.gaps[0]
		if !g.is(a, b) {
			if g = &p.gaps[1]; !g.is(a, b) {
				goto stop
			}
		}
		if g.n > 16 && (i > most-longest || !g.goesOn(text, i)) {
			goto stop
		}
		if g.to == nil {
			i, at = i+g.n, theEnd
			goto stop
		}
		if *(*byte)(unsafe.Add(text, i+g.n)) <= ' ' { // more of it, which the value would begin with
			goto stop
		}
		if g.to.depth == 0 {
			if w.fields >= len(w.starts) {
				goto stop
			}
			w.starts[w.fields] = uint32(i + g.n)
			w.fields++
		}
		i, p = i+g.n, g.to
		goto value
	}
stop:
	w.i, w.place = i, p
	return at
value:
	at = atValue
	if i > most {
		goto stop
	}
	switch c := *(*byte)(unsafe.Add(text, i)); {
	case c == '"':
		for end := i + 1; end <= most; end += 16 {
			a, b := special(word(text, end)), special(word(text, end+8))
			if a|b == 0 {
				continue
			}
			if end += either(a, b); *(*byte)(unsafe.Add(text, end)) != '"' {
				if end = skipMixed(w.text, end) - 1; end < 0 {
					goto stop
				}
			}
			if n := end + 1 - i; n == p.length && p.same == 0xff { // the length is known beforehand, and end need not be waited for
				i += p.length
			} else {
				p.took(n)
				i += n
			}
			goto between
		}
	case c <= '9':
		first := i + int((uint32(c)^'-'-1)>>31) // past a minus: whether there is one is not to be guessed at
		a, b := nondigits(word(text, first)), nondigits(word(text, first+8))
		if a|b == 0 {
			goto long
		}
		digits := either(a, b)
		if digits == 0 || digits > 1 && *(*byte)(unsafe.Add(text, first)) == '0' {
			goto stop
		}
		after := *(*byte)(unsafe.Add(text, first+digits))
		if after == '.' {
			if a != 0 {
				a &= a - 1
			} else {
				b &= b - 1
			}
			if a|b == 0 {
				goto long
			}
			all := either(a, b)
			if all == digits+1 {
				goto stop
			}
			digits, after = all, *(*byte)(unsafe.Add(text, first+all))
		}
		if after|0x20 == 'e' {
			goto long
		}
		if n := first + digits - i; n == p.length && p.same == 0xff {
			i += p.length
		} else {
			p.took(n)
			i += n
		}
		goto between
	case c == '{':
		if q := p.inner[1]; q != nil {
			p = q
			goto between
		}
	case c == '[':
		if q := p.inner[0]; q != nil {
			if c := *(*byte)(unsafe.Add(text, i+1)); c > ' ' && c != ']' {
				i, p = i+1, q
				goto value
			}
		}
	case c == 'n':
		if uint32(word(text, i)) == 'n'|'u'<<8|'l'<<16|'l'<<24 {
			i += 4
			goto between
		}
	case c == 't':
		if uint32(word(text, i)) == 't'|'r'<<8|'u'<<16|'e'<<24 {
			i += 4
			goto between
		}
	case c == 'f':
		if uint32(word(text, i+1)) == 'a'|'l'<<8|'s'<<16|'e'<<24 {
			i += 5
			goto between
		}
	}
	goto stop
long:
	if end := skipNumber(w.text, i); end >= 0 {
		i = end
		goto between
	}
	goto stop
}

// step reads over one thing that run stopped at, whatever it is.
func (d *Decoder) step(w *walk, at where) where {
	if at == betweenValues {
		to, end, twice := d.cross(w.place, w.i)
		if end < 0 {
			return nowhere
		}
		if w.i = end; to == nil {
			return theEnd
		}
		switch w.place = to; {
		case twice >= 0:
			w.starts[twice], w.twice = uint32(end), true
		case to.depth == 0:
			if w.fields == len(w.starts) {
				starts := make([]uint32, max(2*w.fields, 8*slabSize))
				copy(starts, w.starts)
				w.starts = starts
			}
			w.starts[w.fields] = uint32(end)
			w.fields++
		}
	}
	c := byteAt(w.text, w.i)
	if c != '{' && c != '[' {
		w.i = skip(w.text, w.i, 0)
	} else if q := d.inside(w.place, c); q == nil {
		w.i = skipNested(w.text, w.i, 1+w.place.depth)
	} else if w.place = q; c == '[' {
		if w.i = blanks(w.text, w.i+1); byteAt(w.text, w.i) != ']' {
			return atValue
		}
		w.place, w.i = q.up, w.i+1
	}
	if w.i < 0 {
		return nowhere
	}
	return betweenValues
}
