package expr

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

func TestMergeGivesWhatFieldByFieldComesOut(t *testing.T) {
	key := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
	rapid.Check(t, func(t *rapid.T) {
		object := func(name string) value.Value {
			b := value.Builder{}
			for i, k := range rapid.SliceOfN(key, 0, 4).Draw(t, name) {
				b.Set(k, value.OfInt(int64(i)))
			}
			switch rapid.IntRange(0, 3).Draw(t, "as") {
			case 0:
				return value.Value{}
			case 1: // as a line has it
				d := value.Decoder{Text: true}
				v, err := d.Decode(value.AppendJSON(nil, b.Value()))
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			return b.Value()
		}
		m := &merger{}
		for range 20 { // of one call, which remembers
			a, b := object("a"), object("b")
			want := value.Builder{}
			want.SetAll(a)
			want.SetAll(b)
			got, err := m.merge([]value.Value{a, b})
			if w := want.Value().Text(); err != nil || got.Text() != w {
				t.Fatalf("%s and %s give %s, not %s: %v", a.Text(), b.Text(), got.Text(), w, err)
			}
		}
	})
}

func TestMergeOfTheSameShapesGivesOneShape(t *testing.T) {
	m := &merger{}
	of := func(a, b value.Value) *value.Shape {
		v, err := m.merge([]value.Value{a, b})
		if err != nil {
			t.Fatal(err)
		}
		return v.Shape()
	}
	builder, other := value.Builder{}, value.Builder{}
	pair := func(n int64) (value.Value, value.Value) {
		builder.Set("a", value.OfInt(n))
		other.Set("b", value.OfInt(n))
		return builder.Value(), other.Value()
	}
	first, second := pair(1)
	one, back := of(first, second), of(second, first)
	if first, second = pair(2); of(first, second) != one || of(second, first) != back {
		t.Error("shapes that took turns gave new ones")
	}
}
