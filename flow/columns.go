package flow

import "github.com/flowrun/flowrun/flow/value"

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
	if keep := f.of(in).Keep; keep != nil {
		return keep(in, r)
	}
	return 0, out
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
				if keep := test(column, f.room.Bools(column.Len())); len(keep) > 0 {
					for k, ok := range keep {
						if ok {
							out = append(out, items[i+k])
						}
					}
					next = i + len(keep)
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
		out.Ints = c.Ints(in, r.Ints(in.Len()))
	case c.Floats != nil:
		out = Column{Float: true, Floats: c.Floats(in, r.Floats(in.Len()))}
	}
	return out.Len(), out
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
	room, made Room
}

// NewFolder gives the folder by e, the next state.
func NewFolder(e Expr) *Folder { return &Folder{columns: columnsOf(e)} }

// Can reports whether there is any column that the folder takes.
func (f *Folder) Can() bool { return f.e != nil }

// Column takes items of a column into the state, as far as it can, and gives the state after them.
func (f *Folder) Column(acc value.Value, in Column) (_ value.Value, n int) {
	switch c := f.of(in); {
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
	switch c := f.of(in); {
	case acc.IsInt() && c.FoldInts != nil:
		states.Ints = r.Ints(in.Len())
		x, n := c.FoldInts(acc.Int(), in, states.Ints)
		return value.OfInt(x), states.Cut(0, n)
	case acc.IsFloat() && c.FoldFloats != nil:
		states = Column{Float: true, Floats: r.Floats(in.Len())}
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
