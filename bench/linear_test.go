package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/flowrun/flowrun"
)

// cost runs a pipeline over so many items, and reports what each costs, and each part of it: a field, or a step.
func cost(b *testing.B, text string, items, parts int) {
	b.Helper()
	p, err := flowrun.Parse("bench.yaml", []byte(text), flowrun.Options{})
	if err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		if _, err := p.Run(context.Background(), flowrun.Options{Stdout: io.Discard}); err != nil {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	all := float64(b.N) * float64(items)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/all, "ns/item")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/all/float64(parts), "ns/part")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/all, "allocs/item")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/all, "B/item")
}

// stored gives the path of a file with a text, as YAML.
func stored(b *testing.B, text []byte) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "in.jsonl")
	if err := os.WriteFile(path, text, 0o666); err != nil {
		b.Fatal(err)
	}
	return fmt.Sprintf("%q", path)
}

// BenchmarkLinear is what an item costs as there are more of them, as there are more steps, and as it has more fields, of
// which two are read.
func BenchmarkLinear(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("items/%d", n), func(b *testing.B) {
			cost(b, "source: {file: "+stored(b, input(n))+"}\nsteps:\n  - filter: it.status == 'ok'\n  - map: {id: it.id, user: it.user}\n", n, 1)
		})
	}
	for _, steps := range []int{1, 10, 50} {
		b.Run(fmt.Sprintf("steps/%d", steps), func(b *testing.B) {
			const n = 200_000
			cost(b, fmt.Sprintf("source: {range: {from: 1, to: %d}}\nsteps:\n", n)+strings.Repeat("  - map: it + 1\n", steps)+"  - count: {}\n", n, steps)
		})
	}
	for _, fields := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("fields/%d", fields), func(b *testing.B) {
			n := 3_000_000 / max(fields, 30)
			cost(b, fmt.Sprintf("source: {file: %s}\nsteps:\n  - filter: it.f0 + it.f%d > 0\n", stored(b, wide(n, fields)), fields-1), n, fields)
		})
	}
}

// wide gives n lines of objects of so many fields.
func wide(n, fields int) []byte {
	var out bytes.Buffer
	for i := range n {
		for f := range fields {
			fmt.Fprintf(&out, `%c"f%d":%d`, "{,"[min(f, 1)], f, i+f+1)
		}
		out.WriteString("}\n")
	}
	return out.Bytes()
}

// BenchmarkUnused is what an item costs in a plain pipeline, and in the same with what is of no use to it; the last two
// show what is paid where it is used.
func BenchmarkUnused(b *testing.B) {
	const n, plain = 1_000_000, "source: {range: {from: 1, to: 1000000}}\nsteps:\n"
	for _, c := range []struct{ name, text string }{
		{"plain", plain + "  - filter: it % 2 == 0\n  - map: it + 1\n  - count: {}\n"},
		{"ids", plain + "  - {id: even, description: Leaves out the odd ones., filter: it % 2 == 0}\n  - {id: next, map: it + 1}\n  - {id: total, count: {}}\n"},
		{"params", "params: {a: {type: int, default: 1}, b: {type: string, default: b}}\n" + plain + "  - filter: it % 2 == 0\n  - map: it + params.a\n  - count: {}\n"},
		{"on_error", plain + "  - {filter: it % 2 == 0, on_error: skip}\n  - {map: it + 1, on_error: skip}\n  - count: {}\n"},
		{"memory", "memory: 1GiB\ntimeout: 1h\n" + plain + "  - filter: it % 2 == 0\n  - map: it + 1\n  - count: {}\n"},
		{"used: when", plain + "  - filter: it % 2 == 0\n  - {map: it + 1, when: it > 0}\n  - count: {}\n"},
		{"used: meta", plain + "  - filter: it % 2 == 0\n  - map: meta.index\n  - count: {}\n"},
	} {
		b.Run(c.name, func(b *testing.B) { cost(b, c.text, n, 1) })
	}
}
