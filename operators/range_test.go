package operators

import (
	"context"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
)

func TestRangeNeverWraps(t *testing.T) {
	edges := []int64{math.MinInt64, math.MinInt64 + 1, -3, -1, 0, 1, 2, 700, math.MaxInt64 - 1, math.MaxInt64}
	rapid.Check(t, func(t *rapid.T) {
		edge := rapid.SampledFrom(edges)
		opt := &rangeOptions{
			From: edge.Draw(t, "from"), To: edge.Draw(t, "to"),
			Step: edge.Filter(func(i int64) bool { return i != 0 }).Draw(t, "step"),
		}
		const most = 1000
		var want, got []int64
		to, step := big.NewInt(opt.To), big.NewInt(opt.Step)
		for i := big.NewInt(opt.From); len(want) < most && (opt.Step > 0 && i.Cmp(to) <= 0 || opt.Step < 0 && i.Cmp(to) >= 0); i.Add(i, step) {
			want = append(want, i.Int64())
		}
		err := (&ranger{opt}).Read(context.Background(), func(it flow.Item) error {
			if got = append(got, it.Value.Int()); len(got) == most {
				return flow.Done
			}
			return nil
		})
		if !slices.Equal(got, want) || (err == flow.Done) != (len(want) == most) {
			t.Fatalf("%+v gives %d, %v, and not %d", *opt, got, err, want)
		}
	})
}
