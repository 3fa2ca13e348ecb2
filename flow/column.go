package flow

import "github.com/flowrun/flowrun/flow/value"

// MaxColumn is how many items a column has at most.
const MaxColumn = 1024

// Column is some items that are all of one kind: ints, floats, bools, objects of the same fields, which are columns in
// turn, or, where the kind is Null, all the same. What takes one does not change it.
type Column struct {
	Kind   value.Kind
	Ints   []int64
	Floats []float64
	Bools  []bool

	Shape  *value.Shape // of objects: it has fields
	Fields []Column     // in the order of the shape

	Same  value.Value
	Times int // how often
}

// IntColumn gives the column of ints.
func IntColumn(ints []int64) Column { return Column{Kind: value.Int, Ints: ints} }

// FloatColumn gives the column of floats.
func FloatColumn(floats []float64) Column { return Column{Kind: value.Float, Floats: floats} }

// ObjectColumn gives the column of the first n objects of these fields, of which there is one at least.
func ObjectColumn(shape *value.Shape, fields []Column, n int) Column {
	for i := range fields {
		fields[i] = fields[i].Cut(0, n)
	}
	return Column{Kind: value.Object, Shape: shape, Fields: fields}
}

// Len gives how many items there are.
func (c *Column) Len() int {
	switch c.Kind {
	case value.Int:
		return len(c.Ints)
	case value.Float:
		return len(c.Floats)
	case value.Bool:
		return len(c.Bools)
	case value.Object:
		return c.Fields[0].Len()
	}
	return c.Times
}

// Cut gives the items from one up to another.
func (c Column) Cut(from, to int) Column {
	if from == 0 && to == c.Len() {
		return c
	}
	switch c.Kind {
	case value.Int:
		c.Ints = c.Ints[from:to]
	case value.Float:
		c.Floats = c.Floats[from:to]
	case value.Bool:
		c.Bools = c.Bools[from:to]
	case value.Object:
		fields := c.Fields
		c.Fields = make([]Column, len(fields))
		for i, f := range fields {
			c.Fields[i] = f.Cut(from, to)
		}
	default:
		c.Times = to - from
	}
	return c
}

// At gives an item's value. An object is one of made.
func (c *Column) At(i int, made *value.Slab) value.Value {
	switch c.Kind {
	case value.Int:
		return value.OfInt(c.Ints[i])
	case value.Float:
		return value.OfFloat(c.Floats[i])
	case value.Bool:
		return value.OfBool(c.Bools[i])
	case value.Object:
		object, slots := made.Object(c.Shape)
		for k := range c.Fields {
			slots[k] = c.Fields[k].At(i, made)
		}
		return object
	}
	return c.Same
}

// Like reports whether the items are of the same kind as others, and their fields, too.
func (c *Column) Like(other *Column) bool {
	if c.Kind != other.Kind || c.Shape != other.Shape {
		return false
	}
	for i := range c.Fields {
		if !c.Fields[i].Like(&other.Fields[i]) {
			return false
		}
	}
	return true
}

// kindOnly gives a column without items that is like this one.
func (c *Column) kindOnly() Column {
	out := Column{Kind: c.Kind, Shape: c.Shape}
	for i := range c.Fields {
		out.Fields = append(out.Fields, c.Fields[i].kindOnly())
	}
	return out
}

// Room is memory for a column. Its zero value is ready.
type Room struct {
	ints   []int64
	floats []float64
	bools  []bool
	fields []Column
	rooms  []Room // of the fields
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

// Fields gives memory for so many fields, until it is asked again, and a room for each.
func (r *Room) Fields(n int) ([]Column, []Room) {
	if len(r.fields) < n {
		r.fields, r.rooms = make([]Column, n), make([]Room, n)
	}
	return r.fields[:n], r.rooms[:n]
}

// ColumnOf gives the items that items begin with as a column of ints or floats, in the memory of r: none where the first is
// neither, or where there are so few that a column does not pay.
func ColumnOf(items []Item, r *Room) Column {
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
		return IntColumn(ints[:n])
	case items[0].Value.IsFloat():
		floats := r.Floats(len(items))
		for n < len(items) && items[n].Value.IsFloat() {
			floats[n] = items[n].Value.Float()
			n++
		}
		return FloatColumn(floats[:n])
	}
	return Column{}
}

// few are too few items for a column.
const few = 8

// Kept gives those items for which keep holds, in the memory of r.
func Kept(in Column, keep []bool, r *Room) Column {
	switch in.Kind {
	case value.Int:
		in.Ints = kept(in.Ints, keep, r.Ints(len(keep)))
	case value.Float:
		in.Floats = kept(in.Floats, keep, r.Floats(len(keep)))
	case value.Bool:
		in.Bools = kept(in.Bools, keep, r.Bools(len(keep)))
	case value.Object:
		fields, rooms := r.Fields(len(in.Fields))
		for i := range in.Fields {
			fields[i] = Kept(in.Fields[i], keep, &rooms[i])
		}
		in.Fields = fields
	default:
		in.Times = 0
		for _, ok := range keep {
			if ok {
				in.Times++
			}
		}
	}
	return in
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
