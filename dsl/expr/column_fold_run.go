package expr

import (
	"math/bits"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// states takes the items of a column into a state, up to one that it cannot be done with, and gives the states after each
// where they are wanted.
type states[T any] func(acc T, in flow.Column, states []T) (_ T, n int)

func intsOf(c *column, like *flow.Column) func(flow.Column, []int64) []int64 { return c.ints(like) }
func floatsOf(c *column, like *flow.Column) func(flow.Column, []float64) []float64 {
	return c.floats(like)
}

// loaded is a step with what its column comes to.
type loaded[T any] struct {
	foldStep
	x []T
}

// steps gives the folding by a loop over the items that takes each through all of the steps. It leaves out those items for
// which ok is not what it should be.
func steps[T any](f *folding, like *flow.Column, read func(*column, *flow.Column) func(flow.Column, []T) []T, run func(acc T, steps []loaded[T], ok []bool, states []T) (T, int)) states[T] {
	all, reads, rooms := make([]loaded[T], len(f.steps)), make([]func(flow.Column, []T) []T, len(f.steps)), make([][]T, len(f.steps))
	for i, s := range f.steps {
		all[i].foldStep, reads[i], rooms[i] = s, read(s.with, like), scratch[T]()
	}
	var when boolColumn
	ok := scratch[bool]()
	for i := range ok {
		ok[i] = true
	}
	if f.when != nil {
		when = f.when.bools(like)
	}
	return func(acc T, in flow.Column, states []T) (T, int) {
		does := ok[:in.Len()]
		if when != nil {
			does = when(in, does)
			for i := range does {
				does[i] = does[i] != f.not
			}
		}
		for i := range all {
			all[i].x = reads[i](in.Cut(0, len(does)), rooms[i][:len(does)])
			does = does[:len(all[i].x)]
		}
		for i := range all {
			all[i].x = all[i].x[:len(does)]
		}
		return run(acc, all, does, states)
	}
}

// ints gives the folding of a state that is an int; nil where that cannot be.
func (f *folding) ints(like *flow.Column) states[int64] {
	if !f.goes(value.Int, like) {
		return nil
	}
	first := f.steps[0]
	loop := intFolds(first)
	if loop == nil || len(f.steps) > 1 {
		return steps(f, like, intsOf, intSteps)
	}
	values, room := first.with.ints(like), scratch[int64]()
	if f.when == nil {
		return func(acc int64, in flow.Column, states []int64) (int64, int) {
			return loop(acc, values(in, room[:in.Len()]), states)
		}
	}
	if first.op != colPlus && first.op != colMinus {
		return steps(f, like, intsOf, intSteps)
	}
	when, holds, not := f.when.bools(like), scratch[bool](), f.not
	return func(acc int64, in flow.Column, states []int64) (int64, int) {
		ok := when(in, holds[:in.Len()])
		x := values(in.Cut(0, len(ok)), room[:len(ok)])
		return loop(acc, onlyWhere(ok, not, x, room), states)
	}
}

// intFolds gives the loop that a step is alone; nil where there is none.
func intFolds(s foldStep) func(acc int64, x, states []int64) (int64, int) {
	switch {
	case s.op == colPlus:
		return func(acc int64, x, states []int64) (int64, int) { return sumOf(acc, x, false, states) }
	case s.op == colMinus && !s.swaps:
		return func(acc int64, x, states []int64) (int64, int) { return sumOf(acc, x, true, states) }
	case s.op == colTimes:
		return productOf
	case s.op == colMin, s.op == colChoose && s.is&less != 0 != s.swaps:
		return leastOf
	case s.op == colMax, s.op == colChoose:
		return mostOf
	}
	return nil
}

// onlyWhere gives 0 for those for which a condition does not hold.
func onlyWhere(ok []bool, not bool, x, out []int64) []int64 {
	ok, out = ok[:len(x)], out[:len(x)]
	for i, a := range x {
		out[i] = a & -int64(bit(ok[i] != not))
	}
	return out
}

// sumOf adds a column, or takes it away. Where the magnitudes are such that nothing can overflow, that is not looked for.
func sumOf(acc int64, x []int64, less bool, states []int64) (int64, int) {
	if states == nil {
		sum, all := int64(0), uint64(0)
		for _, a := range x {
			sum += a
			all |= uint64(a ^ a>>63)
		}
		if magnitude(acc) < 1<<62 && bits.Len64(all)+bits.Len(uint(len(x))) <= 62 {
			if less {
				sum = -sum
			}
			return acc + sum, len(x)
		}
	}
	for i, a := range x {
		next, ok := plus(acc, a)
		if less {
			next, ok = minus(acc, a)
		}
		if !ok {
			return acc, i
		}
		if acc = next; i < len(states) {
			states[i] = acc
		}
	}
	return acc, len(x)
}

func productOf(acc int64, x, states []int64) (int64, int) {
	for i, a := range x {
		next, ok := times(acc, a)
		if !ok {
			return acc, i
		}
		if acc = next; i < len(states) {
			states[i] = acc
		}
	}
	return acc, len(x)
}

func leastOf(acc int64, x, states []int64) (int64, int) {
	for i, a := range x {
		if acc = min(acc, a); i < len(states) {
			states[i] = acc
		}
	}
	return acc, len(x)
}

func mostOf(acc int64, x, states []int64) (int64, int) {
	for i, a := range x {
		if acc = max(acc, a); i < len(states) {
			states[i] = acc
		}
	}
	return acc, len(x)
}

func intSteps(acc int64, steps []loaded[int64], ok []bool, states []int64) (int64, int) {
	for i, does := range ok {
		next, fits := acc, true
		for k := 0; does && k < len(steps); k++ {
			s := &steps[k]
			x := s.x[i]
			switch s.op {
			case colPlus:
				next, fits = plus(next, x)
			case colTimes:
				next, fits = times(next, x)
			case colMinus:
				if s.swaps {
					next, x = x, next
				}
				next, fits = minus(next, x)
			case colModulo:
				if fits = x != 0; fits {
					next %= x
				}
			case colMin:
				next = min(next, x)
			case colMax:
				next = max(next, x)
			case colChoose:
				if s.is&orderOf(x, next) != 0 != s.swaps {
					next = x
				}
			case colItem:
				next = x
			}
			if !fits {
				return acc, i
			}
		}
		if acc = next; i < len(states) {
			states[i] = acc
		}
	}
	return acc, len(ok)
}

// orderOf gives the order of two numbers; 0 where they have none.
func orderOf[T int64 | float64](a, b T) uint8 {
	return bit(a < b)*less | bit(a == b)*same | bit(a > b)*greater
}

// floats gives the folding of a state that is a float; nil where that cannot be.
func (f *folding) floats(like *flow.Column) states[float64] {
	switch {
	case !f.goes(value.Float, like):
		return nil
	case len(f.steps) == 1 && f.steps[0].op == colPlus && f.when == nil:
		values, room := f.steps[0].with.floats(like), scratch[float64]()
		return func(acc float64, in flow.Column, states []float64) (float64, int) {
			x := values(in, room[:in.Len()])
			for i, a := range x {
				if acc += a; i < len(states) {
					states[i] = acc
				}
			}
			return acc, len(x)
		}
	}
	return steps(f, like, floatsOf, floatSteps)
}

func floatSteps(acc float64, steps []loaded[float64], ok []bool, states []float64) (float64, int) {
	for i, does := range ok {
		next := acc
		for k := 0; does && k < len(steps); k++ {
			s := &steps[k]
			a, x := next, s.x[i]
			if s.swaps && s.op != colChoose {
				a, x = x, a
			}
			switch s.op {
			case colPlus:
				next = a + x
			case colTimes:
				next = float64(a * x) // not in one with an addition
			case colMinus:
				next = a - x
			case colDivide:
				if x == 0 {
					return acc, i
				}
				next = a / x
			case colMin:
				next = lesser(a, x)
			case colMax:
				next = larger(a, x)
			case colChoose:
				if s.is&orderOf(x, a) != 0 != s.swaps {
					next = x
				}
			case colItem:
				next = s.x[i]
			}
		}
		if acc = next; i < len(states) {
			states[i] = acc
		}
	}
	return acc, len(ok)
}
