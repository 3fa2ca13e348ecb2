package runtime_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// bits reads a text in pieces of some sizes in turn, so that it falls into many blocks.
type bits struct {
	text  io.Reader
	sizes []int
}

func (p *bits) Read(b []byte) (int, error) {
	n := min(p.sizes[0], len(b))
	p.sizes = append(p.sizes[1:], p.sizes[0])
	return p.text.Read(b[:n])
}

// TestSinksWriteTheSameOnAnyNumberOfCores writes items that make a table, and others that cannot: what stands in the
// output, which item fails, and the fate of each are those of one core.
func TestSinksWriteTheSameOnAnyNumberOfCores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		item := rapid.SampledFrom([]string{
			`{"a":1,"b":"x, y"}`, `{"a":1,"b":"x, y"}`, `{"b":" ","a":null}`, `{"a":"\"q\""}`, `{"a":1,"c":2}`, `{}`, `[1,"a,b"]`, `[3]`, `[]`, `7`, `"text"`, `"two\nlines"`, `null`, `{"k":1,"gone":1}`,
		})
		var lines []string
		if rapid.Bool().Draw(t, "late") {
			lines = append(lines, strings.Repeat(`{"gone":true}`+"\n", rapid.IntRange(0, 300).Draw(t, "gone")))
		}
		lines = append(lines, rapid.SliceOfN(item, 0, 100).Draw(t, "items")...)
		in := strings.Join(lines, "\n")
		sizes := rapid.SliceOfN(rapid.IntRange(1, 300), 1, 5).Draw(t, "sizes")
		format := rapid.SampledFrom([]string{"csv", "tsv", "csv, header: false", "csv, header: [b, a]", "csv, delimiter: \" \"", "json", "jsonl", "lines", "bytes"}).Draw(t, "format")
		onError := rapid.SampledFrom([]string{"skip", "fail"}).Draw(t, "on error")
		text := fmt.Sprintf(`
source: {stdin: {format: jsonl}}
steps:
  - filter: "not ('gone' in (it ?? {}))"
    on_error: skip
sink: {stdout: {format: %s}, on_error: %s}
`, format, onError)
		run := func(workers int) (string, metrics.Report) {
			p, err := load(strings.TrimPrefix(text, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			opt := runtime.Options{Stdin: &bits{strings.NewReader(in), append([]int(nil), sizes...)}, Stdout: &out, Plan: plan.Options{Workers: workers}}
			r, err := runtime.Start(context.Background(), p, opt)
			if err != nil {
				t.Fatal(err)
			}
			rep := r.Wait()
			return out.String(), rep
		}
		want, plain := run(1)
		for _, workers := range []int{2, 5} {
			got, rep := run(workers)
			if plain.Error != rep.Error || plain.ExitCode != rep.ExitCode {
				t.Fatalf("on %d cores it ends with %d %s, on one with %d %s", workers, rep.ExitCode, rep.Error, plain.ExitCode, plain.Error)
			}
			if plain.Error != "" { // how far the items after a failure come is not said
				short, long := got, want
				if len(short) > len(long) {
					short, long = long, short
				}
				if !strings.HasPrefix(long, strings.TrimSuffix(short, "\n]\n")) {
					t.Fatalf("on %d cores:\n%s\nwant\n%s", workers, got, want)
				}
				continue
			}
			if got != want {
				t.Fatalf("on %d cores:\n%s\nwant\n%s", workers, got, want)
			}
			if a, b := fmt.Sprint(plain.ItemsIn, plain.ItemsOut, fates(plain)), fmt.Sprint(rep.ItemsIn, rep.ItemsOut, fates(rep)); a != b {
				t.Fatalf("on %d cores:\n%s\nwant\n%s", workers, b, a)
			}
		}
	})
}

// fates gives the counts of each step.
func fates(rep metrics.Report) (out []string) {
	for _, s := range rep.Steps {
		out = append(out, fmt.Sprint(s.ID, s.In, s.Out, s.Completed, s.Filtered, s.Skipped, s.Fatal, s.Cancelled))
	}
	return out
}
