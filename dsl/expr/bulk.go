package expr

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Loops gives what goes through many ints faster than by a call for each. What is no int, or overflows, it leaves to
// the functions for one item.
func (e *expression) Loops() (filter, each flow.Loop, fold func(*flow.Scope, []flow.Item) int) {
	switch {
	case e.within != nil:
		filter = e.within.filter(e.test)
	case e.ints != nil && e.ints.base.place == item:
		each = e.ints.each(e.code)
	case e.pair != nil:
		each, fold = e.pair.each(e.code), e.pair.fold()
	}
	return filter, each, fold
}

// within is the comparison of the item, or of arithmetic on it, with a constant int.
type within struct {
	op   *comparison
	ints *ints
	with int64
}

//go:noinline
func (c *within) filter(test test) flow.Loop {
	if by, ok := c.ints.modulus(); ok {
		return c.filterModulo(by, test)
	}
	return func(s *flow.Scope, items, out []flow.Item) (int, []flow.Item, error) {
		for i := range items {
			it := &items[i]
			if it.Value.IsInt() {
				if x, ok := c.ints.run(it.Value.Int()); ok {
					if c.op.holdsInt(x, c.with) {
						out = append(out, *it)
					}
					continue
				}
			}
			ok, err := test(s.Set(*it))
			if err != nil {
				return i, out, err
			}
			if ok {
				out = append(out, *it)
			}
		}
		return len(items), out, nil
	}
}

// filterModulo is the filter for it % by; by is 0 where it is of the item itself.
//
//go:noinline
func (c *within) filterModulo(by int64, test test) flow.Loop {
	op, with := c.op, c.with
	return func(s *flow.Scope, items, out []flow.Item) (int, []flow.Item, error) {
		for i := range items {
			it := &items[i]
			if it.Value.IsInt() {
				x := it.Value.Int()
				if by != 0 {
					x = modulo64(x, by)
				}
				if op.holdsInt(x, with) {
					out = append(out, *it)
				}
				continue
			}
			ok, err := test(s.Set(*it))
			if err != nil {
				return i, out, err
			}
			if ok {
				out = append(out, *it)
			}
		}
		return len(items), out, nil
	}
}

// modulus gives what the only step divides by, 0 where there are no steps.
func (a *ints) modulus() (int64, bool) {
	switch {
	case len(a.steps) == 0:
		return 0, true
	case len(a.steps) == 1 && a.steps[0].op == moduloBy:
		return a.steps[0].by, true
	}
	return 0, false
}

//go:noinline
func (a *ints) each(eval code) flow.Loop {
	if by, add, ok := a.linear(); ok {
		return eachLinear(by, add, eval)
	}
	return func(s *flow.Scope, items, out []flow.Item) (int, []flow.Item, error) {
		for i := range items {
			it := &items[i]
			if it.Value.IsInt() {
				if x, ok := a.run(it.Value.Int()); ok {
					out = append(out, it.With(value.OfInt(x)))
					continue
				}
			}
			v, err := eval(s.Set(*it))
			if err != nil {
				return i, out, err
			}
			out = append(out, it.With(v))
		}
		return len(items), out, nil
	}
}

// linear gives the steps as one multiplication and one addition, in this order.
func (a *ints) linear() (by, add int64, ok bool) {
	by, steps := 1, a.steps
	if len(steps) > 0 && steps[0].op == timesBy {
		by, steps = steps[0].by, steps[1:]
	}
	if len(steps) > 0 && steps[0].op == plusBy {
		add, steps = steps[0].by, steps[1:]
	}
	return by, add, len(steps) == 0
}

//go:noinline
func eachLinear(by, add int64, eval code) flow.Loop {
	return func(s *flow.Scope, items, out []flow.Item) (int, []flow.Item, error) {
		for i := range items {
			it := &items[i]
			if it.Value.IsInt() {
				product, fits := times(it.Value.Int(), by)
				if x, ok := plus(product, add); ok && fits {
					out = append(out, it.With(value.OfInt(x)))
					continue
				}
			}
			v, err := eval(s.Set(*it))
			if err != nil {
				return i, out, err
			}
			out = append(out, it.With(v))
		}
		return len(items), out, nil
	}
}

// pair is an operator on two operands that are at hand.
type pair struct {
	op          intOp
	left, right operand
}

// each is nil unless both operands are the item.
//
//go:noinline
func (p *pair) each(eval code) flow.Loop {
	if p.left.place != item || p.right.place != item {
		return nil
	}
	return func(s *flow.Scope, items, out []flow.Item) (int, []flow.Item, error) {
		for i := range items {
			it := &items[i]
			if it.Value.IsInt() {
				if x, ok := p.op.ints(it.Value.Int(), it.Value.Int()); ok {
					out = append(out, it.With(value.OfInt(x)))
					continue
				}
			}
			v, err := eval(s.Set(*it))
			if err != nil {
				return i, out, err
			}
			out = append(out, it.With(v))
		}
		return len(items), out, nil
	}
}

// fold is nil unless one operand is the first variable and the other the item.
//
//go:noinline
func (p *pair) fold() func(*flow.Scope, []flow.Item) int {
	l, r := p.left, p.right
	first := l.place == variable && l.slot == 0 && r.place == item
	if !first && !(l.place == item && r.place == variable && r.slot == 0) {
		return nil
	}
	return func(s *flow.Scope, items []flow.Item) int {
		if !s.Vars[0].IsInt() {
			return 0
		}
		acc, n := s.Vars[0].Int(), 0
		for ; n < len(items) && items[n].Value.IsInt(); n++ {
			x, y := acc, items[n].Value.Int()
			if !first {
				x, y = y, x
			}
			z, ok := p.op.ints(x, y)
			if !ok {
				break
			}
			acc = z
		}
		s.Vars[0] = value.OfInt(acc)
		return n
	}
}
