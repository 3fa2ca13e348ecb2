package flowrun_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/flowrun/flowrun"
)

// TestMemoryIsGivenBack has steps within a step hold much and then fail, item after item: what one of them held is there
// for the next.
func TestMemoryIsGivenBack(t *testing.T) {
	for _, step := range []string{
		"collect: {}", "sort: {}", "top: 5000", "distinct: it", "chunks: 5000", "aggregate: {by: {n: it}, values: {all: collect(it)}}",
		"window: {size: 1h, time: \"'2024-01-01T00:00:00Z'\", values: {all: collect(it)}}", "expand: {children: \"[]\", key: it}",
	} {
		p, err := flowrun.Parse("p.yaml", []byte(`
memory: 1MiB
source: {range: {from: 1, to: 100}}
steps:
  - each:
      steps:
        - flat_map: 1..1000
        - map: {n: 1 / (it - 1000), i: it}
        - map: it.i
        - `+step+`
    on_error: {value: "'failed'"}
  - count: {}
`), flowrun.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := p.Run(context.Background(), flowrun.Options{Stdout: &out}); err != nil || out.String() != "100\n" {
			t.Errorf("%s: %q, %v", step, out.String(), err)
		}
	}
}
