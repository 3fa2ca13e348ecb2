package flow

import "github.com/flowrun/flowrun/flow/value"

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
	// Takes reports whether there is anything in Columns of columns like this one.
	Takes(like *Column) bool
	// Columns gives what computes for columns like this one, to one goroutine: they share the memory they reckon in.
	Columns(like *Column) Columns
}

// Columns compute an expression for a column. Each takes as many of the items as it can, from the first on, and shows by
// how many come out, or says, how many those were: what is left overflows, fails, or is for other reasons to be computed
// alone. Those that are nil are no way to compute the expression. What comes out stands in the room, or in the column, or is
// the same each time.
type Columns struct {
	Make func(in Column, r *Room) Column
	Test func(in Column, room []bool) []bool          // of a condition; room is as long as the column
	Keep func(in Column, r *Room) (n int, out Column) // of a condition: the items for which it holds

	// With the first variable, which the next item finds there. States, unless it is nil, is as long as the column, and
	// takes the variable after each item.
	FoldInts   func(acc int64, in Column, states []int64) (_ int64, n int)
	FoldFloats func(acc float64, in Column, states []float64) (_ float64, n int)
}

// columns are those of an expression, made when they are first needed.
type columns struct {
	e       Columnar // nil: none
	numbers bool     // it takes ints or floats, so that it pays to look for such among items
	made    []madeColumns
}

type madeColumns struct {
	like Column
	Columns
}

// mostKinds is how many kinds of columns are known at once.
const mostKinds = 4

func columnsOf(e Expr) columns {
	c, ok := e.(Columnar)
	if !ok {
		return columns{}
	}
	return columns{e: c, numbers: c.Takes(&Column{Kind: value.Int}) || c.Takes(&Column{Kind: value.Float})}
}

func (c *columns) of(in *Column) *Columns {
	for i := range c.made {
		if m := &c.made[i]; m.like.Like(in) {
			return &m.Columns
		}
	}
	made := madeColumns{like: in.kindOnly()}
	if c.e != nil {
		made.Columns = c.e.Columns(&made.like)
	}
	if len(c.made) == mostKinds {
		c.made = c.made[:0]
	}
	c.made = append(c.made, made)
	return &c.made[len(c.made)-1].Columns
}

// search looks for columns among items.
type search struct {
	*columns
	room  *Room
	items []Item
	from  int // where one may begin
	tried int // how many items were tried in columns
}

// due reports whether to look for a column that begins with an item. Where columns have not paid, there are no more.
func (c *search) due(i int) bool { return c.numbers && i >= c.from && c.tried <= len(c.items) }

// at gives the column that begins with an item; an empty one where there is none.
func (c *search) at(i int) Column {
	in := ColumnOf(c.items[i:], c.room)
	n := in.Len()
	if c.tried += n; n == 0 {
		c.from = i + few
	}
	return in
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
	if keep := f.of(&in).Keep; keep != nil {
		return keep(in, r)
	}
	return 0, out
}

// Items appends those of the items to out that it keeps. Where one fails, n is how many came before it.
func (f *Filter) Items(s *Scope, items, out []Item) (n int, _ []Item, err error) {
	c := search{columns: &f.columns, room: &f.room, items: items}
	for i := 0; i < len(items); i++ {
		if c.due(i) {
			column := c.at(i)
			if test := f.of(&column).Test; test != nil && column.Len() > 0 {
				if keep := test(column, f.room.Bools(column.Len())); len(keep) > 0 {
					for k, ok := range keep {
						if ok {
							out = append(out, items[i+k])
						}
					}
					i += len(keep) - 1
					continue
				}
			}
		}
		ok, err := f.test(s.Set(items[i]))
		if err != nil {
			return i, out, err
		}
		if ok {
			out = append(out, items[i])
		}
	}
	return len(items), out, nil
}

// Mapper makes of each item one with the value of an expression. It serves one goroutine.
type Mapper struct {
	eval func(*Scope) (value.Value, error)
	columns
	room, made Room
	slab       value.Slab
}

// NewMapper gives the mapper by e.
func NewMapper(e Expr) *Mapper { return &Mapper{eval: Func(e), columns: columnsOf(e)} }

// Eval computes the value for one item.
func (m *Mapper) Eval(s *Scope) (value.Value, error) { return m.eval(s) }

// Column computes for the items of a column, as far as it can.
func (m *Mapper) Column(in Column, r *Room) (n int, out Column) {
	if compute := m.of(&in).Make; compute != nil {
		out = compute(in, r)
	}
	return out.Len(), out
}

// Items appends what it makes of the items to out. Where one fails, n is how many came before it.
func (m *Mapper) Items(s *Scope, items, out []Item) (n int, _ []Item, err error) {
	c := search{columns: &m.columns, room: &m.room, items: items}
	for i := 0; i < len(items); i++ {
		if c.due(i) {
			if done, made := m.Column(c.at(i), &m.made); done > 0 {
				for k := range done {
					out = append(out, items[i+k].With(made.At(k, &m.slab)))
				}
				i += done - 1
				continue
			}
		}
		v, err := m.eval(s.Set(items[i]))
		if err != nil {
			return i, out, err
		}
		out = append(out, items[i].With(v))
	}
	return len(items), out, nil
}
