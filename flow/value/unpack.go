package value

import (
	"encoding/binary"
	"math"
	"strings"
	"time"
	"unsafe"
)

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
		return ofFields(u.fields())
	case altered:
		return u.patched()
	}
	return Value{}
}

func (u *unpacker) flags() byte {
	b := u.data[0]
	u.data = u.data[1:]
	return b
}

func (u *unpacker) fields() *fields {
	if len(u.records) == 0 {
		u.records = make([]fields, slabSize)
	}
	f := &u.records[0]
	u.records = u.records[1:]
	flags := u.flags()
	if flags&hasShape != 0 {
		f.shape = u.shape()
	}
	f.odd, f.twice, f.text = flags&isOdd != 0, flags&hasTwice != 0, u.block()
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
	return f
}

func (u *unpacker) patched() Value {
	a := &patched{of: u.fields(), plan: &plan{}}
	if u.flags()&hasShape != 0 {
		a.plan.shape = u.shape()
	}
	a.plan.from = make([]int32, u.uvarint())
	for i := range a.plan.from {
		a.plan.from[i] = int32(u.varint())
	}
	a.own = make([]Value, u.uvarint())
	for i := range a.own {
		if a.own[i] = u.value(); a.plan.shape == nil {
			a.plan.own = append(a.plan.own, u.block())
		}
	}
	return Value{kind: altered, p: unsafe.Pointer(a), n: uint64(len(a.plan.from))}
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
