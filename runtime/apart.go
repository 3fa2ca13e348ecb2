package runtime

import "github.com/flowrun/flowrun/flow"

// Items that are text refer to the block of input that they came in: whoever holds one of them holds 256 KiB. That is no
// matter where most of a block goes the same way. Where little of it does, as behind a filter that few pass, or a map that
// takes one field of long records, what is left is copied before it is handed on, so that channels and steps hold no more
// than they say. The copies are a small part of the work that was done on the items before. Where items go one by one, a
// flow.Unpinner sees to that.

// thin is which part of what came in is little.
const thin = 16

// bytesOf estimates the bytes of items by the first of them.
func bytesOf(items []flow.Item) int {
	if len(items) == 0 {
		return 0
	}
	return len(items) * items[0].Value.Size()
}

// apart gives items memory of their own.
func apart(items []flow.Item) {
	for i := range items {
		items[i].Value = items[i].Value.Clone()
	}
}

// thin is apart of what came out of a part, where it is little of a block, or of the items that came over an edge.
func (p *part) thin() {
	few := flow.BlockSize / thin
	if len(p.in) > 0 {
		few = bytesOf(p.in) / thin
	}
	bytes := 0
	for i := range p.out {
		if bytes += p.out[i].Value.SizeUpTo(few - bytes); bytes > few {
			return
		}
	}
	apart(p.out)
}
