package codec

import (
	"fmt"
	"io"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// DecodeError is text that is no item. Reading can go on after it unless it is Final.
type DecodeError struct {
	Name   string // of the file
	Line   int64  // from 1
	Column int    // in bytes, from 1; 0 is unknown
	Msg    string
	Raw    string // the text
	Final  bool
}

// Error gives the place and what is wrong.
func (e *DecodeError) Error() string {
	if e.Column > 0 {
		return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.Msg)
}

// Reader gives the items of one file.
type Reader struct {
	in       *input
	next     func() (value.Value, error)
	meta     bool
	done     func()
	table    *table    // of csv and tsv
	lines    bool      // a text a line
	looked   progress  // of blocks
	decoders sync.Pool // of *jsonLines, for blocks
}

// Open begins to read. Closing what r reads from stays with the caller; Close frees what decompression holds.
func Open(name string, r io.Reader, o *ReadOptions, meta bool) (*Reader, error) {
	e := o.For(name)
	if e.Format == "" {
		return nil, Unknown(name)
	}
	r, done, err := decompress(r, e.Compression)
	if err != nil {
		return nil, err
	}
	rd := &Reader{meta: meta, done: done}
	rd.in = &input{name: name, r: r, max: int(o.MaxItem)}
	switch e.Format {
	case "jsonl":
		rd.next = (&jsonLines{in: rd.in, dec: value.Decoder{Text: true}}).next
	case "json":
		rd.next = (&jsonValues{in: rd.in, split: o.Split, dec: value.Decoder{Text: true}}).next
	case "csv", "tsv":
		rd.table = newTable(rd.in, e, o)
		rd.next = rd.table.next
	case "lines":
		rd.lines = true
		rd.next = func() (value.Value, error) {
			line, err := rd.in.line()
			return value.OfString(text(line)), err
		}
	default:
		rd.next = (&whole{in: rd.in}).next
	}
	return rd, nil
}

// Next gives the next item; io.EOF at the end; a *DecodeError for text that is none.
func (r *Reader) Next() (flow.Item, error) {
	v, err := r.next()
	it := flow.Item{Value: v}
	if err == nil && r.meta {
		it.Meta = &flow.Meta{File: r.in.name, Line: r.in.began}
	}
	return it, err
}

// Close frees what the reader holds.
func (r *Reader) Close() { r.done() }
