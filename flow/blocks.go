package flow

import "context"

// Blocks is a Source whose input falls into blocks that can be decoded apart from one another, as the lines of a file
// do. The runtime then decodes several at once, together with the operators behind it that look at one item alone, and
// hands the items on in the order of the input.
type Blocks interface {
	Source
	// Splits reports whether the input falls into blocks; else the source is Read.
	Splits() bool
	// ReadBlocks gives the blocks in order. Give may wait; its error ends the reading, as that of Emit does.
	ReadBlocks(ctx context.Context, give func(Block) error) error
}

// BlockSize is about how many bytes of a source's input make a block.
const BlockSize = 256 << 10

// Block is a part of a source's input. Decode emits its items in order; text that is no item goes to reject, whose
// error ends the decoding, as that of emit does. Several blocks are decoded at once, each by one goroutine.
type Block interface {
	Decode(emit Emit, reject func(it Item, err error) error) error
}

// Encoder is a Sink whose items become bytes apart from one another, all of them or those after the first. Where they
// come from blocks, the runtime encodes them as they are decoded, several blocks at once, and hands the bytes on in the
// order of the input.
type Encoder interface {
	Sink
	// Encodes reports whether items do become bytes apart from one another; else they are given to Write.
	Encodes() bool
	// Encode gives what appends an item's bytes, for one goroutine; an error of it is the item's own. It is nil as long
	// as the bytes depend on an item that was not written yet, as the columns of a table do on the first: meanwhile
	// items are given to Write. Several goroutines may call it at once, and beside Write.
	Encode() func(dst []byte, it Item) ([]byte, error)
	// WriteEncoded delivers bytes that Encode made of whole items, as Write does. The slice is the caller's again
	// afterwards.
	WriteEncoded(ctx context.Context, data []byte) error
}
