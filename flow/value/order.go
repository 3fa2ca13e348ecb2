package value

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Equal reports whether a and b are the same datum: numbers by what they are worth, whatever their kind (integers
// exactly, also beyond 64 bits; JSON's 0.1 as the nearest float, which 0.10 and 1e-1 are, too); objects by their fields,
// in any order. Unlike kinds are never equal.
func Equal(a, b Value) bool {
	if a.kind == String && b.kind == String {
		return a.text() == b.text()
	}
	return Compare(a, b) == 0
}

// Compare orders all values: first by kind, in the order of the kinds, with all numbers as one; then by what they hold.
// Objects compare by their sorted keys, then by the values in that order. NaN comes before all numbers.
func Compare(a, b Value) int {
	if a.IsNumber() && b.IsNumber() {
		return compareNumbers(a, b)
	}
	ka, kb := a.Kind(), b.Kind()
	if ka != kb {
		return cmp.Compare(ka, kb)
	}
	switch ka {
	case Bool:
		return cmp.Compare(a.n, b.n)
	case String:
		return strings.Compare(a.text(), b.text())
	case Bytes:
		return bytes.Compare(a.Bytes(), b.Bytes())
	case Time:
		return a.Time().Compare(b.Time())
	case Duration:
		return cmp.Compare(int64(a.n), int64(b.n))
	case List:
		return slices.CompareFunc(a.List(), b.List(), Compare)
	case Object:
		ia, ib := sortedKeys(a), sortedKeys(b)
		ka, kb := a.Shape().keys, b.Shape().keys
		if c := slices.CompareFunc(ia, ib, func(i, j int) int { return strings.Compare(ka[i], kb[j]) }); c != 0 {
			return c
		}
		for k := range ia {
			if c := Compare(a.At(ia[k]), b.At(ib[k])); c != 0 {
				return c
			}
		}
	}
	return 0
}

// sortedKeys gives the slots of an object in the order of their keys.
func sortedKeys(v Value) []int {
	keys := v.Shape().keys
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return keys[order[i]] < keys[order[j]] })
	return order
}

// worth gives the number that v is worth as an Int or a Float, or as the text of an integer beyond 64 bits. A number
// that came as text with a point or an exponent is worth the nearest float, as it is when computed with; one without is
// exact.
func worth(v Value) Value {
	if v.kind != number {
		return v
	}
	switch text := v.text(); {
	case text == "-0":
		return OfInt(0)
	case !isInteger(text):
		return OfFloat(v.Float())
	}
	return v
}

func compareNumbers(a, b Value) int {
	a, b = worth(a), worth(b)
	switch {
	case a.kind == Int && b.kind == Int:
		return cmp.Compare(int64(a.n), int64(b.n))
	case a.kind == Float && b.kind == Float:
		return cmp.Compare(a.Float(), b.Float())
	case a.kind == number:
		return compareBig(a.text(), b)
	case b.kind == number:
		return -compareBig(b.text(), a)
	case a.kind == Int:
		return -compareFloatInt(b.Float(), int64(a.n))
	}
	return compareFloatInt(a.Float(), int64(b.n))
}

// compareFloatInt compares without rounding the integer.
func compareFloatInt(f float64, i int64) int {
	switch {
	case math.IsNaN(f):
		return -1
	case f >= 1<<63:
		return 1
	case f < -(1 << 63):
		return -1
	}
	whole := math.Trunc(f)
	if c := cmp.Compare(int64(whole), i); c != 0 {
		return c
	}
	return cmp.Compare(f, whole)
}

// compareBig compares an integer beyond 64 bits with any other plain number.
func compareBig(text string, v Value) int {
	sign := 1
	if text[0] == '-' {
		sign, text = -1, text[1:]
	}
	other := ""
	switch f := v.Float(); {
	case v.kind == Int:
		return sign
	case v.kind == number:
		other = v.text()
	case math.IsNaN(f):
		return 1
	case math.IsInf(f, 0):
		return cmp.Compare(0, f)
	case isBig(f):
		other = digits(f)
	default:
		return sign
	}
	if (other[0] == '-') != (sign < 0) {
		return sign
	}
	other = strings.TrimPrefix(other, "-")
	return sign * cmp.Or(cmp.Compare(len(text), len(other)), strings.Compare(text, other))
}

// isBig reports whether a float is an integer beyond 64 bits.
func isBig(f float64) bool { return (f >= 1<<63 || f < -(1<<63)) && !math.IsInf(f, 0) }

// digits gives all the digits of a float that is an integer.
func digits(f float64) string { return strconv.FormatFloat(f, 'f', 0, 64) }

// Rank gives a number that is no greater for a than for b wherever Compare puts a first: comparing ranks decides most
// comparisons of a sort at the cost of one of integers, and Compare the others.
func Rank(v Value) uint64 {
	const kindBits = 4
	kind, rest := v.Kind(), uint64(0)
	switch kind {
	case Bool:
		rest = v.n << 63
	case Int, Float:
		kind, rest = Int, rankOfFloat(v.Float())
	case String, Bytes:
		rest = firstBytes(v.text())
	case Time:
		rest = rankOfInt(v.Time().Unix())
	case Duration:
		rest = rankOfInt(int64(v.n))
	case List:
		if items := v.List(); len(items) > 0 {
			rest = Rank(items[0])
		}
	}
	return uint64(kind)<<(64-kindBits) | rest>>kindBits
}

// rankOfFloat keeps the order of floats; NaN is first, and both zeros are one.
func rankOfFloat(f float64) uint64 {
	const sign = 1 << 63
	switch bits := math.Float64bits(f); {
	case f == 0:
		return sign
	case math.IsNaN(f):
		return 0
	case bits&sign != 0:
		return ^bits
	default:
		return bits | sign
	}
}

func rankOfInt(i int64) uint64 { return uint64(i) ^ 1<<63 }

// firstBytes gives the first eight bytes of a text, zeros where it is shorter.
func firstBytes(s string) uint64 {
	n := uint64(0)
	for i := range min(len(s), 8) {
		n |= uint64(s[i]) << (56 - 8*i)
	}
	return n
}
