package value

import "unsafe"

// place is a place in records where values stand: after a sequence of keys at the top, at a position of an object within,
// or in a list. It remembers what followed its values last, so that what mostly is the same from record to record, such as
// `},"user": `, is compared, many bytes at a time, rather than read.
type place struct {
	gaps  [2]gap
	node  *shapeNode // at the top: the keys that lead here
	up    *place     // whose value this stands in; nil at the top
	next  *place     // of the field after this one, within an object
	inner [2]*place  // in the list and in the object that are the value here
	depth int        // how many objects and lists are open here, but for the record
	open  bool       // before the first field of an object: its brace is part of what follows
	list  bool       // in a list

	lessons uint32 // how often what followed was not what it was before

	length int   // of the scalar that was here last, in bytes
	same   uint8 // a bit for each of the last eight: it was as long as the one before
}

// gap is the text from the end of one scalar to the next value, and where it leads.
type gap struct {
	bytes, mask [longest / 8]uint64 // 0 in the mask past the end
	n           int
	to          *place // nil: the end of the record
}

// longest is how long a gap may be that is remembered.
const longest = 64

// none is a gap that no text has.
var none = gap{bytes: [longest / 8]uint64{1<<64 - 1}, mask: [longest / 8]uint64{1<<64 - 1}}

// maxPlaces bounds how many places a Decoder remembers, and maxNested how deep they are.
const maxPlaces, maxNested = 1024, 32

// is reports whether the gap begins as 16 bytes do.
func (g *gap) is(a, b uint64) bool {
	return (a^g.bytes[0])&g.mask[0]|(b^g.bytes[1])&g.mask[1] == 0
}

// goesOn reports whether the gap, which begins as the text at i does, goes on so. The text has room for the longest there.
func (g *gap) goesOn(text unsafe.Pointer, i int) bool {
	for k := 2; k*8 < g.n; k++ {
		if (word(text, i+k*8)^g.bytes[k%len(g.bytes)])&g.mask[k%len(g.mask)] != 0 {
			return false
		}
	}
	return true
}

// took notes the length of a scalar.
func (p *place) took(n int) {
	var same uint8
	if n == p.length {
		same = 1
	}
	p.length, p.same = n, p.same<<1|same
}

// learn remembers the text that leads to a place: always at first, then, where it is another one time and again, ever so
// often.
func (p *place) learn(text []byte, to *place) {
	if p.lessons++; len(text) > longest || p.lessons > 32 && p.lessons%16 != 0 {
		return
	}
	g := gapOf(text)
	g.to = to
	p.gaps[1], p.gaps[0] = p.gaps[0], g
}

// gapOf gives a gap of a text that is no longer than a gap may be.
func gapOf(text []byte) gap {
	g := gap{n: len(text)}
	for k, c := range text {
		g.bytes[k>>3] |= uint64(c) << (k & 7 * 8)
		g.mask[k>>3] |= 0xff << (k & 7 * 8)
	}
	return g
}

// newPlace gives a place, if there are not too many.
func (d *Decoder) newPlace(p place) *place {
	if d.places == maxPlaces {
		return nil
	}
	d.places++
	p.gaps = [2]gap{none, none}
	return &p
}

// before gives the place before a record.
func (d *Decoder) before() *place {
	if d.root == nil {
		d.root = d.newPlace(place{node: &d.shapes, open: true})
	}
	return d.root
}

// top gives the place after a sequence of keys; nil where there are too many.
func (d *Decoder) top(node *shapeNode) *place {
	if node.place == nil {
		node.place = d.newPlace(place{node: node})
	}
	return node.place
}

// inside gives the place in the value of p, which c opens; nil where nothing is remembered of it.
func (d *Decoder) inside(p *place, c byte) *place {
	q := &p.inner[c>>5&1]
	if *q == nil && p.depth < maxNested {
		*q = d.newPlace(place{up: p, depth: p.depth + 1, open: c == '{', list: c == '['})
	}
	return *q
}

// after gives the place of the field after that of p, within an object; p itself where nothing more is remembered.
func (d *Decoder) after(p *place) *place {
	if p.next == nil {
		if p.next = d.newPlace(place{up: p.up, depth: p.depth}); p.next == nil {
			return p
		}
	}
	return p.next
}
