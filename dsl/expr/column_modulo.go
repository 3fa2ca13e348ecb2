package expr

import (
	"math"
	"math/bits"
)

// divisor divides by a constant without a division. Of a power of two it is a mask. Of others, the quotient is the upper
// part of a product with what is the inverse, rounded up: H. S. Warren, "Hacker's Delight", 10-9, for 63 bits and a sign.
type divisor struct {
	by      uint64 // its magnitude; 0 divides nothing
	power   bool   // it is a power of two
	inverse uint64 // unless it is
	shift   int    // of the upper part
}

func divisorOf(by int64) divisor {
	d := divisor{by: magnitude(by)}
	switch {
	case d.by == 0:
	case d.by&(d.by-1) == 0:
		d.power = true
	default:
		d.shift = bits.Len64(d.by) - 1
		q, _ := bits.Div64(1<<d.shift, 0, d.by)
		d.inverse = q + 1
	}
	return d
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// remainders divides a column, and gives what is left. Out may be x.
func (d *divisor) remainders(x, out []int64) []int64 {
	out = out[:len(x)]
	switch {
	case d.by == 0:
		return out[:0]
	case d.power:
		mask := int64(d.by - 1)
		for i, a := range x {
			sign := a >> 63
			out[i] = ((a + sign&mask) & mask) - sign&mask
		}
		return out
	}
	by, inverse, shift := d.by, d.inverse, d.shift&63
	for i, a := range x {
		sign := uint64(a >> 63)
		u := uint64(a) ^ sign - sign
		hi, _ := bits.Mul64(u, inverse)
		out[i] = int64((u - hi>>shift*by) ^ sign - sign)
	}
	return out
}

// leaving gives the test whether so much is left of an int that is divided.
func (d *divisor) leaving(rest int64) intTest {
	switch {
	case magnitude(rest) >= d.by: // never
		return intTest{least: 1}
	case d.power && rest == 0:
		return intTest{mask: int64(d.by - 1)}
	case d.power && rest > 0:
		return intTest{mask: int64(d.by-1) | math.MinInt64, least: rest}
	case d.power:
		return intTest{mask: int64(d.by-1) | math.MinInt64, least: (rest + int64(d.by)) | math.MinInt64}
	}
	// A product with the inverse of the divisor's odd part gives the quotient of what it divides, and of nothing else one so
	// small: T. Granlund, P. L. Montgomery, "Division by Invariant Integers using Multiplication", 1994, section 9.
	zeros := bits.TrailingZeros64(d.by)
	odd := d.by >> zeros
	inverse := odd
	for range 5 {
		inverse *= 2 - odd*inverse
	}
	t := intTest{divides: true, times: inverse, turn: 64 - zeros}
	switch {
	case rest == 0:
		most := math.MaxInt64 / d.by
		t.plus, t.span = most<<zeros, 2*most
	case rest > 0:
		t.plus, t.span = -uint64(rest)*inverse, (math.MaxInt64-uint64(rest))/d.by
	default:
		t.times, t.plus, t.span = -inverse, uint64(rest)*inverse, (1<<63-magnitude(rest))/d.by
	}
	return t
}
