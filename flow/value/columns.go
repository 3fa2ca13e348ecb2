package value

// Columns is what the rows of one table have in common. Goroutines share it.
type Columns struct {
	shape *Shape // nil: rows are lists
	comma byte
	types []*CellType // by cell of a row; nil of text
	typed []int       // the cells that are not text
	cells []int       // by slot: the cell, or ^n of the n-th own value; nil where each cell has a slot, in their order
	own   int         // how many values of its own a row has
	fresh int         // of these, the last that are set when a row is made of another
	keys  []string    // as JSON has them, each after a comma and before a colon
	runs  []int       // by slot: of how many from there on the cells follow each other; 0 for an own value
}

// CellType reads cells that are not text. An exact cell is one whose value would be written as the cell is: in a cell, and
// in JSON, but for the quotes of a string there; an empty one that is exact is null.
type CellType struct {
	// Check reports whether a cell can be read, and whether it is known to be exact.
	Check func(cell string) (sound, exact bool)
	// Read gives the value of a cell that was found sound, and maybe exact.
	Read func(cell string, exact bool) Value
	// Quoted says that JSON has the values as strings.
	Quoted bool
}

// NewColumns gives the columns with the keys of a shape, or of a nil one without, so that rows are lists; between whose cells stands a delimiter: any byte but a quote, a
// line feed or a carriage return. The cells are of these types; nil is text.
func NewColumns(s *Shape, comma byte, types []*CellType) *Columns {
	c := &Columns{shape: s, comma: comma, types: types}
	for cell, t := range types {
		if t != nil {
			c.typed = append(c.typed, cell)
		}
	}
	c.settle()
	return c
}

// with gives the columns of what is made of rows with these: by slot the cell or the own value, and how many of the own
// values are new.
func (c *Columns) with(s *Shape, cells []int, fresh int) *Columns {
	made := &Columns{shape: s, comma: c.comma, types: c.types, typed: c.typed, cells: cells, own: c.own + fresh, fresh: fresh}
	made.settle()
	return made
}

// settle notes what the writers want to know.
func (c *Columns) settle() {
	for _, key := range c.shape.Keys() {
		c.keys = append(c.keys, string(append(appendString([]byte(","), key), ':')))
	}
	n := c.len()
	c.runs = make([]int, n)
	for i := n - 1; i >= 0; i-- {
		if cell := c.cell(i); cell >= 0 {
			if c.runs[i] = 1; i+1 < n && c.cell(i+1) == cell+1 {
				c.runs[i] += c.runs[i+1]
			}
		}
	}
}

// len gives how many slots there are.
func (c *Columns) len() int {
	if c.cells != nil {
		return len(c.cells)
	}
	return len(c.types)
}

// kind gives that of the rows.
func (c *Columns) kind() Kind {
	if c.shape == nil {
		return cellList
	}
	return row
}

// cell gives the cell of a slot, or ^n of the n-th own value.
func (c *Columns) cell(slot int) int {
	if c.cells != nil {
		return c.cells[slot]
	}
	return slot
}
