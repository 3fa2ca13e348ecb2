package value

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// unread is an object or a list that is still the text it came from, known to be sound. Whoever looks into it first
// decodes it, one level deep; several goroutines may.
type unread struct {
	text string
	done atomic.Pointer[object]
}

// decoders decode what is unread. They are kept, so that objects with the same keys share their shapes.
var decoders = sync.Pool{New: func() any { return &Decoder{Text: true} }}

func ofUnread(kind Kind, u *unread) Value {
	if kind == List {
		return Value{kind: unreadList, p: unsafe.Pointer(u)}
	}
	return Value{kind: unreadObject, p: unsafe.Pointer(u)}
}

func (v Value) unread() *unread { return (*unread)(v.p) }

// read gives the body, decoding it if nobody has. The elements of a list stand in the slots.
func (u *unread) read() *object {
	if o := u.done.Load(); o != nil {
		return o
	}
	d := decoders.Get().(*Decoder)
	v, err := d.Decode(unsafe.Slice(unsafe.StringData(u.text), len(u.text)))
	decoders.Put(d)
	if err != nil {
		panic("value: text that was found to be sound is not: " + err.Error())
	}
	o := &object{slots: v.List()}
	if v.kind == Object {
		o = v.object()
	}
	u.done.Store(o)
	return o
}

// moved gives v with its spans of the text from turned to spans of the text to, which is a copy of it. Anything else
// is cloned.
func (v Value) moved(from, to string) Value {
	switch v.kind {
	case String, number:
		if s, ok := within(v.text(), from, to); ok {
			return Value{kind: v.kind, p: unsafe.Pointer(unsafe.StringData(s)), n: v.n}
		}
	case unreadObject, unreadList:
		if s, ok := within(v.unread().text, from, to); ok {
			return Value{kind: v.kind, p: unsafe.Pointer(&unread{text: s})}
		}
	}
	return v.Clone()
}

// within gives the part of to that s is of from.
func within(s, from, to string) (string, bool) {
	start := uintptr(unsafe.Pointer(unsafe.StringData(from)))
	at := uintptr(unsafe.Pointer(unsafe.StringData(s))) - start // wraps where s begins before
	if len(s) == 0 || at > uintptr(len(from)) || at+uintptr(len(s)) > uintptr(len(from)) {
		return "", false
	}
	return to[at : at+uintptr(len(s))], true
}
