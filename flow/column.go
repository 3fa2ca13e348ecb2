package flow

import "github.com/flowrun/flowrun/flow/value"

// MaxColumn is how many items a column has at most.
const MaxColumn = 1024

// Column is some items that are all ints, or all floats. What takes one does not change it.
type Column struct {
	Float  bool
	Ints   []int64   // unless Float
	Floats []float64 // if Float
}

// Len gives how many items there are.
func (c Column) Len() int {
	if c.Float {
		return len(c.Floats)
	}
	return len(c.Ints)
}

// Cut gives the items from one up to another.
func (c Column) Cut(from, to int) Column {
	if c.Float {
		return Column{Float: true, Floats: c.Floats[from:to]}
	}
	return Column{Ints: c.Ints[from:to]}
}

// At gives an item's value.
func (c Column) At(i int) value.Value {
	if c.Float {
		return value.OfFloat(c.Floats[i])
	}
	return value.OfInt(c.Ints[i])
}

// Room is memory for a column. Its zero value is ready.
type Room struct {
	ints   []int64
	floats []float64
	bools  []bool
}

// Ints gives memory for so many ints, until it is asked again.
func (r *Room) Ints(n int) []int64 {
	if r.ints == nil {
		r.ints = make([]int64, MaxColumn)
	}
	return r.ints[:n]
}

// Floats gives memory for so many floats, until it is asked again.
func (r *Room) Floats(n int) []float64 {
	if r.floats == nil {
		r.floats = make([]float64, MaxColumn)
	}
	return r.floats[:n]
}

// Bools gives memory for so many conditions, until it is asked again.
func (r *Room) Bools(n int) []bool {
	if r.bools == nil {
		r.bools = make([]bool, MaxColumn)
	}
	return r.bools[:n]
}

// ColumnOf gives the items that items begin with as a column, in the memory of r: none where the first is neither an int
// nor a float, or where there are so few that a column does not pay.
func ColumnOf(items []Item, r *Room) Column {
	const few = 8
	items = items[:min(len(items), MaxColumn)]
	n := 0
	switch {
	case len(items) < few:
	case items[0].Value.IsInt():
		ints := r.Ints(len(items))
		for n < len(items) && items[n].Value.IsInt() {
			ints[n] = items[n].Value.Int()
			n++
		}
		return Column{Ints: ints[:n]}
	case items[0].Value.IsFloat():
		floats := r.Floats(len(items))
		for n < len(items) && items[n].Value.IsFloat() {
			floats[n] = items[n].Value.Float()
			n++
		}
		return Column{Float: true, Floats: floats[:n]}
	}
	return Column{}
}

// ColumnOp is a Bulk for which columns are faster still. ProcessColumn does what Process does on each of the items, as far
// as it can, and gives what it would emit, in the memory of r or of the column; n is how many items those were.
type ColumnOp interface {
	Bulk
	ProcessColumn(in Column, r *Room) (n int, out Column)
}

// IntSource is a Source of nothing but ints. ReadInts does what Read does, with many at a time, up to MaxColumn, which emit
// does not keep.
type IntSource interface {
	Source
	ReadInts(emit func([]int64) error) error
}

// Columnar is a Compiled that computes for columns.
type Columnar interface {
	Compiled
	// HasColumns reports whether Columns may give something.
	HasColumns() bool
	// Columns gives what computes for columns of floats, or of ints, to one goroutine: they share the memory they reckon in.
	Columns(float bool) Columns
}

// Columns compute an expression for a column. Each takes as many of the items as it can, from the first on, and shows by
// how many come out, or says, how many those were: what is left overflows, fails, or is for other reasons to be computed
// alone. Those that are nil are no way to compute the expression. Room is as long as the column; what comes out stands in
// it, or in the column, or is the same each time.
type Columns struct {
	Ints   func(in Column, room []int64) []int64
	Floats func(in Column, room []float64) []float64
	Test   func(in Column, room []bool) []bool
	Keep   func(in Column, r *Room) (n int, out Column) // of a condition: the items for which it holds

	// With the first variable, which the next item finds there. States, unless it is nil, is as long as the column, and
	// takes the variable after each item.
	FoldInts   func(acc int64, in Column, states []int64) (_ int64, n int)
	FoldFloats func(acc float64, in Column, states []float64) (_ float64, n int)
}

// Kept gives those items for which keep holds, in the memory of r.
func Kept(in Column, keep []bool, r *Room) Column {
	if in.Float {
		return Column{Float: true, Floats: kept(in.Floats, keep, r.Floats(len(keep)))}
	}
	return Column{Ints: kept(in.Ints, keep, r.Ints(len(keep)))}
}

func kept[T any](in []T, keep []bool, out []T) []T {
	at := 0
	in = in[:len(keep)]
	for i, ok := range keep {
		out[at] = in[i]
		if ok {
			at++
		}
	}
	return out[:at]
}
