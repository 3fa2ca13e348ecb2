package value

import "unsafe"

// Address gives where in memory the text stands that v is, or that the first part of it is that is text; 0 where there is
// none among its first parts. Of two values whose addresses are close, the texts are likely parts of one buffer.
func (v Value) Address() uintptr {
	switch v.kind {
	case String, Bytes, number:
		return uintptr(v.p)
	case record:
		return addressOf((*fields)(v.p).text)
	case altered:
		return addressOf((*patched)(v.p).of.text)
	case unreadList, unreadObject:
		return addressOf((*unread)(v.p).text)
	case row, cellList:
		l, at := v.rowOf()
		return addressOf(l.span(at))
	case List:
		return addressIn(v.List())
	case Object:
		return addressIn((*object)(v.p).slots)
	}
	return 0
}

func addressOf(text string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(text))) }

// addressIn looks at so few parts that it costs next to nothing.
func addressIn(parts []Value) uintptr {
	for _, x := range parts[:min(len(parts), 8)] {
		if at := x.Address(); at != 0 {
			return at
		}
	}
	return 0
}
