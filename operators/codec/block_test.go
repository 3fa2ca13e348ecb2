package codec

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// readWhole gives everything that a reader has to say of a text, item by item.
func readWhole(text io.Reader, o *ReadOptions) (out []string) {
	rd, err := Open("in", text, o, true)
	if err != nil {
		return []string{err.Error()}
	}
	for {
		it, err := rd.Next()
		if err == nil {
			out = append(out, described(it))
			continue
		}
		if err == io.EOF {
			return out
		}
		err = Reject(err, func(it flow.Item, err error) error { out = append(out, described(it)+" "+err.Error()); return nil })
		if err != nil {
			return append(out, err.Error())
		}
	}
}

// readInBlocks does the same block by block.
func readInBlocks(text io.Reader, o *ReadOptions) (out []string) {
	rd, err := Open("in", text, o, true)
	if err != nil {
		return []string{err.Error()}
	}
	for {
		b, err := rd.NextBlock()
		if err == io.EOF {
			return out
		}
		if err == nil {
			err = b.Decode(
				func(it flow.Item) error { out = append(out, described(it)); return nil },
				func(it flow.Item, err error) error { out = append(out, described(it)+" "+err.Error()); return nil },
			)
		} else {
			err = Reject(err, func(it flow.Item, err error) error { return err })
		}
		if err != nil {
			return append(out, err.Error())
		}
	}
}

func described(it flow.Item) string {
	line := int64(0)
	if it.Meta != nil {
		line = it.Meta.Line
	}
	return fmt.Sprintf("%d %s", line, value.AppendJSON(nil, it.Value))
}

func TestBlocksGiveWhatTheWholeGives(t *testing.T) {
	pieces := map[string][]string{
		"jsonl": {"1", "\n", "{\"a\":1}", "{\"a\":", "\r\n", " ", "x", "[1,2]", "\"é\"", "\ufeff"},
		"csv":   {"a", "b", "1", ",", ",", "\n", "\n", "\r\n", "\"", "\"\"", "\"x\"", "\"x\ny\"", ",\"p,q\"", "\ufeff", " "},
		"tsv":   {"a", "\t", "\n", "\"", "\"x\ty\"\n"},
		"lines": {"a", "\n", "\r\n", "", "é", "\xff", "\ufeff"},
	}
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]string{"jsonl", "csv", "tsv", "lines"}).Draw(t, "format")
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces[format]), 0, 150).Draw(t, "text"), "")
		o := &ReadOptions{Encoding: Encoding{Format: format}, MaxItem: 1 << 20, Infer: rapid.SampledFrom([]flow.Sample{0, 3, 100}).Draw(t, "infer")}
		o.Header = value.OfBool(rapid.Bool().Draw(t, "header"))
		whole := readWhole(strings.NewReader(text), o)
		for name, r := range map[string]io.Reader{
			"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)), "in halves": iotest.HalfReader(strings.NewReader(text)),
		} {
			if got := readInBlocks(r, o); strings.Join(got, "\n") != strings.Join(whole, "\n") {
				t.Fatalf("%q %s:\n%s\nwant\n%s", text, name, strings.Join(got, "\n"), strings.Join(whole, "\n"))
			}
		}
	})
}
