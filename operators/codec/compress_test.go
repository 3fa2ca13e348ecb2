package codec

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// packed gives a text compressed, in members of their own.
func packed(t rapid.TB, compression string, texts ...string) string {
	t.Helper()
	var out bytes.Buffer
	for _, text := range texts {
		z, err := Compress(&out, compression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(z, text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestCompressedText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringMatching(`([a-z0-9 ]{0,40}\n){0,9}`), 1, 3).Draw(t, "texts")
		for _, compression := range []string{"none", "gzip", "zstd"} {
			o := reading("lines", func(o *ReadOptions) { o.Compression = compression })
			var got strings.Builder
			for _, v := range values(t, packed(t, compression, texts...), o) {
				got.WriteString(v.Str() + "\n")
			}
			if got.String() != strings.Join(texts, "") {
				t.Fatalf("%s: %q", compression, got.String())
			}
		}
	})
}

// TestBrokenCompression reads compressed text that is cut short, changed or followed by something else.
func TestBrokenCompression(t *testing.T) {
	var lines strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&lines, "line %d %x\n", i, i*i*i)
	}
	for _, compression := range []string{"gzip", "zstd"} {
		good := packed(t, compression, lines.String())
		changed := []byte(good)
		changed[len(good)-3] ^= 0x10 // of the checksum
		for name, in := range map[string]string{
			"empty":      "",
			"another":    "no such thing at all",
			"begun":      good[:3],
			"half":       good[:len(good)/2],
			"last byte":  good[:len(good)-1],
			"two, half":  good + good[:len(good)/2],
			"changed":    string(changed),
			"text after": good + "and more",
		} {
			o := reading("lines", func(o *ReadOptions) { o.Compression = compression })
			got := readWhole(strings.NewReader(in), o)
			last := got[len(got)-1]
			if want := "read in"; !strings.HasPrefix(last, want) || !strings.Contains(last, "the "+compression+" data is ") {
				t.Errorf("%s, %s: %s", compression, name, last)
			}
			if name == "half" || name == "two, half" {
				if want := fmt.Sprintf("after line %d: the %s data is broken: it ends too early", len(got)-1, compression); !strings.Contains(last, want) {
					t.Errorf("%s, %s: %s, want %s", compression, name, last, want)
				}
			}
		}
	}
}

// TestWindowIsBounded reads zstd data that asks for more memory than is given to any.
func TestWindowIsBounded(t *testing.T) {
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out, zstd.WithWindowSize(2*maxWindow), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the size is not known when the first is written
		if _, err := z.Write([]byte("a\n")); err != nil {
			t.Fatal(err)
		}
		if err := z.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	got := readWhole(&out, reading("lines", func(o *ReadOptions) { o.Compression = "zstd" }))
	if want := "read in: the zstd data is broken: it asks for a window of more than 128 MiB"; got[0] != want {
		t.Error(got)
	}
}
