package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// chunk is the size of the buffers that files are read into. A buffer is never used again, so that strings of items can
// be spans of it; it is freed with the last item that refers to it.
const chunk = 256 << 10

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
	decoders sync.Pool // of *jsonLines, for blocks
}

// Open begins to read. Closing what r reads from stays with the caller; Close frees what decompression holds.
func Open(name string, r io.Reader, o *ReadOptions, meta bool) (*Reader, error) {
	e := o.For(name)
	if e.Format == "" {
		return nil, Unknown(name)
	}
	rd := &Reader{meta: meta, done: func() {}}
	switch e.Compression {
	case "gzip":
		r = &gunzip{r: r}
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		rd.done = z.Close
		r = broken{z, "zstd"}
	}
	rd.in = &input{name: name, r: r, max: int(o.MaxItem)}
	switch e.Format {
	case "jsonl":
		rd.next = (&jsonLines{in: rd.in, dec: value.Decoder{Text: true}}).next
	case "json":
		rd.next = (&jsonValues{in: rd.in, split: o.Split}).next
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

// gunzip reads the gzip data, of several members also.
type gunzip struct {
	r io.Reader
	z *gzip.Reader
}

func (g *gunzip) Read(p []byte) (n int, err error) {
	if g.z == nil {
		if g.z, err = gzip.NewReader(g.r); err != nil {
			if err == io.EOF {
				return 0, fmt.Errorf("the gzip data is empty")
			}
			return 0, fmt.Errorf("the gzip data is broken: %w", noEOF(err))
		}
	}
	return broken{g.z, "gzip"}.Read(p)
}

// broken names the compression in errors.
type broken struct {
	io.Reader
	kind string
}

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("the %s data is broken: %w", b.kind, noEOF(err))
	}
	return n, err
}

func noEOF(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("it ends too early")
	}
	return err
}

// mark is the byte order mark that a text of UTF-8 may begin with.
var mark = []byte("\xef\xbb\xbf")

// input is the text of a file, chunk by chunk.
type input struct {
	name  string
	r     io.Reader
	max   int
	buf   []byte
	start int // of what was not taken yet
	end   int
	eof   bool
	cut   bool  // the text is a part, and more follows
	lines int64 // taken
	began int64 // the line on which the running item began, from 1
}

func (in *input) rest() []byte { return in.buf[in.start:in.end] }

// more reads on; io.EOF where there is nothing more, or an error of the file. It fails for an item beyond the bound.
func (in *input) more() error {
	if in.eof {
		return io.EOF
	}
	if in.end-in.start > in.max {
		return &DecodeError{Name: in.name, Line: in.lines + 1, Final: true, Msg: fmt.Sprintf("an item is larger than max_item, %s", flow.Size(in.max))}
	}
	if in.end == len(in.buf) {
		size := chunk
		for size < 2*(in.end-in.start) {
			size *= 2
		}
		buf := make([]byte, size)
		in.end = copy(buf, in.rest())
		in.buf, in.start = buf, 0
	}
	for range 100 {
		n, err := in.r.Read(in.buf[in.end:])
		in.end += n
		if err == io.EOF {
			in.eof = true
			if n == 0 {
				return io.EOF
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", in.name, err)
		}
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// line takes the next line, without its end; io.EOF after the last. The last needs no end.
func (in *input) line() ([]byte, error) {
	seen := 0
	for {
		if i := bytes.IndexByte(in.buf[in.start+seen:in.end], '\n'); i >= 0 {
			line := in.buf[in.start : in.start+seen+i]
			in.start += seen + i + 1
			return in.took(line)
		}
		seen = in.end - in.start
		if err := in.more(); err == io.EOF && seen > 0 {
			line := in.rest()
			in.start = in.end
			return in.took(line)
		} else if err != nil {
			return nil, err
		}
	}
}

func (in *input) took(line []byte) ([]byte, error) {
	if in.lines == 0 {
		line = bytes.TrimPrefix(line, mark)
	}
	in.lines++
	in.began = in.lines
	if len(line) > in.max {
		return nil, &DecodeError{Name: in.name, Line: in.lines, Final: true, Msg: fmt.Sprintf("the line is larger than max_item, %s", flow.Size(in.max))}
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

// whole gives a file as one item.
type whole struct {
	in    *input
	given bool
}

func (w *whole) next() (value.Value, error) {
	if w.given {
		return value.Value{}, io.EOF
	}
	for {
		if err := w.in.more(); err == io.EOF {
			w.given, w.in.began = true, 1
			return value.OfBytes(w.in.rest()), nil
		} else if err != nil {
			return value.Value{}, err
		}
	}
}
