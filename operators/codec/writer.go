package codec

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Writer turns items into the text of a file. What it has made stands in its buffer until somebody takes it.
type Writer struct {
	Buf     []byte
	enc     Encoding
	columns *value.Shape // of csv: set by the names given, or by the first item
	lists   bool         // of csv: items are lists, and there are no columns
	known   *value.Shape // of csv: whose fields the columns are
	slots   []int        // of these, by column; -1 where there is none
	same    bool         // they are all, in the order of the columns
	cells   cellWriter   // of csv
	begun   bool         // of json: there is an item
	settled atomic.Bool  // the text of further items does not depend on one another
}

func newWriter(e Encoding) *Writer { return &Writer{enc: e, cells: newCellWriter(e.delimiter())} }

// NewWriter gives a writer of a complete encoding.
func NewWriter(e Encoding) *Writer {
	w := newWriter(e)
	if names := e.names(); names != nil && w.table() {
		w.columns = value.NewShape(names)
		w.header()
	}
	w.settle()
	return w
}

// settle notes whether the text of further items depends on one another: that of a table does until there are columns, or
// items are lists, that of a JSON array until there is an item. Columns, lists and begun do not change afterwards.
func (w *Writer) settle() {
	switch {
	case w.table():
		w.settled.Store(w.columns != nil || w.lists)
	case w.enc.Format == "json":
		w.settled.Store(w.begun)
	default:
		w.settled.Store(true)
	}
}

// AppendRow appends the row of cells that a list is by itself, or the values of an object are.
func (e Encoding) AppendRow(dst []byte, v value.Value) ([]byte, error) {
	w := newWriter(e)
	w.Buf = dst
	err := w.Append(flow.Item{Value: v})
	return w.Buf, err
}

// Encode gives what appends a further item, for one goroutine; an error is the item's own. It is nil as long as the text
// depends on an item that was not added yet. Several goroutines may call it at once, and beside Append.
func (w *Writer) Encode() func(dst []byte, it flow.Item) ([]byte, error) {
	if !w.settled.Load() {
		return nil
	}
	own := &Writer{enc: w.enc, cells: w.cells, columns: w.columns, lists: w.lists, begun: w.begun}
	own.settled.Store(true)
	return func(dst []byte, it flow.Item) ([]byte, error) {
		own.Buf = dst
		err := own.Append(it)
		return own.Buf, err
	}
}

// Resume gives a writer that goes on with what r holds: a table of the columns that its header names. Anything else goes
// on as it is.
func Resume(e Encoding, name string, r io.Reader) (*Writer, error) {
	w := newWriter(e)
	if !w.table() || e.Header.Kind() == value.Bool && !e.Header.Bool() {
		w.settle()
		return w, nil
	}
	listed := e.names()
	e.Header = value.OfBool(false)
	rd, err := Open(name, r, &ReadOptions{Encoding: e, MaxItem: 1 << 20}, false)
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	first, err := rd.Next()
	if err == io.EOF {
		return NewWriter(w.enc), nil
	}
	if err != nil {
		return nil, fmt.Errorf("the header of the file that is to be added to: %w", err)
	}
	var names []string
	for _, c := range first.Value.List() {
		names = append(names, strings.Clone(c.Str()))
	}
	if listed != nil && !slices.Equal(listed, names) {
		return nil, fmt.Errorf("%s has the columns %s, and `header` says %s", name, strings.Join(names, ", "), strings.Join(listed, ", "))
	}
	w.columns = value.NewShape(names)
	w.settle()
	return w, nil
}

func (w *Writer) table() bool { return w.enc.Format == "csv" || w.enc.Format == "tsv" }

// Append adds an item. An error is the item's own: nothing of it is left in the buffer.
func (w *Writer) Append(it flow.Item) error {
	before := len(w.Buf)
	err := w.append(it.Value)
	if err != nil {
		w.Buf = w.Buf[:before]
		return flow.Typed("encode", err)
	}
	if !w.settled.Load() {
		w.begun = true
		w.settle()
	}
	return nil
}

