package operators

// lots is a list of lots of several elements each, which grows by blocks: nothing is copied for it, but while it is small.
type lots[T any] struct {
	each   int // elements of a lot
	blocks [][]T
	n      int
}

const lotsBlock = 1 << 9 // lots of a block

// at gives the elements of a lot, until the next is added.
func (l *lots[T]) at(i int) []T {
	from := i % lotsBlock * l.each
	return l.blocks[i/lotsBlock][from : from+l.each : from+l.each]
}

// add adds a lot of zeros.
func (l *lots[T]) add() []T {
	at := l.n / lotsBlock
	if at == len(l.blocks) {
		var block []T
		if at > 0 { // the first grows
			block = make([]T, 0, lotsBlock*l.each)
		}
		l.blocks = append(l.blocks, block)
	}
	block := &l.blocks[at]
	size := len(*block) + l.each
	if cap(*block) < size {
		grown := make([]T, len(*block), min(max(2*len(*block), size), lotsBlock*l.each))
		copy(grown, *block)
		*block = grown
	}
	*block = (*block)[:size]
	l.n++
	return l.at(l.n - 1)
}
