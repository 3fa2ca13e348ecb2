package codec

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Splits reports whether files of the format fall into blocks.
func (o *ReadOptions) Splits(name string) bool {
	switch o.For(name).Format {
	case "jsonl", "csv", "tsv", "lines":
		return true
	}
	return false
}

// block is some whole lines or rows of a file.
type block struct {
	in       *input // of the block's text alone
	table    *table // of csv and tsv
	lines    bool   // a text a line
	decoders *sync.Pool
	meta     bool
	ahead    []row // rows that were read before
}

// NextBlock gives the next lines or rows of the file as far as they have been read; io.EOF at the end.
func (r *Reader) NextBlock() (flow.Block, error) {
	if t := r.table; t != nil && !t.ready {
		if err := t.begin(); err != nil {
			return nil, err
		}
		if len(t.ahead) > 0 {
			b := r.block(nil, false)
			b.ahead, t.ahead = t.ahead, nil
			return b, nil
		}
	}
	for {
		if end := r.whole(); end > 0 {
			return r.block(r.take(end), false), nil
		}
		err := r.in.more()
		if err == io.EOF && len(r.in.rest()) > 0 {
			return r.block(r.take(len(r.in.rest())), true), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// progress is how far a text that grows was looked at, for the end of a line or a row.
type progress struct {
	bytes  int  // that were looked at
	rows   int  // bytes that hold no whole row
	quotes bool // there are some
}

// whole gives the length of the whole lines or rows that have been read.
func (r *Reader) whole() int {
	rest := r.in.rest()
	fresh := rest[r.looked.bytes:]
	r.looked.quotes = r.looked.quotes || r.table != nil && bytes.IndexByte(fresh, '"') >= 0
	end := bytes.LastIndexByte(fresh, '\n') + 1
	switch {
	case !r.looked.quotes && end > 0:
		return r.looked.bytes + end
	case r.looked.quotes && (len(rest) < 4*chunk || len(rest) > min(r.looked.rows*5/4, r.in.max)): // not each time over a large row
		r.looked.rows = len(rest)
		end = r.table.wholeRows(rest)
	default:
		end = 0
	}
	r.looked.bytes = len(rest)
	return end
}

// take takes n bytes as lines.
func (r *Reader) take(n int) *input {
	in := r.in
	data := in.rest()[:n:n]
	part := &input{name: in.name, max: in.max, buf: data, end: n, eof: true, lines: in.lines}
	in.start += n
	r.looked = progress{}
	in.lines += int64(bytes.Count(data, []byte("\n")))
	return part
}

func (r *Reader) block(in *input, last bool) *block {
	b := &block{in: in, lines: r.lines, decoders: &r.decoders, meta: r.meta}
	if in == nil {
		b.in = &input{name: r.in.name, max: r.in.max, eof: true}
	}
	b.in.cut = !last
	if r.table != nil {
		t := *r.table
		t.rows, t.cells, t.ahead = rows{in: b.in, comma: t.rows.comma}, nil, nil
		b.table = &t
	}
	return b
}

// Decode emits the items of the block.
func (b *block) Decode(emit flow.Emit, reject func(it flow.Item, err error) error) error {
	next := b.reader()
	for {
		v, err := next()
		if err == io.EOF {
			return nil
		}
		it := flow.Item{Value: v}
		switch {
		case err == nil && b.meta:
			it.Meta = &flow.Meta{File: b.in.name, Line: b.in.began}
			err = emit(it)
		case err == nil:
			err = emit(it)
		default:
			err = Reject(err, reject)
		}
		if err != nil {
			return err
		}
	}
}

// reader gives what decodes one item after another.
func (b *block) reader() func() (value.Value, error) {
	switch {
	case b.table != nil:
		b.table.ahead = b.ahead
		return b.table.next
	case b.lines:
		return func() (value.Value, error) {
			line, err := b.in.line()
			return value.OfString(text(line)), err
		}
	}
	d, _ := b.decoders.Get().(*jsonLines)
	if d == nil {
		d = &jsonLines{dec: value.Decoder{Text: true}}
	}
	d.in = b.in
	return func() (value.Value, error) {
		v, err := d.next()
		if err == io.EOF {
			b.decoders.Put(d)
		}
		return v, err
	}
}

// Reject hands text that is no item to reject; any other error is the file's own, and stays.
func Reject(err error, reject func(it flow.Item, err error) error) error {
	if d := (*DecodeError)(nil); errors.As(err, &d) && !d.Final && reject != nil {
		return reject(flow.Item{Value: value.OfString(d.Raw), Meta: &flow.Meta{File: d.Name, Line: d.Line}}, flow.Typed("decode", err))
	}
	return err
}

// wholeRows gives the length of the whole rows that data begins with: line ends within quotes end no row. It follows the
// grammar of read, also where a row is wrong.
func (t *table) wholeRows(data []byte) int {
	i := 0 // of what was looked at
	if t.rows.in.lines == 0 && bytes.HasPrefix(data, mark) {
		i = len(mark)
	}
	end, sound := value.WholeRows(data[i:], t.rows.comma)
	if end > 0 { // of the last whole row
		end += i
		i = end
	}
	for !sound {
		q := bytes.IndexByte(data[i:], '"')
		if q < 0 {
			q = len(data) - i
		}
		q += i
		began := i
		if n := bytes.LastIndexByte(data[i:q], '\n'); n >= 0 {
			end = i + n + 1
			began = end
		}
		if q == len(data) {
			return end
		}
		i = q + 1
		if q == began || data[q-1] == t.rows.comma {
			if i = closing(data, i); i < 0 || i == len(data) {
				return end
			}
			if c := data[i]; c == t.rows.comma || c == '\n' || c == '\r' {
				continue
			}
		}
		n := bytes.IndexByte(data[i:], '\n') // the row is wrong, and ends with its line
		if n < 0 {
			return end
		}
		i += n
	}
	return end
}

// closing gives the position after the quote that closes a cell whose content is at i; -1 where there is none.
func closing(data []byte, i int) int {
	for {
		q := bytes.IndexByte(data[i:], '"')
		if q < 0 {
			return -1
		}
		if i += q + 1; i == len(data) || data[i] != '"' {
			return i
		}
		i++
	}
}
