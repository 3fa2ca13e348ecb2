package value

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// marks finds where the cells of rows end, 64 bytes at a time, by arithmetic on words of which each bit stands for a byte,
// as "Parsing Gigabytes of JSON per Second" (Langdale, Lemire, 2019) does for JSON. It ends before a quote that no cell
// may have there.
type marks struct {
	comma  byte
	over   bool   // nothing more is found
	wrong  bool   // since a row is wrong
	pos    int    // of the text that was looked at
	since  int    // there is no quote from here
	quote  int    // to here
	inside uint64 // all ones within quotes
	opens  uint64 // 1 where a quote at pos would begin a cell, or be the second of a pair
	closed uint64 // 1 where the byte before pos is a quote that ends a cell, or is the first of a pair
}

// markedAtOnce is how many ends are found at once, at most.
const markedAtOnce = 64

// next notes the positions after the delimiters and the line ends of the next 64 bytes, as far as they end cells, and
// gives how many there are; -1 where it has come to the end of the text, or to a row that is wrong.
func (m *marks) next(data []byte, to *[markedAtOnce]uint32) int {
	if m.over || m.pos >= len(data) {
		return -1
	}
	var padded [64]byte
	found := m.find(data, m.block(data, &padded))
	n := 0
	for at := uint32(m.pos) + 1; found != 0; found &= found - 1 {
		to[n&63] = at + uint32(bits.TrailingZeros64(found))
		n++
	}
	m.pos += 64
	return n
}

// WholeRows gives the length of the whole rows that data begins with, as far as none is wrong, and whether none is: else
// it may be that of fewer of them.
func WholeRows(data []byte, comma byte) (end int, sound bool) {
	m := marks{comma: comma, opens: 1}
	var padded [64]byte
	for !m.over && m.pos < len(data) {
		if bare := (m.quote - m.pos) &^ 63; bare > 0 {
			m.pos += bare
			last := data[m.pos-1]
			m.opens = 0
			if last == comma || last == '\n' {
				m.opens = 1
			}
			continue
		}
		inside := m.inside
		if m.find(data, m.block(data, &padded)); m.wrong {
			data, m.inside = data[:m.pos], inside
			break
		}
		m.pos += 64
	}
	return lastEnd(data, m.inside != 0), !m.wrong
}

// lastEnd gives the position after the last line end that is not within quotes, of a text of which is known whether its end
// is.
func lastEnd(data []byte, inside bool) int {
	for {
		i := bytes.LastIndexByte(data, '\n')
		if i < 0 {
			return 0
		}
		if inside = inside != (bytes.Count(data[i:], quoteMark)&1 != 0); !inside {
			return i + 1
		}
		data = data[:i]
	}
}

var quoteMark = []byte{'"'}

// block gives the next 64 bytes; past the end of the text, they are no delimiters.
func (m *marks) block(data []byte, padded *[64]byte) *[64]byte {
	if m.pos+64 <= len(data) {
		return (*[64]byte)(data[m.pos:])
	}
	for i := copy(padded[:], data[m.pos:]); i < len(padded); i++ {
		padded[i] = '\r'
	}
	m.over = true
	return padded
}

// find gives the delimiters and line ends of the next 64 bytes, as far as they end cells.
func (m *marks) find(data []byte, block *[64]byte) uint64 {
	found := which(block, m.comma, '\n')
	if m.pos+64 > m.quote {
		return m.unquoted(data, block, found)
	}
	m.opens = found >> 63
	return found
}

// unquoted leaves those delimiters and line ends that stand in no quotes.
func (m *marks) unquoted(data []byte, block *[64]byte, found uint64) uint64 {
	quotes := equal(block, '"')
	if quotes == 0 && m.inside == 0 && m.closed == 0 {
		m.opens = found >> 63
		m.seek(data)
		return found
	}
	in := quotes // from a quote that opens up to the one that closes
	in ^= in << 1
	in ^= in << 2
	in ^= in << 4
	in ^= in << 8
	in ^= in << 16
	in ^= in << 32
	in ^= m.inside
	opening, closing := quotes&in, quotes&^in
	found &^= in
	wrong := opening &^ (found<<1 | closing<<1 | m.opens)
	for after := (closing<<1 | m.closed) &^ (found | opening); after != 0; after &= after - 1 {
		i := m.pos + bits.TrailingZeros64(after)
		if i+1 >= len(data) || data[i] != '\r' || data[i+1] != '\n' {
			wrong |= after & -after
		}
	}
	if wrong != 0 {
		m.over, m.wrong = true, true
		return found & (wrong&-wrong - 1)
	}
	m.inside = uint64(int64(in) >> 63)
	m.opens, m.closed = (found|closing)>>63, closing>>63
	if m.inside|m.closed == 0 {
		m.seek(data)
	}
	return found
}

// seek finds the next quote after the 64 bytes at work.
func (m *marks) seek(data []byte) {
	m.since, m.quote = min(m.pos+64, len(data)), len(data)
	if next := m.pos + 64; next < len(data) {
		if i := bytes.IndexByte(data[next:], '"'); i >= 0 {
			m.quote = next + i
		}
	}
}

// which gives a bit for each byte that is one of two.
func which(block *[64]byte, a, b byte) uint64 {
	as, bs := ones*uint64(a), ones*uint64(b)
	return which8(block, 0, as, bs) | which8(block, 8, as, bs)<<8 | which8(block, 16, as, bs)<<16 | which8(block, 24, as, bs)<<24 |
		which8(block, 32, as, bs)<<32 | which8(block, 40, as, bs)<<40 | which8(block, 48, as, bs)<<48 | which8(block, 56, as, bs)<<56
}

// which8 gives a bit for each of the eight bytes from i on that is the byte of a, or of b.
func which8(block *[64]byte, i int, a, b uint64) uint64 {
	const low, gather = ones * 0x7f, 0x0002040810204081
	word := binary.LittleEndian.Uint64(block[i:])
	x, y := word^a, word^b
	none := ((x&low + low) | x) & ((y&low + low) | y) // its high bits: neither
	return (^none & highs) * gather >> 56
}

// equal gives a bit for each byte that is c.
func equal(block *[64]byte, c byte) uint64 {
	cs := ones * uint64(c)
	return equal8(block, 0, cs) | equal8(block, 8, cs)<<8 | equal8(block, 16, cs)<<16 | equal8(block, 24, cs)<<24 |
		equal8(block, 32, cs)<<32 | equal8(block, 40, cs)<<40 | equal8(block, 48, cs)<<48 | equal8(block, 56, cs)<<56
}

// equal8 gives a bit for each of the eight bytes from i on that is the byte of c.
func equal8(block *[64]byte, i int, c uint64) uint64 {
	const low, gather = ones * 0x7f, 0x0002040810204081
	x := binary.LittleEndian.Uint64(block[i:]) ^ c
	return (^(x&low + low | x) & highs) * gather >> 56
}
