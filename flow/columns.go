package flow

import "github.com/flowrun/flowrun/flow/value"

// Columnar is a Compiled that computes for many items at once where they are ints.
type Columnar interface {
	Compiled
	// Columns gives its columns to one goroutine: they share what they reckon with.
	Columns() Columns
}

// Columns compute for a column of ints, each of them an item. Each takes as many of them as it can, from the first on,
// and says how many those were: what is left overflows, or fails. Where one is nil, the expression is computed item by item.
type Columns struct {
	Map  func(in, out []int64) int                    // the value; out is as long as in
	Test func(in []int64, out []bool) int             // whether it holds; out is as long as in
	Fold func(acc int64, in []int64) (_ int64, n int) // the value with the first variable, which the next item finds there
}

func columns(e Expr) Columns {
	if c, ok := e.(Columnar); ok {
		return c.Columns()
	}
	return Columns{}
}

// IntOp is a Bulk for which columns of ints are faster still. ProcessInts does what Process does on each of them, as far
// as it can, and appends what it would emit to out; n is how many those were.
type IntOp interface {
	Bulk
	ProcessInts(in, out []int64) (n int, _ []int64)
}

// IntSource is a Source of nothing but ints. ReadInts does what Read does, with many at a time, which emit does not keep.
type IntSource interface {
	Source
	ReadInts(emit func([]int64) error) error
}

// Column is how many ints a column has at most.
const Column = 256

// Loop goes through many items in order, and appends to out. Where an item fails, n is how many came before it. It serves
// one goroutine.
type Loop struct {
	items func(s *Scope, items, out []Item) (n int, _ []Item, err error)
	ints  func(in, out []int64) (n int, _ []int64)
}

// Items goes through items.
func (l *Loop) Items(s *Scope, items, out []Item) (n int, _ []Item, err error) {
	return l.items(s, items, out)
}

// Ints goes through ints as far as it can.
func (l *Loop) Ints(in, out []int64) (n int, _ []int64) {
	if l.ints == nil {
		return 0, out
	}
	return l.ints(in, out)
}

// Ints gives the ints that items begin with, as many as there is room for.
func Ints(items []Item, room []int64) []int64 {
	n := 0
	for n < len(items) && n < len(room) && items[n].Value.IsInt() {
		room[n] = items[n].Value.Int()
		n++
	}
	return room[:n]
}

// FilterLoop gives what keeps those items for which e, a condition, holds.
func FilterLoop(e Expr) Loop {
	test, holds := Test(e), columns(e).Test
	each := func(s *Scope, items, out []Item) (int, []Item, error) {
		for i, it := range items {
			ok, err := test(s.Set(it))
			if err != nil {
				return i, out, err
			}
			if ok {
				out = append(out, it)
			}
		}
		return len(items), out, nil
	}
	if holds == nil {
		return Loop{items: each}
	}
	room, keep := make([]int64, Column), make([]bool, Column)
	return Loop{
		items: inColumns(room, each, func(ints []int64, items, out []Item) (int, []Item) {
			n := holds(ints, keep[:len(ints)])
			for i, ok := range keep[:n] {
				if ok {
					out = append(out, items[i])
				}
			}
			return n, out
		}),
		ints: func(in, out []int64) (int, []int64) {
			n := holds(in, keep[:len(in)])
			at := len(out)
			if cap(out)-at < n {
				out = append(make([]int64, 0, at+Column), out...)
			}
			out = out[:at+n]
			for i, ok := range keep[:n] {
				out[at] = in[i]
				if ok {
					at++
				}
			}
			return n, out[:at]
		},
	}
}

// MapLoop gives what makes of each item one with the value of e.
func MapLoop(e Expr) Loop {
	eval, compute := Func(e), columns(e).Map
	each := func(s *Scope, items, out []Item) (int, []Item, error) {
		for i, it := range items {
			v, err := eval(s.Set(it))
			if err != nil {
				return i, out, err
			}
			out = append(out, it.With(v))
		}
		return len(items), out, nil
	}
	if compute == nil {
		return Loop{items: each}
	}
	room, values := make([]int64, Column), make([]int64, Column)
	return Loop{
		items: inColumns(room, each, func(ints []int64, items, out []Item) (int, []Item) {
			n := compute(ints, values[:len(ints)])
			for i, x := range values[:n] {
				out = append(out, items[i].With(value.OfInt(x)))
			}
			return n, out
		}),
		ints: func(in, out []int64) (int, []int64) {
			n := compute(in, values[:len(in)])
			return n, append(out, values[:n]...)
		},
	}
}

// inColumns goes through items in columns as far as it can, and one by one where it cannot.
func inColumns(room []int64, each func(*Scope, []Item, []Item) (int, []Item, error), columnar func([]int64, []Item, []Item) (int, []Item)) func(*Scope, []Item, []Item) (int, []Item, error) {
	return func(s *Scope, items, out []Item) (n int, _ []Item, err error) {
		for n < len(items) {
			if ints := Ints(items[n:], room); len(ints) > 0 {
				var done int
				if done, out = columnar(ints, items[n:], out); done > 0 {
					n += done
					continue
				}
			}
			var one int
			if one, out, err = each(s, items[n:n+1], out); err != nil {
				return n + one, out, err
			}
			n++
		}
		return n, out, nil
	}
}

// FoldLoop gives what takes ints into a state, which is the first of the scope's Vars, as far as it can, and says how many
// those were; the others are left to evaluating e, the next state. It may be nil.
func FoldLoop(e Expr) func(acc int64, in []int64) (_ int64, n int) { return columns(e).Fold }
