package expr

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestTimesFindsEveryOverflow(t *testing.T) {
	ints := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, 1, -1, math.MinInt64, math.MaxInt64, 1 << 31, 1 << 32, -1 << 32, 3037000500}))
	rapid.Check(t, func(t *rapid.T) {
		x, y := ints.Draw(t, "x"), ints.Draw(t, "y")
		exact := new(big.Int).Mul(big.NewInt(x), big.NewInt(y))
		z, ok := times(x, y)
		if ok != exact.IsInt64() || ok && z != exact.Int64() {
			t.Fatalf("%d * %d: %d, %v", x, y, z, ok)
		}
	})
}