func (w *Writer) append(v value.Value) error {
	switch w.enc.Format {
	case "jsonl":
		w.Buf = append(value.AppendJSON(w.Buf, v), '\n')
	case "json":
		if w.begun {
			w.Buf = append(w.Buf, ",\n"...)
		} else {
			w.Buf = append(w.Buf, "[\n"...)
		}
		w.Buf = value.AppendJSON(w.Buf, v)
	case "csv", "tsv":
		return w.row(v)
	case "lines":
		line := v.Text()
		if strings.Contains(line, "\n") {
			return fmt.Errorf("the text has a line end in it, and the format is lines")
		}
		w.Buf = append(append(w.Buf, line...), '\n')
	default:
		w.Buf = value.AppendText(w.Buf, v)
	}
	return nil
}

// row adds a row of cells. The columns are those that the options name, else the fields of the first item; where that is
// a list, there are none.
func (w *Writer) row(v value.Value) error {
	switch kind := v.Kind(); {
	case kind != value.Object && kind != value.List:
		return fmt.Errorf("the item is %s, and a row of %s is an object, or a list of cells", flow.Describe(v), w.enc.Format)
	case v.Len() == 0 && w.columns == nil:
		return fmt.Errorf("the item is an empty %v, and a row has one cell at least", kind)
	case kind == value.List && w.columns != nil && v.Len() != len(w.columns.Keys()):
		return fmt.Errorf("the item is a list of %d, and the columns are %s", v.Len(), strings.Join(w.columns.Keys(), ", "))
	case kind == value.List:
		if w.columns == nil && !w.lists {
			w.lists = true
		}
		if line, ok := v.Line(w.cells.comma); ok && line.Exact {
			w.Buf = w.cells.appendLine(w.Buf, line, v.Len())
			return nil
		}
		for i, cell := range v.List() {
			w.Buf = w.cells.appendValue(w.Buf, i, v.Len(), cell)
		}
		w.Buf = append(w.Buf, '\n')
		return nil
	case w.lists:
		return errors.New("the item is an object, and the first was a list of cells")
	}
	if w.columns == nil {
		w.columns = v.Shape()
		w.header()
	}
	if err := w.find(v.Shape()); err != nil {
		return err
	}
	if line, ok := v.Line(w.cells.comma); ok && w.same && line.Exact {
		w.Buf = w.cells.appendLine(w.Buf, line, len(w.slots))
		return nil
	}
	for i, slot := range w.slots {
		var cell value.Value
		if slot >= 0 {
			cell = v.At(slot)
		}
		w.Buf = w.cells.appendValue(w.Buf, i, len(w.slots), cell)
	}
	w.Buf = append(w.Buf, '\n')
	return nil
}

// find finds the fields of objects of a shape that are the columns.
func (w *Writer) find(shape *value.Shape) error {
	if shape == w.known {
		return nil
	}
	for _, key := range shape.Keys() {
		if w.columns.Slot(key) < 0 {
			return fmt.Errorf("the field `%s` is no column: they are %s", key, strings.Join(w.columns.Keys(), ", "))
		}
	}
	w.slots = w.slots[:0]
	for _, key := range w.columns.Keys() {
		w.slots = append(w.slots, shape.Slot(key))
	}
	w.known, w.same = shape, slices.Equal(shape.Keys(), w.columns.Keys())
	return nil
}

// header adds the row that names the columns, if there is to be one.
func (w *Writer) header() {
	if w.enc.Header.Kind() == value.Bool && !w.enc.Header.Bool() {
		return
	}
	keys := w.columns.Keys()
	for i, key := range keys {
		w.Buf = w.cells.appendValue(w.Buf, i, len(keys), value.OfString(key))
	}
	w.Buf = append(w.Buf, '\n')
}

// End adds what closes the file.
func (w *Writer) End() {
	if w.enc.Format != "json" {
		return
	}
	if !w.begun {
		w.Buf = append(w.Buf, "["...)
	} else {
		w.Buf = append(w.Buf, '\n')
	}
	w.Buf = append(w.Buf, "]\n"...)
}
