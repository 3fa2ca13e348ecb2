package value

import (
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// unread is an object or a list that is still the text it came from, known to be sound. Whoever looks into it first
// decodes it, one level deep; several goroutines may.
type unread struct {
	text string
	done atomic.Pointer[Value]
}

// fields is an object that is still the text it came from, known to be sound, with the place of each field's value in
// it. A field is decoded when somebody asks for it.
type fields struct {
	shape  *Shape
	text   string
	starts *uint32 // as many as the shape has keys
	done   atomic.Pointer[Value]
}

// decoders decode what is unread. They are kept, so that objects with the same keys share their shapes.
var decoders = sync.Pool{New: func() any { return &Decoder{Text: true} }}

func ofUnread(kind Kind, u *unread) Value {
	if kind == List {
		kind = unreadList
	} else {
		kind = unreadObject
	}
	return Value{kind: kind, p: unsafe.Pointer(u)}
}

func ofFields(f *fields) Value {
	return Value{kind: record, p: unsafe.Pointer(f), n: uint64(len(f.shape.keys))}
}

func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// read gives what an unread value is, decoding it if nobody has.
func (v Value) read() Value {
	u := (*unread)(v.p)
	if x := u.done.Load(); x != nil {
		return *x
	}
	x := decodeSound(u.text)
	u.done.Store(&x)
	return x
}

func decodeSound(text string) Value {
	d := decoders.Get().(*Decoder)
	x, err := d.Decode(bytesOf(text))
	decoders.Put(d)
	if err != nil {
		panic("value: text that was found to be sound is not: " + err.Error())
	}
	return x
}

// at gives the value of a field.
func (f *fields) at(slot int) Value {
	if x := f.done.Load(); x != nil {
		return x.List()[slot]
	}
	return valueAt(f.text, f.start(slot))
}

// start gives where the value of a field begins.
func (f *fields) start(slot int) int { return int(unsafe.Slice(f.starts, len(f.shape.keys))[slot]) }

// valueAt gives the value at i in a text that is known to be sound.
func valueAt(text string, i int) Value {
	data := bytesOf(text)
	switch c := data[i]; c {
	case '"':
		if end := plain(data, i+1); data[end] == '"' {
			return OfString(text[i+1 : end])
		}
		d := Decoder{data: data, pos: i}
		s, _ := d.str()
		return OfString(s)
	case '{':
		return ofUnread(Object, &unread{text: text[i:skip(data, i, 0)]})
	case '[':
		return ofUnread(List, &unread{text: text[i:skip(data, i, 0)]})
	case 't', 'f':
		return OfBool(c == 't')
	case 'n':
		return Value{}
	}
	v, _ := numberAt(data, i)
	return v
}

// all gives the values of all fields, and keeps them.
func (f *fields) all() []Value {
	if x := f.done.Load(); x != nil {
		return x.List()
	}
	slots := make([]Value, len(f.shape.keys))
	for i := range slots {
		slots[i] = f.at(i)
	}
	x := OfList(slots)
	f.done.Store(&x)
	return slots
}

// clone gives the same object in memory of its own.
func (f *fields) clone() *fields {
	starts := append([]uint32(nil), unsafe.Slice(f.starts, len(f.shape.keys))...)
	return &fields{shape: f.shape, text: strings.Clone(f.text), starts: unsafe.SliceData(starts)}
}
