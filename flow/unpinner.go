package flow

import "github.com/flowrun/flowrun/flow/value"

// Unpinner is for what holds items as they come. An item that is text holds the whole block of input that it came in, which
// is no matter where most of the block is held, and is where few items of many come: then it copies them. What is not copied
// is among neighbours that are a 32nd of a block together, at least. Its zero value is ready; it serves one goroutine.
type Unpinner struct {
	last  uintptr // where the item before stands
	bytes int     // of the neighbours up to that
}

// Unpin gives a value, or a copy of it.
func (u *Unpinner) Unpin(v value.Value) value.Value {
	const far, few = 16, BlockSize / 32
	at := v.Address()
	if at == 0 {
		return v
	}
	size := v.SizeUpTo(few)
	if d := int(at - u.last); d < -far*size || d > far*size {
		u.bytes = 0
	}
	u.last = at
	if u.bytes += size; u.bytes > few {
		return v
	}
	return v.Clone()
}
