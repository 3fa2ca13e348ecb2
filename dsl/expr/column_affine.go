package expr

import "math"

// affine is what a run of additions and multiplications with constants makes of an int: a product and a sum, as long as the
// int is in bounds. Beyond them, some step may overflow.
type affine struct {
	of          *column // computes the int
	times, plus int64
	least, most int64 // those ints that no step overflows for
}

// affineOf gives the run of such steps that a column ends with; it may have none.
func affineOf(c *column) affine {
	a, ok := affine{of: c, times: 1, least: math.MinInt64, most: math.MaxInt64}, false
	inner, by := c.l, int64(0)
	switch {
	case c.op != colPlus && c.op != colMinus && c.op != colTimes:
	case c.r.op == colConstant:
		by, ok = c.r.with.Int(), true
	case c.l.op == colConstant:
		inner, by, ok = c.r, c.l.with.Int(), true
	}
	if !ok {
		return a
	}
	before := affineOf(inner)
	times, plus := int64(1), by
	switch {
	case c.op == colTimes:
		times, plus = by, 0
	case c.op == colMinus && inner == c.r: // from the constant
		times = -1
	case c.op == colMinus && by == math.MinInt64:
		return a
	case c.op == colMinus:
		plus = -by
	}
	if next, ok := before.then(times, plus); ok {
		return next
	}
	next, ok := affine{of: inner, times: 1, least: a.least, most: a.most}.then(times, plus)
	if !ok {
		return a
	}
	return next
}

// then adds a step; false where that cannot be done in the same go.
func (a affine) then(by, add int64) (affine, bool) {
	product, ok := times(a.times, by)
	moved, ok2 := times(a.plus, by)
	sum, ok3 := plus(moved, add)
	if a.times == 0 || a.times == math.MinInt64 || !ok || !ok2 || !ok3 {
		return a, false
	}
	// The ints that the steps before make something of that this one can take. Where a difference overflows, some of them
	// are left out.
	least, most := bounds(by, add)
	from, ok := minus(least, a.plus)
	if !ok {
		from = math.MinInt64
	}
	to, ok2 := minus(most, a.plus)
	if !ok2 {
		to = math.MaxInt64
	}
	if !ok && a.plus < 0 || !ok2 && a.plus > 0 || to == math.MinInt64 {
		return a, false
	}
	from = max(from, math.MinInt64+1)
	if a.times > 0 {
		from, to = -down(-from, a.times), down(to, a.times)
	} else {
		from, to = -down(to, -a.times), down(-from, -a.times)
	}
	a.times, a.plus, a.least, a.most = product, sum, max(a.least, from), min(a.most, to)
	return a, a.least <= a.most
}

// down divides by what is above 0, and rounds down.
func down(x, by int64) int64 {
	q := x / by
	if q*by > x {
		q--
	}
	return q
}

// bounds gives the ints that a step does not overflow for: x * by, x + add, or add - x.
func bounds(by, add int64) (least, most int64) {
	least, most = math.MinInt64, math.MaxInt64
	switch {
	case by == -1 && add < 0:
		most = add - math.MinInt64
	case by == -1:
		least = add - math.MaxInt64
	case by < -1:
		least, most = most/by, least/by
	case by > 1:
		least, most = least/by, most/by
	case by == 1 && add < 0:
		least -= add
	case by == 1:
		most -= add
	}
	return least, most
}

// into computes x as far as it is in bounds, and gives what comes of it. Out may be x.
func (a *affine) into(x, out []int64) []int64 {
	times, plus, least, span := a.times, a.plus, a.least, uint64(a.most)-uint64(a.least)
	out = out[:len(x)]
	for i, x := range x {
		if uint64(x-least) > span {
			return out[:i]
		}
		out[i] = x*times + plus
	}
	return out
}
