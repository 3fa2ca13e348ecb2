package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// unpinner is for what holds items as they come. An item that is text holds the whole block of input that it came in, which
// is no matter where most of the block is held, and is where few items of many come: then it copies them. What is not copied
// is among neighbours that are a 32nd of a block together, at least.
type unpinner struct {
	last  uintptr // where the item before stands
	bytes int64   // of the neighbours up to that
}

// unpin gives a value of so many bytes, or a copy of it.
func (u *unpinner) unpin(v value.Value, size int64) value.Value {
	const far, few = 16, flow.BlockSize / 32
	at := v.Address()
	if at == 0 {
		return v
	}
	if d := int64(at - u.last); d < -far*size || d > far*size {
		u.bytes = 0
	}
	u.last = at
	if u.bytes += size; u.bytes > few {
		return v
	}
	return v.Clone()
}
