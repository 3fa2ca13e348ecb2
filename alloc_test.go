package flowrun_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/flowrun/flowrun"
)

// TestItemsCostNoAllocation runs pipelines over few and over many items: what is allocated must not grow with them, but
// for what the items themselves are made of.
func TestItemsCostNoAllocation(t *testing.T) {
	lines := func(n int) io.Reader {
		var b bytes.Buffer
		for i := range n {
			fmt.Fprintf(&b, `{"id":%d,"user":"user%d","amount":%d.5,"nested":{"city":"c"},"status":"ok"}`+"\n", i, i%10, i%100)
		}
		return &b
	}
	tests := map[string]struct {
		pipeline string
		most     float64 // allocations an item
	}{
		"numbers, fused":                {"source: {range: {from: 1, to: N}}\nsteps:\n  - filter: it % 2 == 0\n  - map: it * 3 + 1\n  - fold: {init: 0, next: acc + it}\n", 0.001},
		"over edges":                    {"source: {range: {from: 1, to: N}}\nsteps:\n  - buffer: 64\n  - map: it + 1\n  - buffer: 64\n  - filter: it > 0\n  - count: {}\n", 0.001},
		"records, filtered and written": {"source: {stdin: {}}\nsteps:\n  - filter: it.status == 'ok' && it.amount > 50\n", 0.05},
		"records, made anew":            {"source: {stdin: {}}\nsteps:\n  - map: {id: it.id, user: it.user}\n", 0.1},
		"records, with more fields":     {"source: {stdin: {}}\nsteps:\n  - set: {twice: it.amount * 2, status: it.user}\n  - drop: [tags]\n", 1.2},
		"records of several kinds":      {"source: {stdin: {}}\nsteps:\n  - flat_map: \"[it, {user: it.user, id: 1}, {id: it.id}]\"\n  - set: {twice: it.id * 2}\n  - keep: [id, user, twice]\n", 3},
		"records, grouped":              {"source: {stdin: {}}\nsteps:\n  - aggregate: {by: it.user, values: {n: count(), total: sum(it.amount)}}\n", 0.1},
	}
	for name, tt := range tests {
		run := func(n int) float64 {
			p, err := flowrun.Parse("p.yaml", []byte(strings.ReplaceAll(tt.pipeline, "N}", fmt.Sprint(n)+"}")), flowrun.Options{})
			if err != nil {
				t.Fatal(err)
			}
			in := lines(n)
			return testing.AllocsPerRun(1, func() { // the first of its two runs takes the input: both read from the start
				r := bytes.NewReader(in.(*bytes.Buffer).Bytes())
				if _, err := p.Run(context.Background(), flowrun.Options{Stdin: r, Stdout: io.Discard}); err != nil {
					t.Fatal(err)
				}
			})
		}
		const few, many = 2_000, 42_000
		if each := (run(many) - run(few)) / (many - few); each > tt.most {
			t.Errorf("%s: %.4f allocations an item, want at most %v", name, each, tt.most)
		}
	}
}
