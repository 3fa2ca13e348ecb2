package codec

import (
	"bytes"
	"fmt"
	"io"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// chunk is the size of the buffers that files are read into. A buffer is never used again, so that strings of items can
// be spans of it; it is freed with the last item that refers to it.
const chunk = flow.BlockSize

// mark is the byte order mark that a text of UTF-8 may begin with.
var mark = []byte("\xef\xbb\xbf")

// raise is what to do about an item that is too large.
const raise = "raise it if the file is as it should be"

// input is the text of a file, chunk by chunk. It holds one item and a chunk at most.
type input struct {
	name   string
	r      io.Reader
	max    int // bytes of an item
	buf    []byte
	start  int // of what was not taken yet
	end    int
	eof    bool
	err    error  // that ended the reading
	cut    bool   // the text is a part, and more follows
	lines  int64  // taken
	began  int64  // the line on which the running item began, from 1
	ending string // of the line that was taken last: "" where the text ends in it
}

func (in *input) rest() []byte { return in.buf[in.start:in.end] }

// more reads on; io.EOF where there is nothing more, or an error of the file. It fails for an item beyond the bound.
func (in *input) more() error {
	if in.eof {
		return io.EOF
	}
	held := in.end - in.start
	if held > in.max {
		return in.tooLarge(in.lines+1, "item", raise)
	}
	if in.end == len(in.buf) {
		size := chunk
		for size < 2*held {
			size *= 2
		}
		buf := make([]byte, min(size, in.max+chunk))
		in.end = copy(buf, in.rest())
		in.buf, in.start = buf, 0
	}
	for range 100 {
		if in.err != nil {
			return in.failed(in.err)
		}
		n, err := in.r.Read(in.buf[in.end:])
		in.end += n
		if err == io.EOF {
			in.eof = true
		} else {
			in.err = err
		}
		switch {
		case n > 0:
			return nil // what was read comes before what went wrong
		case in.eof:
			return io.EOF
		}
	}
	return io.ErrNoProgress
}

// failed puts the place to an error of the file.
func (in *input) failed(err error) error {
	if n := in.lines + int64(bytes.Count(in.rest(), []byte("\n"))); n > 0 {
		return fmt.Errorf("read %s, after line %d: %w", in.name, n, err)
	}
	return fmt.Errorf("read %s: %w", in.name, err)
}

// tooLarge is the error of an item beyond the bound.
func (in *input) tooLarge(line int64, what, help string) error {
	msg := fmt.Sprintf("the %s is larger than `max_item`, %s: %s", what, flow.Size(in.max), help)
	return &DecodeError{Name: in.name, Line: line, Final: true, Msg: msg}
}

// line takes the next line, without its end; io.EOF after the last. The last needs no end.
func (in *input) line() ([]byte, error) {
	seen := 0
	for {
		if i := bytes.IndexByte(in.buf[in.start+seen:in.end], '\n'); i >= 0 {
			line := in.buf[in.start : in.start+seen+i]
			in.start += seen + i + 1
			return in.took(line, "\n")
		}
		seen = in.end - in.start
		if err := in.more(); err == io.EOF && seen > 0 {
			line := in.rest()
			in.start = in.end
			return in.took(line, "")
		} else if err != nil {
			return nil, err
		}
	}
}

// await reads on until there is a line end; false where there was one, or none comes.
func (in *input) await() bool {
	for seen, read := 0, false; ; read = true {
		if bytes.IndexByte(in.rest()[seen:], '\n') >= 0 {
			return read
		}
		if seen = len(in.rest()); in.more() != nil { // it fails again for who asks for the line
			return false
		}
	}
}

func (in *input) took(line []byte, ending string) ([]byte, error) {
	if in.lines == 0 {
		n, err := in.byteOrder(line)
		if err != nil {
			return nil, err
		}
		line = line[n:]
	}
	in.lines++
	in.began = in.lines
	if len(line) > in.max {
		return nil, in.tooLarge(in.lines, "line", raise)
	}
	in.ending = ending
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
		in.ending = "\r" + ending
	}
	return line, nil
}

// byteOrder gives the length of the mark that the file begins with. It fails for a file in UTF-16.
func (in *input) byteOrder(first []byte) (int, error) {
	switch {
	case bytes.HasPrefix(first, mark):
		return len(mark), nil
	case bytes.HasPrefix(first, []byte("\xff\xfe")), bytes.HasPrefix(first, []byte("\xfe\xff")):
		return 0, &DecodeError{Name: in.name, Line: 1, Column: 1, Final: true, Msg: "the file is UTF-16: make it UTF-8, as `iconv -f UTF-16 -t UTF-8` does"}
	}
	return 0, nil
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
