package expr

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

func TestMembersAreTheElementsOfTheList(t *testing.T) {
	word := rapid.Map(rapid.StringN(0, 3, -1), value.OfString)
	small := rapid.Map(rapid.Int64Range(-20, 20), value.OfInt)
	datum := rapid.OneOf(
		small, small, word, word,
		rapid.Map(rapid.Int64(), value.OfInt),
		rapid.Map(rapid.Float64(), value.OfFloat),
		rapid.Map(rapid.Float64Range(-20, 20), func(f float64) value.Value { return value.OfFloat(math.Trunc(f)) }),
		rapid.Map(rapid.SampledFrom([]string{"1.0", "2e0", "-0", "0.10", "9223372036854775807", "9223372036854775808", "9007199254740993.0", "1e400"}), value.OfNumber),
		rapid.Map(rapid.Bool(), value.OfBool),
		rapid.SampledFrom([]value.Value{{}, value.OfFloat(math.NaN()), value.OfFloat(1 << 63), value.OfList([]value.Value{value.OfInt(1)})}),
	)
	rapid.Check(t, func(t *rapid.T) {
		lists := []*rapid.Generator[[]value.Value]{rapid.SliceOfN(datum, 0, 30), rapid.SliceOfN(small, 0, 30), rapid.SliceOfN(word, 0, 30)}
		list := rapid.OneOf(lists...).Draw(t, "list")
		m := newMembers(list)
		for range 20 {
			v := datum.Draw(t, "v")
			if len(list) > 0 && rapid.Bool().Draw(t, "of the list") {
				v = rapid.SampledFrom(list).Draw(t, "element")
			}
			want := slices.ContainsFunc(list, func(x value.Value) bool { return equal(v, x) })
			if got := m.has(v); got != want {
				t.Fatalf("%s in %s is %v", v.Text(), value.OfList(list).Text(), got)
			}
		}
	})
}
