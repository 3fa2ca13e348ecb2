package operators

// series grows by blocks: nothing is copied for it, but while it is small. Where T has no pointers, the garbage collector has
// nothing to do with it, however long it is.
type series[T any] struct {
	blocks [][]T
	n      int
}

const seriesBlock = 1 << 10 // elements of a block

// at gives an element, until the next is added.
func (l *series[T]) at(i int) *T { return &l.blocks[uint(i)/seriesBlock][uint(i)%seriesBlock] }

// add adds an element, zero.
func (l *series[T]) add() *T {
	last := l.n / seriesBlock
	if last == len(l.blocks) {
		var block []T
		if last > 0 { // the first grows
			block = make([]T, 0, seriesBlock)
		}
		l.blocks = append(l.blocks, block)
	}
	block := &l.blocks[last]
	size := len(*block) + 1
	if cap(*block) < size {
		grown := make([]T, len(*block), min(2*size, seriesBlock))
		copy(grown, *block)
		*block = grown
	}
	*block = (*block)[:size]
	l.n++
	return &(*block)[size-1]
}
