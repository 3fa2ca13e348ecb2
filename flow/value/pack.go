package value

import (
	"encoding/binary"
	"time"
)

// Packer turns values into bytes and back, exactly: also what is still the text it came from, the order of keys, and the
// zone of a time. Only the Packer that made the bytes can read them, as the shapes and zones they name stay with it.
// Its zero value is ready; one goroutine at a time may use it.
type Packer struct {
	shapes    []*Shape
	shapeAt   map[*Shape]uint64 // from 1
	zones     []*time.Location
	zoneAt    map[*time.Location]uint64 // from 1
	lastShape *Shape
	lastAt    uint64

	slab    Slab // what is left of what was made at once
	records []fields
	starts  []uint32
}

// maxPacked bounds how many shapes, and zones, a Packer remembers. Past it each object comes with its keys, and each
// time with its offset.
const maxPacked = 4096

// Pack appends the bytes of a value.
func (p *Packer) Pack(dst []byte, v Value) []byte {
	switch v.kind { // cells are read by functions
	case row:
		v = OfShape(v.Shape(), v.Slots())
	case cellList:
		v = OfList(v.List())
	}
	dst = append(dst, byte(v.kind))
	switch v.kind {
	case Bool:
		return append(dst, byte(v.n))
	case Int, Duration:
		return binary.AppendVarint(dst, int64(v.n))
	case Float:
		return binary.BigEndian.AppendUint64(dst, v.n)
	case String, Bytes, number:
		return appendBlock(dst, v.text())
	case Time:
		return p.packTime(dst, v.Time())
	case unreadList, unreadObject:
		return appendBlock(dst, (*unread)(v.p).text)
	case List:
		dst = binary.AppendUvarint(dst, v.n)
		for _, item := range v.List() {
			dst = p.Pack(dst, item)
		}
	case Object:
		o := (*object)(v.p)
		dst = p.packShape(dst, o.shape)
		for _, x := range o.slots {
			dst = p.Pack(dst, x)
		}
	case record:
		dst = p.packFields(dst, (*fields)(v.p))
	case altered:
		dst = p.packPatched(dst, (*patched)(v.p))
	}
	return dst
}

// What the first byte of a record says.
const (
	hasShape byte = 1 << iota
	isOdd
	hasTwice
)

func flag(b bool, f byte) byte {
	if b {
		return f
	}
	return 0
}

func (p *Packer) packFields(dst []byte, f *fields) []byte {
	dst = append(dst, flag(f.shape != nil, hasShape)|flag(f.odd, isOdd)|flag(f.twice, hasTwice))
	if f.shape != nil {
		dst = p.packShape(dst, f.shape)
	}
	dst = binary.AppendUvarint(appendBlock(dst, f.text), uint64(f.n))
	before := uint32(0)
	for _, start := range f.places() {
		dst = binary.AppendVarint(dst, int64(start)-int64(before)) // of a key that came twice, it goes back
		before = start
	}
	return dst
}

func (p *Packer) packPatched(dst []byte, a *patched) []byte {
	if 2*len(a.plan.from) < int(a.of.n) { // much of the text is of no use
		a = a.clone()
	}
	dst = p.packFields(dst, a.of)
	dst = append(dst, flag(a.plan.shape != nil, hasShape))
	if a.plan.shape != nil {
		dst = p.packShape(dst, a.plan.shape)
	}
	dst = binary.AppendUvarint(dst, uint64(len(a.plan.from)))
	for _, from := range a.plan.from {
		dst = binary.AppendVarint(dst, int64(from))
	}
	dst = binary.AppendUvarint(dst, uint64(len(a.own)))
	for i, x := range a.own {
		if dst = p.Pack(dst, x); a.plan.shape == nil {
			dst = appendBlock(dst, a.plan.own[i])
		}
	}
	return dst
}

func (p *Packer) packShape(dst []byte, s *Shape) []byte {
	if s == p.lastShape && p.lastAt > 0 {
		return binary.AppendUvarint(dst, p.lastAt)
	}
	at := p.shapeAt[s]
	if at == 0 && len(p.shapes) < maxPacked {
		if p.shapeAt == nil {
			p.shapeAt = map[*Shape]uint64{}
		}
		p.shapes = append(p.shapes, s)
		at = uint64(len(p.shapes))
		p.shapeAt[s] = at
	}
	p.lastShape, p.lastAt = s, at
	dst = binary.AppendUvarint(dst, at)
	if at == 0 {
		dst = binary.AppendUvarint(dst, uint64(len(s.keys)))
		for _, key := range s.keys {
			dst = appendBlock(dst, key)
		}
	}
	return dst
}

func (p *Packer) packTime(dst []byte, t time.Time) []byte {
	dst = binary.AppendVarint(dst, t.Unix())
	dst = binary.AppendUvarint(dst, uint64(t.Nanosecond()))
	zone := t.Location()
	at := p.zoneAt[zone]
	if at == 0 && len(p.zones) < maxPacked {
		if p.zoneAt == nil {
			p.zoneAt = map[*time.Location]uint64{}
		}
		p.zones = append(p.zones, zone)
		at = uint64(len(p.zones))
		p.zoneAt[zone] = at
	}
	dst = binary.AppendUvarint(dst, at)
	if at == 0 {
		name, offset := t.Zone()
		dst = binary.AppendVarint(appendBlock(dst, name), int64(offset))
	}
	return dst
}
