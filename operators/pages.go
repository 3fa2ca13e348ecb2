package operators

// pages is bytes in the order in which they came. Room for more grows by pages, so that none are copied for it.
type pages [][]byte

const mostPage = 1 << 16 // bytes

// room gives the number of a page, the last, that has room for so many bytes more.
func (p *pages) room(size int) int {
	last := len(*p) - 1
	if last >= 0 {
		page := (*p)[last]
		if cap(page)-len(page) >= size {
			return last
		}
		size = max(size, min(2*cap(page), mostPage)) // the first few are small
	}
	*p = append(*p, make([]byte, 0, size))
	return last + 1
}
