package codec

import (
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Writer turns items into the text of a file. What it has made stands in its buffer until somebody takes it.
type Writer struct {
	Buf     []byte
	enc     Encoding
	columns *value.Shape // of csv: set by the names given, or by the first item
	begun   bool
	resumed bool // the file had a beginning: its header is there
}

// NewWriter gives a writer of a complete encoding.
func NewWriter(e Encoding) *Writer {
	w := &Writer{enc: e}
	if names := e.names(); names != nil {
		w.columns = value.NewShape(names)
	}
	return w
}

// Apart reports whether items are written apart from one another, whatever stands before them.
func (e Encoding) Apart() bool { return e.Format == "jsonl" || e.Format == "lines" }

// Encode appends an item in an encoding that writes items apart from one another.
func (e Encoding) Encode(dst []byte, it flow.Item) ([]byte, error) {
	w := Writer{Buf: dst, enc: e}
	err := w.Append(it)
	return w.Buf, err
}

// Append adds an item. An error is the item's own: nothing of it is left in the buffer.
func (w *Writer) Append(it flow.Item) error {
	before := len(w.Buf)
	err := w.append(it.Value)
	if err != nil {
		w.Buf = w.Buf[:before]
		return flow.Typed("encode", err)
	}
	w.begun = true
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

func (w *Writer) row(v value.Value) error {
	if v.Kind() == value.List && !w.begun && w.columns == nil || w.begun && w.columns == nil {
		if v.Kind() != value.List {
			return fmt.Errorf("the item is %s, and the first was a list of cells", flow.Describe(v))
		}
		w.cells(v.List())
		return nil
	}
	if v.Kind() != value.Object {
		return fmt.Errorf("the item is %s, and a row of %s is an object", flow.Describe(v), w.enc.Format)
	}
	columns := w.columns
	if columns == nil {
		columns = value.NewShape(append([]string(nil), v.Shape().Keys()...))
	}
	slots := v.Slots()
	cells := slots
	if v.Shape() != columns {
		cells = make([]value.Value, len(columns.Keys()))
		for i, key := range v.Shape().Keys() {
			slot := columns.Slot(key)
			if slot < 0 {
				return fmt.Errorf("the field `%s` is no column: the first item had %s", key, strings.Join(columns.Keys(), ", "))
			}
			cells[slot] = slots[i]
		}
	}
	if !w.begun && !w.resumed && (w.enc.Header.Kind() != value.Bool || w.enc.Header.Bool()) {
		names := make([]value.Value, len(columns.Keys()))
		for i, key := range columns.Keys() {
			names[i] = value.OfString(key)
		}
		w.cells(names)
	}
	w.columns = columns
	w.cells(cells)
	return nil
}

func (w *Writer) cells(cells []value.Value) {
	comma := w.enc.delimiter()
	for i, c := range cells {
		if i > 0 {
			w.Buf = append(w.Buf, comma)
		}
		if c.IsNull() {
			continue
		}
		start := len(w.Buf)
		w.Buf = value.AppendText(w.Buf, c)
		if cell := w.Buf[start:]; needsQuotes(cell, comma) {
			quoted := strings.ReplaceAll(string(cell), `"`, `""`)
			w.Buf = append(append(append(w.Buf[:start], '"'), quoted...), '"')
		}
	}
	if len(cells) == 1 && (cells[0].IsNull() || cells[0].Kind() == value.String && cells[0].Len() == 0) {
		w.Buf = append(w.Buf, `""`...) // an empty line would be no row
	}
	w.Buf = append(w.Buf, '\n')
}

func needsQuotes(cell []byte, comma byte) bool {
	for _, c := range cell {
		if c == comma || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return len(cell) > 0 && (cell[0] == ' ' || cell[len(cell)-1] == ' ')
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

// Compressor is a stream that compresses; Close ends it, not what it writes to.
type Compressor interface {
	io.WriteCloser
	Flush() error
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }
func (plain) Flush() error { return nil }

// Compress gives the stream that an encoding asks for.
func Compress(w io.Writer, compression string) (Compressor, error) {
	switch compression {
	case "gzip":
		return gzip.NewWriter(w), nil
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}
	return plain{w}, nil
}

// Resume makes the writer go on with a file that has its beginning already.
func (w *Writer) Resume() { w.resumed = true }
