package value

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestPlainNumbersAreReadToTheNearestFloat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,16})?`).Draw(t, "text")
		want, _ := strconv.ParseFloat(text, 64)
		if f, ok := plainFloat(text); ok && math.Float64bits(f) != math.Float64bits(want) {
			t.Fatalf("%s: %v, not %v", text, f, want)
		}
	})
}
