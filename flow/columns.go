package flow

import "github.com/flowrun/flowrun/flow/value"

// MaxColumn is how many items a column has at most.
const MaxColumn = 256

// Column is some items that are all ints, or all floats.
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
// as it can, and gives what it would emit, in the memory of r; n is how many items those were.
type ColumnOp interface {
	Bulk
	ProcessColumn(in Column, r *Room) (n int, out Column)
}

// IntSource is a Source of nothing but ints. ReadInts does what Read does, with many at a time, which emit does not keep.
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

// Columns compute an expression for a column. Each takes as many of the items as it can, from the first on, and says how
// many those were: what is left overflows, fails, or is for other reasons to be computed alone. Those that are nil are no
// way to compute the expression. Out is as long as the column.
type Columns struct {
	Ints       func(in Column, out []int64) int
	Floats     func(in Column, out []float64) int
	Test       func(in Column, out []bool) int
	FoldInts   func(acc int64, in Column) (_ int64, n int)     // with the first variable, which the next item finds there
	FoldFloats func(acc float64, in Column) (_ float64, n int) // likewise
}

// columns are those of an expression, made when they are first needed.
type columns struct {
	e    Columnar // nil: none
	made [2]*Columns
}

func columnsOf(e Expr) columns {
	if c, ok := e.(Columnar); ok && c.HasColumns() {
		return columns{e: c}
	}
	return columns{}
}

func (c *columns) of(in Column) *Columns {
	kind := 0
	if in.Float {
		kind = 1
	}
	if c.made[kind] == nil {
		made := Columns{}
		if c.e != nil {
			made = c.e.Columns(in.Float)
		}
		c.made[kind] = &made
	}
	return c.made[kind]
}

// Filter keeps those items for which a condition holds. It serves one goroutine.
type Filter struct {
	test func(*Scope) (bool, error)
	columns
	room Room
}

// NewFilter gives the filter by e.
func NewFilter(e Expr) *Filter { return &Filter{test: Test(e), columns: columnsOf(e)} }

// Holds tests one item.
func (f *Filter) Holds(s *Scope) (bool, error) { return f.test(s) }

// Column keeps items of a column, as far as it can.
func (f *Filter) Column(in Column, r *Room) (n int, out Column) {
	test := f.of(in).Test
	if test == nil {
		return 0, out
	}
	keep := f.room.Bools(in.Len())
	n = test(in, keep)
	if in.Float {
		return n, Column{Float: true, Floats: kept(in.Floats, keep[:n], r.Floats(n))}
	}
	return n, Column{Ints: kept(in.Ints, keep[:n], r.Ints(n))}
}

func kept[T any](in []T, keep []bool, out []T) []T {
	at := 0
	for i, ok := range keep {
		out[at] = in[i]
		if ok {
			at++
		}
	}
	return out[:at]
}

// Items appends those of the items to out that it keeps. Where one fails, n is how many came before it.
func (f *Filter) Items(s *Scope, items, out []Item) (n int, _ []Item, err error) {
	next, tried := 0, 0 // where a column may begin, and how many items were tried in columns
	for i, it := range items {
		if i < next {
			continue
		}
		if f.e != nil && tried <= len(items) {
			column := ColumnOf(items[i:], &f.room)
			tried += column.Len()
			if test := f.of(column).Test; test != nil && column.Len() > 0 {
				keep := f.room.Bools(column.Len())
				if done := test(column, keep); done > 0 {
					for k, ok := range keep[:done] {
						if ok {
							out = append(out, items[i+k])
						}
					}
					next = i + done
					continue
				}
			}
		}
		ok, err := f.test(s.Set(it))
		if err != nil {
			return i, out, err
		}
		if ok {
			out = append(out, it)
		}
	}
	return len(items), out, nil
}

// Mapper makes of each item one with the value of an expression. It serves one goroutine.
type Mapper struct {
	eval func(*Scope) (value.Value, error)
	columns
	room, made Room
}

// NewMapper gives the mapper by e.
func NewMapper(e Expr) *Mapper { return &Mapper{eval: Func(e), columns: columnsOf(e)} }

// Eval computes the value for one item.
func (m *Mapper) Eval(s *Scope) (value.Value, error) { return m.eval(s) }

// Column computes for the items of a column, as far as it can.
func (m *Mapper) Column(in Column, r *Room) (n int, out Column) {
	switch c := m.of(in); {
	case c.Ints != nil:
		out.Ints = r.Ints(in.Len())
		n = c.Ints(in, out.Ints)
	case c.Floats != nil:
		out = Column{Float: true, Floats: r.Floats(in.Len())}
		n = c.Floats(in, out.Floats)
	default:
		return 0, out
	}
	return n, out.Cut(0, n)
}

// Items appends what it makes of the items to out. Where one fails, n is how many came before it.
func (m *Mapper) Items(s *Scope, items, out []Item) (n int, _ []Item, err error) {
	next, tried := 0, 0 // where a column may begin, and how many items were tried in columns
	for i, it := range items {
		if i < next {
			continue
		}
		if m.e != nil && tried <= len(items) {
			column := ColumnOf(items[i:], &m.room)
			tried += column.Len()
			if done, made := m.Column(column, &m.made); done > 0 {
				for k := range done {
					out = append(out, items[i+k].With(made.At(k)))
				}
				next = i + done
				continue
			}
		}
		v, err := m.eval(s.Set(it))
		if err != nil {
			return i, out, err
		}
		out = append(out, it.With(v))
	}
	return len(items), out, nil
}

// Folder takes the items of columns into a state, which the expression finds in the first variable. It serves one
// goroutine.
type Folder struct {
	columns
	room Room
}

// NewFolder gives the folder by e, the next state.
func NewFolder(e Expr) *Folder { return &Folder{columns: columnsOf(e)} }

// Column takes items of a column into the state, as far as it can, and gives the state after them.
func (f *Folder) Column(acc value.Value, in Column) (_ value.Value, n int) {
	switch c := f.of(in); {
	case acc.IsInt() && c.FoldInts != nil:
		x, n := c.FoldInts(acc.Int(), in)
		return value.OfInt(x), n
	case acc.IsFloat() && c.FoldFloats != nil:
		x, n := c.FoldFloats(acc.Float(), in)
		return value.OfFloat(x), n
	}
	return acc, 0
}

// Can reports whether there is any column that the folder takes.
func (f *Folder) Can() bool { return f.e != nil }

// Items takes items into the state, as far as it can, and gives the state after them, how many those were, and how many
// were tried.
func (f *Folder) Items(acc value.Value, items []Item) (_ value.Value, n, tried int) {
	column := ColumnOf(items, &f.room)
	acc, n = f.Column(acc, column)
	return acc, n, column.Len()
}
