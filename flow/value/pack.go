package value

import (
	"encoding/binary"
	"math"
	"strings"
	"time"
	"unsafe"
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
	if v.kind == row { // its cells are read by a function
		v = OfShape(v.Shape(), v.Slots())
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
		f := (*fields)(v.p)
		if f.shape != nil {
			dst = p.packShape(append(dst, shaped), f.shape)
		} else if dst = append(dst, loose); f.odd {
			dst[len(dst)-1] = odd
		}
		dst = binary.AppendUvarint(appendBlock(dst, f.text), uint64(f.n))
		before := uint32(0)
		for _, start := range f.places() {
			dst = binary.AppendVarint(dst, int64(start)-int64(before)) // of a key that came twice, it goes back
			before = start
		}
	}
	return dst
}

// What the bytes of a record begin with.
const (
	shaped byte = iota
	loose
	odd
)

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

// Unpack gives the value that data begins with, and the rest of data. Data must be what Pack gave. Text refers to it, so
// it must never change.
func (p *Packer) Unpack(data []byte) (Value, []byte) {
	u := unpacker{p, data}
	v := u.value()
	return v, u.data
}

type unpacker struct {
	*Packer
	data []byte
}

func (u *unpacker) uvarint() uint64 {
	x, n := binary.Uvarint(u.data)
	u.data = u.data[n:]
	return x
}

func (u *unpacker) varint() int64 {
	x, n := binary.Varint(u.data)
	u.data = u.data[n:]
	return x
}

func (u *unpacker) block() string {
	n := u.uvarint()
	s := span(u.data[:n])
	u.data = u.data[n:]
	return s
}

func (u *unpacker) value() Value {
	kind := Kind(u.data[0])
	u.data = u.data[1:]
	switch kind {
	case Bool:
		b := u.data[0]
		u.data = u.data[1:]
		return OfBool(b != 0)
	case Int, Duration:
		return Value{kind: kind, n: uint64(u.varint())}
	case Float:
		n := binary.BigEndian.Uint64(u.data)
		u.data = u.data[8:]
		return OfFloat(math.Float64frombits(n))
	case String, Bytes, number:
		s := u.block()
		return Value{kind: kind, p: unsafe.Pointer(unsafe.StringData(s)), n: uint64(len(s))}
	case Time:
		return OfTime(u.time())
	case unreadList:
		return ofUnread(List, &unread{text: u.block()})
	case unreadObject:
		return ofUnread(Object, &unread{text: u.block()})
	case List:
		items := make([]Value, u.uvarint())
		for i := range items {
			items[i] = u.value()
		}
		return OfList(items)
	case Object:
		v, slots := u.slab.Object(u.shape())
		for i := range slots {
			slots[i] = u.value()
		}
		return v
	case record:
		return u.record()
	}
	return Value{}
}

func (u *unpacker) record() Value {
	if len(u.records) == 0 {
		u.records = make([]fields, slabSize)
	}
	f := &u.records[0]
	u.records = u.records[1:]
	how := u.data[0]
	if u.data = u.data[1:]; how == shaped {
		f.shape = u.shape()
	}
	f.odd, f.text = how == odd, u.block()
	n := int(u.uvarint())
	if len(u.starts) < n {
		u.starts = make([]uint32, max(n, 8*slabSize))
	}
	starts := u.starts[:n]
	u.starts = u.starts[n:]
	at := int64(0)
	for i := range starts {
		at += u.varint()
		starts[i] = uint32(at)
	}
	f.starts, f.n = unsafe.SliceData(starts), uint32(n)
	return ofFields(f)
}

func (u *unpacker) shape() *Shape {
	if at := u.uvarint(); at > 0 {
		return u.shapes[at-1]
	}
	keys := make([]string, u.uvarint())
	for i := range keys {
		keys[i] = strings.Clone(u.block())
	}
	return NewShape(keys)
}

func (u *unpacker) time() time.Time {
	t := time.Unix(u.varint(), int64(u.uvarint()))
	if at := u.uvarint(); at > 0 {
		return t.In(u.zones[at-1])
	}
	name := u.block()
	return t.In(time.FixedZone(name, int(u.varint())))
}
