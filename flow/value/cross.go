package value

// cross reads what follows a value at p, up to the next value, and gives its place and position; no place at the end of
// the record. Of a field at the top that the record has already, twice is its slot; else it is negative. What was read is
// remembered.
func (d *Decoder) cross(p *place, i int) (to *place, end, twice int) {
	text, from, start := d.data, p, i
	if p.open {
		if i = blanks(text, i+1); byteAt(text, i) != '}' {
			return d.field(from, p, start, i)
		}
		if i, p = i+1, p.up; p == nil {
			return nil, i, -1
		}
	}
	for {
		i = blanks(text, i)
		if byteAt(text, i) == ',' {
			break
		}
		if c := byteAt(text, i); c != ']' && c != '}' || (c == ']') != p.list {
			return nil, unsound, -1
		}
		if i, p = i+1, p.up; p == nil {
			from.learn(text[start:i], nil)
			return nil, i, -1
		}
	}
	i = blanks(text, i+1)
	if p.list {
		from.learn(text[start:i], p)
		return p, i, -1
	}
	return d.field(from, p, start, i)
}

// field is cross where a key is due at i. Of what is remembered, the text from start on, it is that which follows from.
func (d *Decoder) field(from, p *place, start, i int) (to *place, end, twice int) {
	text, key := d.data, ""
	if byteAt(text, i) != '"' {
		return nil, unsound, -1
	}
	if p.up != nil {
		i = skipString(text, i+1)
	} else {
		d.pos = i
		var err error
		if key, err = d.str(); err != nil || d.mended {
			return nil, unsound, -1
		}
		i = d.pos
	}
	if i < 0 {
		return nil, unsound, -1
	}
	if i = blanks(text, i); byteAt(text, i) != ':' {
		return nil, unsound, -1
	}
	i = blanks(text, i+1)
	if p.up != nil {
		to = d.after(p)
	} else if d.count == maxShapes && p.node.next[key] == nil {
		return nil, unsound, -1 // there are too many
	} else if next, twice := d.child(p.node, key); next == nil {
		return p, i, twice
	} else if to = d.top(next); to == nil {
		return nil, unsound, -1
	}
	from.learn(text[start:i], to)
	return to, i, -1
}
