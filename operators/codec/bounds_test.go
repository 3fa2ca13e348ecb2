package codec

import (
	"io"
	"strings"
	"testing"
)

// endless is a text that begins with one part and goes on with another for ever.
type endless struct {
	begin, more string
	read        int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if e.read+n < len(e.begin) {
			n += copy(p[n:], e.begin[e.read+n:])
		} else {
			n += copy(p[n:], e.more)
		}
	}
	e.read += n
	return n, nil
}

// TestItemsAreBounded reads items that never end: each is an error with its place, soon after the bound.
func TestItemsAreBounded(t *testing.T) {
	const limit = 1 << 20
	const larger = "the item is larger than `max_item`, 1MiB: raise it if the file is as it should be"
	const row = "the row is larger than `max_item`, 1MiB: a quote may not be closed; else raise it"
	for _, c := range []struct {
		format, begin, more string
		want, blocks        string
	}{
		{"jsonl", "1\n2\n\"", "x", "in:3: " + larger, "in:3: " + larger},
		{"lines", "1\n", "x", "in:2: " + larger, "in:2: " + larger},
		{"json", "[1,\n\"", "x", "in:2: " + larger, ""},
		{"json", "[1,\n", "[", "in:2:10001: nested deeper than 10000", ""},
		{"csv", "a,b\n1,2\n3,", "x", "in:3: " + larger, "in:3: " + larger},
		{"csv", "a,b\n1,2\n3,\"", "x,\n", "in:3: " + row, "in:3: " + larger},
		{"bytes", "", "x", "in:1: " + larger, ""},
	} {
		check := func(read func(io.Reader, *ReadOptions) []string, want string) {
			r := &endless{begin: c.begin, more: c.more}
			got := read(r, reading(c.format))
			if last := got[len(got)-1]; last != want {
				t.Errorf("%s: %s\nwant %s", c.format, last, want)
			}
			if r.read > 3*limit {
				t.Errorf("%s: %d bytes were read", c.format, r.read)
			}
		}
		check(readWhole, c.want)
		if c.blocks != "" {
			check(readInBlocks, c.blocks)
		}
	}
}

// TestItemsWithinTheBound reads items that are as large as may be.
func TestItemsWithinTheBound(t *testing.T) {
	large := strings.Repeat("x", 1<<20-2)
	for format, in := range map[string]string{
		"jsonl": "\"" + large + "\"\n1\n", "lines": large + "xx\n1\n", "json": "\"" + large + "\"\n1", "csv": "a\n" + large + "\n\"" + large[4:] + "\"\n1\n",
	} {
		o := reading(format)
		got := readWhole(strings.NewReader(in), o)
		if last := got[len(got)-1]; strings.Contains(last, "max_item") || len(got) < 2 {
			t.Errorf("%s: %d items, %s", format, len(got), last)
		}
		if o.Splits("in") {
			if blocks := readInBlocks(strings.NewReader(in), o); strings.Join(blocks, "\n") != strings.Join(got, "\n") {
				t.Errorf("%s: blocks differ", format)
			}
		}
	}
}
