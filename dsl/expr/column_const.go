package expr

import (
	"math"
	"math/bits"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// intTest is a comparison of an int, or of what is left of it in a division, with a constant. It holds where what is
// computed of the int is between bounds: of the bits under a mask, or of the bits of a product, turned.
type intTest struct {
	least int64
	span  uint64 // how far from least to the upper bound
	mask  int64

	divides     bool // it is
	times, plus uint64
	turn        int // to the left
}

// not gives the opposite test.
func (t intTest) not() intTest {
	if t.span == math.MaxUint64 { // it always holds
		return intTest{least: 1}
	}
	t.least, t.span = t.least+int64(t.span)+1, math.MaxUint64-t.span-1
	return t
}

// bools tests a column.
func (t *intTest) bools(x []int64, out []bool) []bool {
	out = out[:len(x)]
	least, span := uint64(t.least), t.span
	if t.divides {
		times, plus, turn := t.times, t.plus, t.turn
		for i, a := range x {
			out[i] = bits.RotateLeft64(uint64(a)*times+plus, turn)-least <= span
		}
		return out
	}
	mask := t.mask
	for i, a := range x {
		out[i] = uint64(a&mask)-least <= span
	}
	return out
}

// keepByInts gives those of the items for which the test of x holds.
func keepByInts[T any](t *intTest, x []int64, items, out []T) []T {
	items = items[:len(x)]
	at, least, span := 0, uint64(t.least), t.span
	if t.divides {
		times, plus, turn := t.times, t.plus, t.turn
		for i, a := range x {
			out[at] = items[i]
			if bits.RotateLeft64(uint64(a)*times+plus, turn)-least <= span {
				at++
			}
		}
		return out[:at]
	}
	mask := t.mask
	for i, a := range x {
		out[at] = items[i]
		if uint64(a&mask)-least <= span {
			at++
		}
	}
	return out[:at]
}

// intTest gives the test that a condition is, and what is tested; false where it is none.
func (c *column) intTest(like *flow.Column) (of *column, t intTest, ok bool) {
	switch c.op {
	case colNot:
		of, t, ok = c.l.intTest(like)
		return of, t.not(), ok
	case colAmong:
		first, last := c.among[0], c.among[len(c.among)-1]
		span := uint64(last) - uint64(first)
		return c.l, intTest{mask: -1, least: first, span: span}, span == uint64(len(c.among))-1
	case colCompare:
	default:
		return nil, t, false
	}
	of, with, orders, ok := c.constantly()
	if !ok || of.kind(like) != value.Int {
		return nil, t, false
	}
	k, whole := with.Int(), with.IsInt()
	if !whole {
		floor := math.Floor(with.Float())
		k, whole = int64(floor), floor == with.Float()
	}
	t = intTest{mask: -1, least: math.MinInt64}
	switch orders {
	case same, less | greater:
		t.least = k
		if !whole {
			t = intTest{least: 1} // it never holds
		} else if of.op == colModulo && of.r.op == colConstant && of.r.with.Int() != 0 {
			by := divisorOf(of.r.with.Int())
			of, t = of.l, by.leaving(k)
		}
		if orders != same {
			t = t.not()
		}
	case less, greater | same:
		if whole {
			if k == math.MinInt64 {
				t = intTest{least: 1}
			} else {
				t.span = uint64(k-1) - uint64(t.least)
			}
		} else {
			t.span = uint64(k) - uint64(t.least)
		}
		if orders != less {
			t = t.not()
		}
	default:
		t.span = uint64(k) - uint64(t.least)
		if orders == greater {
			t = t.not()
		}
	}
	return of, t, true
}

// constantly gives the parts of a comparison with a constant, as if that were on the right.
func (c *column) constantly() (of *column, with value.Value, orders uint8, ok bool) {
	switch orders = c.is.orders; {
	case c.r.op == colConstant:
		return c.l, c.r.with, orders, true
	case c.l.op == colConstant:
		return c.r, c.l.with, mirrored(orders), true
	}
	return nil, with, 0, false
}

// floatTest is a comparison of a float with a constant. It holds where the float is between bounds, or is not.
type floatTest struct {
	least, most float64
	not         bool
}

// floatTest gives the test that a condition is, and what is tested; false where it is none.
func (c *column) floatTest(like *flow.Column) (of *column, t floatTest, ok bool) {
	if c.op == colNot {
		of, t, ok = c.l.floatTest(like)
		t.not = !t.not
		return of, t, ok
	}
	if c.op != colCompare {
		return nil, t, false
	}
	of, with, orders, ok := c.constantly()
	k := with.Float()
	if !ok || of.kind(like) != value.Float || math.IsInf(k, 0) || math.IsNaN(k) {
		return nil, t, false
	}
	t = floatTest{least: k, most: k, not: orders == less|greater}
	switch orders {
	case less:
		t.most = math.Nextafter(k, math.Inf(-1))
	case greater:
		t.least = math.Nextafter(k, math.Inf(1))
	}
	switch orders {
	case less, less | same:
		t.least = math.Inf(-1)
	case greater, greater | same:
		t.most = math.Inf(1)
	}
	return of, t, true
}

// holds gives 1 where the test does.
func (t floatTest) holds(x float64) uint8 { return bit(x >= t.least)&bit(x <= t.most) ^ bit(t.not) }

// bools tests a column.
func (t floatTest) bools(x []float64, out []bool) []bool {
	out = out[:len(x)]
	for i, a := range x {
		out[i] = t.holds(a) != 0
	}
	return out
}

// keepByFloats gives those of the items for which the test of x holds.
func keepByFloats[T any](t *floatTest, x []float64, items, out []T) []T {
	items = items[:len(x)]
	at, test := 0, *t
	for i, a := range x {
		out[at] = items[i]
		at += int(test.holds(a))
	}
	return out[:at]
}
