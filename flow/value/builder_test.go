package value

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestBuilderKeepsTheFirstPlaceAndTheLastValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Builder{}
		for range 3 {
			var keys []string
			values := map[string]Value{}
			for i, k := range rapid.SliceOf(rapid.IntRange(0, 150)).Draw(t, "keys") {
				key := strconv.Itoa(k)
				if _, ok := values[key]; !ok {
					keys = append(keys, key)
				}
				values[key] = OfInt(int64(i))
				b.Set(key, values[key])
			}
			v := b.Value()
			if v.Len() != len(keys) {
				t.Fatalf("%s has %d fields, not %d", v.Text(), v.Len(), len(keys))
			}
			for i, key := range v.Shape().Keys() {
				if key != keys[i] || !Equal(v.At(i), values[key]) {
					t.Fatalf("%s at %d, not %s: %s", v.Text(), i, keys[i], values[keys[i]].Text())
				}
			}
			if v.Shape().Slot("nothing") >= 0 {
				t.Fatal("a key that was never set")
			}
		}
	})
}

func TestBuilderKeepsTheShape(t *testing.T) {
	b := Builder{}
	build := func(keys ...string) *Shape {
		for _, k := range keys {
			b.Set(k, Value{})
		}
		return b.Value().Shape()
	}
	first := build("a", "b")
	if build("a", "b") != first || build("a", "b", "a") != first {
		t.Error("the same keys have another shape")
	}
	if build("b", "a") == first || build("a") == first || build("a", "b", "c") == first {
		t.Error("other keys have the same shape")
	}
}
