package value

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPathsThroughTextAreThoseThroughObjects follows paths through values that are text, and through the same decoded.
func TestPathsThroughTextAreThoseThroughObjects(t *testing.T) {
	lazy := Decoder{Text: true}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(texts().Draw(t, "text"))
		if rapid.Bool().Draw(t, "within") {
			text = []byte(`{"a":` + string(text) + `,"b":{"a":{"key":` + string(text) + `}},"a":` + texts().Draw(t, "again") + "}")
		}
		want, err := DecodeJSON(text)
		if err != nil {
			return
		}
		var steps []*Finder
		for _, key := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "key", "", `a"`, `k\u0065y`}), 1, 5).Draw(t, "path") {
			steps = append(steps, NewFinder(key))
		}
		for range 2 {
			v, _ := lazy.Decode(text)
			if rapid.Bool().Draw(t, "read before") {
				v.Slots()
			}
			got, n := Follow(v, steps)
			by, of := want, 0
			for ; of < len(steps); of++ {
				x, ok := steps[of].In(by)
				if !ok {
					break
				}
				by = x
			}
			if n != of || !Equal(got, by) || got.Kind() != by.Kind() {
				t.Fatalf("%s: %s after %d steps, want %s after %d", text, got.Text(), n, by.Text(), of)
			}
		}
	})
}

// TestAStringIsComparedAsItIsRead compares fields of records with strings like them, as text and decoded.
func TestAStringIsComparedAsItIsRead(t *testing.T) {
	lazy := Decoder{Text: true}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(`{"a":` + texts().Draw(t, "text") + `,"b":"x"}`)
		want, err := DecodeJSON(text)
		if err != nil {
			return
		}
		v, _ := lazy.Decode(text)
		x, _ := want.Field("a")
		for _, s := range []string{x.Str(), x.Str() + `"`, x.Str() + `","b`, `\u00e9`, "", `a"`, rapid.String().Draw(t, "s")} {
			got, ok := NewFinder("a").Equals(v, s)
			if !ok || got != (x.IsString() && x.Str() == s) {
				t.Fatalf("%s: its a is %q: %v", text, s, got)
			}
		}
	})
}
