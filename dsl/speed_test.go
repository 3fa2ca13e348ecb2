package dsl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/dsl"
)

// large are files of the shapes that could make a check slow.
var large = map[string]func(n int) string{
	"a chain": func(n int) string {
		var b strings.Builder
		b.WriteString("source: {items: [{id: 1, name: a, tags: [x]}]}\nsteps:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - set:\n      f%d: it.id + %d\n    description: step %d\n", i%20, i, i)
		}
		return b.String()
	},
	"calls": func(n int) string {
		var b strings.Builder
		b.WriteString("limits: {rps: {rate: 50/s}}\nsource: {items: [{id: 1}]}\nsteps:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - http: {get: \"http://localhost/%d/${it.id}\"}\n    into: r%d\n    concurrency: 5\n    limits: rps\n    timeout: {attempt: 10s, item: 5m}\n    retry: {max_attempts: 3}\n", i, i%10)
		}
		return b.String()
	},
	"wide types": func(n int) string {
		var b strings.Builder
		b.WriteString("source: {items: [{id: 1}]}\nsteps:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - set: {field_%d: it.id}\n", i)
		}
		return b.String()
	},
	"branches": func(n int) string {
		var b strings.Builder
		b.WriteString("source: {items: [{id: 1}]}\nsteps:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - {id: step_%d, from: items, filter: it.id > %d}\n", i, i)
		}
		b.WriteString("sinks:\n")
		for i := range n {
			fmt.Fprintf(&b, "  sink_%d: {from: step_%d, discard: {}}\n", i, i)
		}
		return b.String()
	},
	"one map": func(n int) string {
		var b strings.Builder
		b.WriteString("source: {items: [{id: 1}]}\nsteps:\n  - map:\n")
		for i := range n {
			fmt.Fprintf(&b, "      field_%d: it.id * %d\n", i, i)
		}
		return b.String()
	},
}

func BenchmarkCheck(b *testing.B) {
	for _, name := range []string{"a chain", "calls", "wide types", "branches", "one map"} {
		n := 300
		if name == "one map" {
			n = 1000
		}
		src := []byte(large[name](n))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, list := dsl.Load("x.yaml", src, dsl.Settings{Registry: registry()}); list.HasErrors() {
					b.Fatal(list)
				}
			}
		})
	}
}

// TestWorkGrowsWithTheFile checks that a file of four times as many steps takes no more than five times as many allocations,
// whatever its shape.
func TestWorkGrowsWithTheFile(t *testing.T) {
	for name, write := range large {
		work := func(n int) float64 {
			src := []byte(write(n))
			return testing.AllocsPerRun(1, func() {
				if _, _, list := dsl.Load("x.yaml", src, dsl.Settings{Registry: registry()}); list.HasErrors() {
					t.Fatal(list)
				}
			})
		}
		few, many := work(150), work(600)
		if many > 5*few {
			t.Errorf("%s: 150 steps take %.0f allocations, 600 take %.0f", name, few, many)
		}
		if bound := 500.0 * 150; few > bound { // it was ten times as many when each expression made all names known anew
			t.Errorf("%s: 150 steps take %.0f allocations", name, few)
		}
	}
}
