package operators

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// What top keeps counts, and what has lost its place counts no longer: it goes on for ever in the room of n items, and
// has none of it at the end.
func TestTopCountsWhatItKeeps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := &topOptions{N: rapid.IntRange(1, 20).Draw(rt, "n"), Descending: rapid.Bool().Draw(rt, "descending")}
		if rapid.Bool().Draw(rt, "by") {
			o.By = of(func(it value.Value) value.Value { return value.OfInt(int64(len(it.Text()))) })
		}
		op, err := top().Maker.Build(o, &flow.Env{Memory: &flow.Memory{Limit: 1 << 20}})
		if err != nil {
			rt.Fatal(err)
		}
		for i, n := range rapid.SliceOfN(rapid.IntRange(0, 20_000), 0, 300).Draw(rt, "lengths") {
			if err := op.(flow.Op).Process(flow.Item{Value: value.OfString(strings.Repeat("x", n))}, nil); err != nil {
				rt.Fatalf("item %d: %v", i, err)
			}
			held := int64(0)
			for _, r := range op.(*topper).heap {
				held += rankedOverhead + int64(r.item.Value.Size())
				if o.By != nil {
					held += int64(r.key.Size())
				}
			}
			if op.(*topper).bytes != held {
				rt.Fatalf("after item %d it counts %d bytes, and holds %d", i, op.(*topper).bytes, held)
			}
		}
		if err := op.(flow.Flusher).Flush(func(flow.Item) error { return nil }); err != nil || op.(*topper).bytes != 0 {
			rt.Fatalf("at the end it counts %d bytes: %v", op.(*topper).bytes, err)
		}
	})
}

func TestTopOfTooManyEndsTheRun(t *testing.T) {
	op, err := top().Maker.Build(&topOptions{N: 10_000_000}, &flow.Env{Memory: &flow.Memory{Limit: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100_000 {
		if err := op.(flow.Op).Process(flow.Item{Value: value.OfInt(int64(i))}, nil); err != nil {
			if !strings.Contains(fmt.Sprint(err), "memory of 1MiB") {
				t.Error(err)
			}
			return
		}
	}
	t.Error("100,000 items are held in 1 MiB")
}
