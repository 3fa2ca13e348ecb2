package expr

import (
	"math"
	"strings"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

// item draws an item: often an object with the fields that the expressions name.
func (g *generator) item() value.Value {
	if rapid.IntRange(0, 4).Draw(g.t, "") == 0 {
		return g.datum(2)
	}
	b := value.Builder{}
	for _, key := range []string{"a", "b", "f", "n", "o", "s", "xs"} { // in the order in which Go data is written
		if rapid.IntRange(0, 3).Draw(g.t, "") == 0 {
			continue
		}
		x := g.datum(2)
		if rapid.IntRange(0, 3).Draw(g.t, "") > 0 {
			switch key {
			case "n":
				x = value.OfInt(int64(rapid.IntRange(-2, 4).Draw(g.t, "")))
			case "f":
				x = g.float()
			case "s":
				x = value.OfString(g.string())
			case "b":
				x = value.OfBool(rapid.Bool().Draw(g.t, ""))
			case "xs":
				x = g.listOf(2)
			case "o":
				x = value.OfPairs("a", g.datum(1), "s", value.OfString(g.string()), "xs", g.listOf(1))
			}
		}
		b.Set(key, x)
	}
	return b.Value()
}

func (g *generator) string() string {
	return rapid.OneOf(rapid.SampledFrom([]string{"", "a", "ab", "b", "äö€", "12", " x", "a,b", "日本語", "\x00"}), rapid.StringN(0, 4, -1)).Draw(g.t, "")
}

func (g *generator) float() value.Value {
	f := rapid.OneOf(
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 0.5, 1, 2, -1.5, 1e300, -1e300, math.NaN(), math.Inf(1), math.Inf(-1), 1 << 53, 1 << 63, -1 << 63, math.SmallestNonzeroFloat64}),
		rapid.Float64(),
	).Draw(g.t, "")
	if text := string(value.AppendJSON(nil, value.OfFloat(f))); strings.ContainsAny(text, ".e") && rapid.Bool().Draw(g.t, "") {
		return value.OfNumber(text)
	}
	return value.OfFloat(f)
}

func (g *generator) listOf(d int) value.Value {
	items := make([]value.Value, rapid.IntRange(0, 4).Draw(g.t, ""))
	for i := range items {
		items[i] = g.datum(d - 1)
	}
	return value.OfList(items)
}

func (g *generator) datum(d int) value.Value {
	kinds := 6
	if d > 0 {
		kinds = 8
	}
	switch rapid.IntRange(0, kinds-1).Draw(g.t, "") {
	case 0:
		return value.Value{}
	case 1:
		return value.OfBool(rapid.Bool().Draw(g.t, ""))
	case 2:
		return value.OfInt(int64(rapid.IntRange(-3, 5).Draw(g.t, "")))
	case 3:
		return value.OfInt(rapid.OneOf(rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 1 << 53, 1<<53 + 1, 1 << 62, 3037000500}), rapid.Int64()).Draw(g.t, ""))
	case 4:
		return g.float()
	case 5:
		return value.OfString(g.string())
	case 6:
		return g.listOf(d)
	}
	return value.OfPairs("a", g.datum(d-1), "b", g.datum(d-1))
}
