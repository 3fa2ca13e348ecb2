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
	shape  *Shape // nil where the keys were not followed: they stand before the values
	text   string
	starts *uint32
	n      uint32 // how many
	odd    bool   // some keys may not be written as they read; of no meaning where there is a shape
	twice  bool   // a key came twice: what follows a value need not be the next field
	done   atomic.Pointer[asked]
}

// asked is what somebody asked a record for: the shape, the values of all fields, or the objects and lists of some.
type asked struct {
	object
	nested *nested
}

// nested is an object or a list in a record, kept so that whoever asks for it again gets the same, decoded or not.
type nested struct {
	unread
	slot int
	next *nested
}

// decoders decode what is unread. They are kept, so that objects with the same keys share their shapes.
var decoders = sync.Pool{New: func() any { return &Decoder{Text: true, sound: true} }}

func ofUnread(kind Kind, u *unread) Value {
	if kind == List {
		kind = unreadList
	} else {
		kind = unreadObject
	}
	return Value{kind: kind, p: unsafe.Pointer(u)}
}

func ofFields(f *fields) Value {
	return Value{kind: record, p: unsafe.Pointer(f), n: uint64(f.n)}
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
	if o := f.done.Load(); o != nil && o.slots != nil {
		return o.slots[slot]
	}
	i := f.start(slot)
	if c := f.text[i]; c == '{' || c == '[' {
		return f.within(slot, i)
	}
	return valueAt(f.text, i)
}

// manyNested is how many objects and lists of a record are kept one by one. Whoever asks for more of them mostly asks for all,
// and would search all those before for each.
const manyNested = 16

// within gives the object or the list at i, that of a slot.
func (f *fields) within(slot, i int) Value {
	kind := List
	if f.text[i] == '{' {
		kind = Object
	}
	made := &struct {
		asked
		nested
	}{}
	before := f.done.Load()
	if before != nil {
		others := 0
		for n := before.nested; n != nil; n = n.next {
			if n.slot == slot {
				return ofUnread(kind, &n.unread)
			}
			others++
		}
		if others >= manyNested {
			return f.all()[slot]
		}
		made.object, made.next = before.object, before.nested
	}
	made.text, made.slot = f.text[i:f.end(slot)], slot
	made.asked.nested = &made.nested
	f.done.CompareAndSwap(before, &made.asked) // who was slower than another is not kept
	return ofUnread(kind, &made.unread)
}

// start gives where the value of a field begins.
func (f *fields) start(slot int) int { return int(f.places()[slot]) }

// valueAt gives the value at i in a text that is known to be sound.
func valueAt(text string, i int) Value {
	data := bytesOf(text)
	switch c := data[i]; c {
	case '"':
		if end, _ := plain(data, i+1); data[end] == '"' {
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

// places gives the starts of the values.
func (f *fields) places() []uint32 { return unsafe.Slice(f.starts, f.n) }

// all gives the values of all fields, and keeps them.
func (f *fields) all() []Value {
	o := f.done.Load()
	if o != nil && o.slots != nil {
		return o.slots
	}
	slots := make([]Value, f.n)
	for i := range slots {
		slots[i] = valueAt(f.text, f.start(i))
	}
	made := &asked{object: object{slots: slots}}
	if o != nil {
		made.shape = o.shape
		for n := o.nested; n != nil; n = n.next {
			slots[n.slot].p = unsafe.Pointer(&n.unread)
		}
	}
	f.done.Store(made)
	return slots
}

// clone gives the same object in memory of its own.
func (f *fields) clone() *fields {
	starts := append([]uint32(nil), f.places()...)
	return &fields{shape: f.shape, text: strings.Clone(f.text), starts: unsafe.SliceData(starts), n: f.n, odd: f.odd, twice: f.twice}
}
