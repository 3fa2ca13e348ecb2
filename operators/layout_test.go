package operators

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

func TestRoomIsThatOfAFieldSet(t *testing.T) {
	key := rapid.SampledFrom([]string{"a", "b", "c", "d"})
	rapid.Check(t, func(t *rapid.T) {
		s := newSetting(rapid.SliceOfNDistinct(key, 1, 3, rapid.ID).Draw(t, "names")...)
		for n := range 10 {
			b := value.Builder{}
			for i, k := range rapid.SliceOfN(key, 0, 4).Draw(t, "keys") {
				b.Set(k, value.OfInt(int64(i)))
			}
			v := b.Value()
			want := v
			got, slots, at := s.room(v)
			for i, name := range s.names {
				x := value.OfInt(int64(100*n + i))
				want, slots[at[i]] = want.With(name, x), x
			}
			if got.Text() != want.Text() {
				t.Fatalf("%s with %v is %s, not %s", v.Text(), s.names, got.Text(), want.Text())
			}
		}
	})
}
