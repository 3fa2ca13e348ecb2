package value

import "unsafe"

// record reads over an object and notes where its fields are. It reports false where the text is unsound, or is not to
// be written as it is.
func (d *Decoder) record() (Value, bool) {
	data, start := d.data, d.pos
	node, starts := &d.shapes, d.starts[:0]
	i := space(data, start+1)
	if i < len(data) && data[i] == '}' {
		d.pos = i + 1
		return OfShape(emptyShape, nil), true
	}
	for {
		next, twice := node.last, 0
		if next != nil && len(data)-i >= len(next.quoted) && string(data[i:i+len(next.quoted)]) == next.quoted {
			i = space(data, i+len(next.quoted))
		} else {
			d.pos = i
			var err error
			if next, twice, err = d.key(node); err != nil || d.mended {
				return Value{}, false
			}
			i = d.pos
		}
		if next == nil {
			starts[twice] = uint32(i - start)
		} else {
			if node = next; len(starts) == cap(starts) {
				starts = append(make([]uint32, 0, max(2*len(starts), 8*slabSize)), starts...)
				d.starts = starts[:cap(starts)]
			}
			starts = append(starts, uint32(i-start))
		}
		if i = skip(data, i, 1); i < 0 {
			return Value{}, false
		}
		if i = space(data, i); i >= len(data) {
			return Value{}, false
		}
		if data[i] == '}' {
			break
		}
		if data[i] != ',' {
			return Value{}, false
		}
		i = space(data, i+1)
	}
	d.pos = i + 1
	if node.shape == nil {
		node.shape = shapeOf(node.keys())
	}
	if len(d.records) == 0 {
		d.records = make([]fields, slabSize)
	}
	f := &d.records[0]
	d.records, d.starts = d.records[1:], d.starts[len(starts):]
	f.shape, f.text, f.starts = node.shape, span(data[start:d.pos]), unsafe.SliceData(starts)
	return ofFields(f), true
}
