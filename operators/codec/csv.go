package codec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow/value"
)

// table makes items of rows: objects by the names of the columns, or lists where they have none.
type table struct {
	rows    rows
	enc     Encoding
	opt     *ReadOptions
	shape   *value.Shape   // nil: items are lists
	types   []string       // of the columns; those beyond are text
	columns *value.Columns // of rows that are not taken apart; nil: all are
	width   int            // of these rows, in cells
	others  int            // rows without names that had another width
	cells   *value.Cells   // of the text at work
	ready   bool
	ahead   []row // read for the sample
}

// row is the cells of a row, or why they are none.
type row struct {
	cells []string
	line  int64
	raw   []byte
	err   error
}

func newTable(in *input, e Encoding, o *ReadOptions) *table {
	return &table{rows: rows{in: in, comma: e.delimiter()}, enc: e, opt: o}
}

func (t *table) next() (value.Value, error) {
	if !t.ready {
		if err := t.begin(); err != nil {
			return value.Value{}, err
		}
	}
	if len(t.ahead) > 0 {
		r := t.ahead[0]
		t.ahead = t.ahead[1:]
		t.rows.in.began = r.line
		return t.item(r)
	}
	if t.columns != nil {
		v, ok := t.plain()
		if !ok && t.rows.in.await() {
			v, ok = t.plain()
		}
		if ok {
			return v, nil
		}
	}
	return t.item(t.read())
}

// plain takes the next row, if it is there and nothing is wrong with it, and gives its item.
func (t *table) plain() (value.Value, bool) {
	in := t.rows.in
	if in.lines == 0 { // the file begins with it
		return value.Value{}, false
	}
	if t.cells == nil {
		t.cells = value.NewCells(t.columns)
	}
	v, end, lines, ok := t.cells.Row(in.buf[:in.end], in.start)
	if !ok || end-1-in.start > in.max {
		return v, false
	}
	in.began = in.lines + 1
	in.lines += int64(lines)
	in.start = end
	return v, true
}

// read gives the next row, whose cells are good until the one after.
func (t *table) read() row {
	err := t.rows.next()
	r := row{cells: t.rows.cells, line: t.rows.in.began, raw: t.rows.done(), err: err}
	if err != nil {
		if d := (*DecodeError)(nil); errors.As(err, &d) {
			d.Raw = string(r.raw)
		}
	}
	return r
}

// begin finds the columns' names and types.
func (t *table) begin() error {
	t.ready = true
	names := t.enc.names()
	if names == nil && t.enc.Header.Bool() {
		header := t.read()
		if header.err != nil {
			return final(header.err)
		}
		for _, name := range header.cells {
			if slices.Contains(names, name) {
				return t.fail(fmt.Sprintf("the header names the column `%s` twice: name the columns by `header: [...]`, and leave the first row out by a `skip` step", name), header, true)
			}
			names = append(names, strings.Clone(name))
		}
	}
	if names != nil {
		t.shape = value.NewShape(names)
	}
	t.types = make([]string, len(names))
	if t.opt.Infer > 0 {
		t.infer()
	}
	for column, typ := range t.opt.Types {
		slot := t.shape.Slot(column)
		if slot < 0 {
			return t.fail(fmt.Sprintf("`types` names the column `%s`, and the header has %s", column, strings.Join(names, ", ")), row{}, true)
		}
		t.types[slot] = typ
	}
	if t.shape != nil {
		t.expect(len(names))
	}
	return nil
}

// expect makes the columns of further rows.
func (t *table) expect(width int) {
	types := make([]*value.CellType, width)
	for i := range min(width, len(t.types)) {
		types[i] = cellType(t.types[i])
	}
	t.columns, t.cells = value.NewColumns(t.shape, t.rows.comma, types), nil
	t.width = width
}

// another takes note of a row without names that has another width than was expected: the first few times the next ones
// are expected to be like it, and where there are many of them, all are taken apart.
func (t *table) another(width int) {
	const few, many = 8, 64
	switch t.others++; {
	case t.others <= few:
		t.expect(width)
	case t.others == many:
		t.columns = nil
	}
}

// final makes an error one after which there is no reading on.
func final(err error) error {
	if d := (*DecodeError)(nil); errors.As(err, &d) {
		d.Final = true
	}
	return err
}

// infer takes the types of columns from the first rows.
func (t *table) infer() {
	for len(t.ahead) < int(t.opt.Infer) {
		r := t.read()
		r.cells = slices.Clone(r.cells)
		t.ahead = append(t.ahead, r)
		if d := (*DecodeError)(nil); r.err != nil && (!errors.As(r.err, &d) || d.Final) {
			break
		}
	}
	var right []row // those that will be items
	for _, r := range t.ahead {
		if r.err == nil && (t.shape == nil || len(r.cells) == len(t.types)) {
			right = append(right, r)
		}
	}
	if t.shape == nil {
		longest := 0
		for _, r := range right {
			longest = max(longest, len(r.cells))
		}
		t.types = make([]string, longest)
	}
	for i := range t.types {
		t.types[i] = inferred(i, right)
	}
}

// item makes an item of a row.
func (t *table) item(r row) (value.Value, error) {
	if r.err != nil {
		return value.Value{}, r.err
	}
	if t.shape != nil && len(r.cells) != len(t.shape.Keys()) {
		return value.Value{}, t.fail(fmt.Sprintf("the row has %s, and the header %d", plural(len(r.cells), "cell"), len(t.shape.Keys())), r, false)
	}
	slots := make([]value.Value, len(r.cells))
	for i, c := range r.cells {
		if i >= len(t.types) {
			slots[i] = value.OfString(c)
			continue
		}
		v, err := cell(c, t.types[i])
		if err != nil {
			return v, t.fail(t.mistyped(i, c), r, false)
		}
		slots[i] = v
	}
	if t.shape == nil {
		if len(slots) != t.width {
			t.another(len(slots))
		}
		return value.OfList(slots), nil
	}
	return value.OfShape(t.shape, slots), nil
}

// mistyped says that a cell is not of its column's type.
func (t *table) mistyped(column int, text string) string {
	if t.shape == nil {
		return fmt.Sprintf("the cell %q of column %d is no %s: the first %d rows were; leave `infer` out", text, column+1, t.types[column], t.opt.Infer)
	}
	name, help := t.shape.Keys()[column], ""
	if t.opt.Types[name] == "" {
		help = fmt.Sprintf(": the first %d rows were; write `types: {%s: string}`", t.opt.Infer, name)
	}
	return fmt.Sprintf("the cell %q of the column `%s` is no %s%s", text, name, t.types[column], help)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func (t *table) fail(msg string, r row, final bool) error {
	return &DecodeError{Name: t.rows.in.name, Line: t.rows.in.began, Msg: msg, Raw: string(r.raw), Final: final}
}
