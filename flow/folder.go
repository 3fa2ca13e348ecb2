package flow

import "github.com/flowrun/flowrun/flow/value"

// Folder takes the items of columns into a state, which the expression finds in the first variable. It serves one
// goroutine.
type Folder struct {
	columns
	room Room
}

// NewFolder gives the folder by e, the next state.
func NewFolder(e Expr) *Folder { return &Folder{columns: columnsOf(e)} }

// Can reports whether there is any column of numbers that the folder takes.
func (f *Folder) Can() bool { return f.numbers }

// Column takes items of a column into the state, as far as it can, and gives the state after them.
func (f *Folder) Column(acc value.Value, in Column) (_ value.Value, n int) {
	switch c := f.of(&in); {
	case acc.IsInt() && c.FoldInts != nil:
		x, n := c.FoldInts(acc.Int(), in, nil)
		return value.OfInt(x), n
	case acc.IsFloat() && c.FoldFloats != nil:
		x, n := c.FoldFloats(acc.Float(), in, nil)
		return value.OfFloat(x), n
	}
	return acc, 0
}

// Scan is Column, and gives the states after each item besides, in the memory of r.
func (f *Folder) Scan(acc value.Value, in Column, r *Room) (_ value.Value, states Column) {
	switch c := f.of(&in); {
	case acc.IsInt() && c.FoldInts != nil:
		states = IntColumn(r.Ints(in.Len()))
		x, n := c.FoldInts(acc.Int(), in, states.Ints)
		return value.OfInt(x), states.Cut(0, n)
	case acc.IsFloat() && c.FoldFloats != nil:
		states = FloatColumn(r.Floats(in.Len()))
		x, n := c.FoldFloats(acc.Float(), in, states.Floats)
		return value.OfFloat(x), states.Cut(0, n)
	}
	return acc, states
}

// Items takes items into the state, as far as it can, and gives the state after them, how many those were, and how many
// were tried.
func (f *Folder) Items(acc value.Value, items []Item) (_ value.Value, n, tried int) {
	column := ColumnOf(items, &f.room)
	acc, n = f.Column(acc, column)
	return acc, n, column.Len()
}
