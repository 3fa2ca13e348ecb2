package codec

import (
	"bytes"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// TestSamples looks at no more than the first items, and no further than a file is right.
func TestSamples(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("{\"a\":1}\n")); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		want       string
		n          int
	}{
		{"a.jsonl", "{\"a\":1}\n{\"a\":2,\"b\":\"x\"}\n{\"c\":1}\n", "{a: int, b?: string}", 2},
		{"a.jsonl", "{\"a\":1}\nno\n", "{a: int}", 1},
		{"a.jsonl", "", "any", 0},
		{"a.json", "[{\"a\":[1]},{\"a\":[]}]", "{a: list of int}", 2},
		{"a.jsonl.gz", packed.String(), "{a: int}", 1},
		{"a.jsonl.gz", "no gzip", "any", 0},
		{"a.jsonl", "{\"a\":\"" + strings.Repeat("x", sampled) + "\"}\n", "any", 0},
	} {
		got, n := Sample(c.name, strings.NewReader(c.text), reading("", func(o *ReadOptions) { o.Infer, o.MaxItem = 2, 64<<20 }))
		if got.String() != c.want || n != c.n {
			t.Errorf("%s: %s of %d, want %s of %d", c.name, got, n, c.want, c.n)
		}
	}
}
