package value

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// change is a patch, and what it does to an object field by field.
type change struct {
	patch *Patch
	plain func(Value) Value
	n     int // of values that it sets
}

func changes() *rapid.Generator[change] {
	name := rapid.SampledFrom([]string{"a", "b", "ab", "key", "x\"key", `x\`, `\`, "", "é", "e", "new", "newer", `k\u0065y`})
	return rapid.Custom(func(t *rapid.T) change {
		names := rapid.SliceOfNDistinct(name, 1, 3, rapid.ID).Draw(t, "names")
		keep := rapid.Bool().Draw(t, "keep")
		if rapid.Bool().Draw(t, "set") {
			return change{NewSet(names), func(v Value) Value {
				for i, name := range names {
					v = v.With(name, OfInt(int64(i)))
				}
				return v
			}, len(names)}
		}
		return change{NewKeep(names, keep), func(v Value) Value {
			b := Builder{}
			for i, key := range v.Shape().Keys() {
				if slices.Contains(names, key) == keep {
					b.Set(key, v.At(i))
				}
			}
			return b.Value()
		}, 0}
	})
}

func TestPatchedObjectsAreThoseOfPlainOnes(t *testing.T) {
	d := Decoder{Text: true}
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(changes(), 1, 4).Draw(t, "steps")
		for _, text := range rapid.SliceOfN(records(), 1, 5).Draw(t, "texts") {
			text := strings.ToValidUTF8(text, "?")
			plain, err := DecodeJSON([]byte(text))
			if err != nil || plain.Len() == 0 {
				continue
			}
			loose, _, ok := d.loose([]byte(text))
			shaped, _, shapedOK := (&Decoder{Text: true}).record([]byte(text))
			if !ok || !shapedOK || shaped.Shape() == nil {
				t.Fatalf("%q is no record", text)
			}
			samePatched(t, steps, text, plain, loose, shaped)
		}
	})
}

func samePatched(t *rapid.T, steps []change, text string, plain, loose, shaped Value) {
	for _, step := range steps {
		plain = step.plain(plain)
		for _, v := range []*Value{&loose, &shaped} {
			out, set, ok := step.patch.Of(*v)
			if !ok || len(set) != step.n {
				t.Fatalf("%q is not patched", text)
			}
			for i := range set {
				set[i] = OfInt(int64(i))
			}
			*v = out
		}
		packer := Packer{}
		unpacked, _ := packer.Unpack(packer.Pack(nil, loose))
		again, _ := packer.Unpack(packer.Pack(nil, shaped))
		written := AppendJSON(nil, loose)
		if bare, err := DecodeJSON(written); err != nil || !Equal(bare, plain) || !equalKeys(bare, plain) {
			t.Fatalf("%q is written as %s, not %s", text, written, plain.Text())
		}
		for i, v := range []Value{loose, shaped, loose.Clone(), shaped.Clone(), unpacked, again} {
			if !Equal(v, plain) || !equalKeys(v, plain) || !bytes.Equal(AppendJSON(nil, v), written) || v.Len() != plain.Len() {
				t.Fatalf("%d: %q is %s, not %s, or is written as %s", i, text, written, plain.Text(), AppendJSON(nil, v))
			}
			for _, key := range append(plain.Shape().Keys(), "a", "b", `\`, "none") {
				want, has := plain.Field(key)
				got, found := v.Field(key)
				x, _ := NewFinder(key).In(v)
				if has != found || !Equal(got, want) || !Equal(x, want) {
					t.Fatalf("%d: %q has %s at %q, not %s", i, v.Text(), got.Text(), key, want.Text())
				}
			}
			for k, x := range v.Slots() {
				if !Equal(x, plain.At(k)) || !Equal(v.At(k), x) {
					t.Fatalf("%d: %q has %s in slot %d, not %s", i, v.Text(), x.Text(), k, plain.At(k).Text())
				}
			}
		}
	}
}

// TestWhatIsNotChangedIsWrittenAsItWas holds that values stay the text that they came as, and space between them goes.
func TestWhatIsNotChangedIsWrittenAsItWas(t *testing.T) {
	for _, c := range []struct{ text, drop, want string }{
		{`{"a":"\u0041","b":1.10,"c":[1 , 2],"d":-0}`, "none", `{"a":"\u0041","b":1.10,"c":[1 , 2],"d":-0}`},
		{`{"a":"\u0041","b":1.10,"c":[1 , 2],"d":-0}`, "b", `{"a":"\u0041","c":[1 , 2],"d":-0}`},
		{`{ "a" : 1 , "b": 2, "c":3 }`, "none", `{"a":1,"b":2,"c":3}`},
		{`{"a":1,"b":2,"c":3,"b":4}`, "none", `{"a":1,"b":4,"c":3}`},
		{`{"a":1,"b":2,"c":3,"b":4}`, "a", `{"b":4,"c":3}`},
		{`{"a":1}`, "a", `{}`},
	} {
		for _, first := range []string{c.text, `{"a":1}`} { // a second time
			d := Decoder{Text: true}
			if _, err := d.Decode([]byte(first)); err != nil {
				t.Fatal(err)
			}
			v, _ := d.Decode([]byte(c.text))
			out, _, ok := NewKeep([]string{c.drop}, false).Of(v)
			if got := out.Text(); !ok || got != c.want {
				t.Errorf("%s without %s is %s, want %s", c.text, c.drop, got, c.want)
			}
		}
	}
}

func BenchmarkPatchOfManyFields(b *testing.B) {
	var members []string
	for i := range 50 {
		members = append(members, fmt.Sprintf(`"field_%02d":"some text %d"`, i, i*i*i))
	}
	d, p := Decoder{Text: true}, NewSet([]string{"field_05", "new"})
	v, err := d.Decode([]byte("{" + strings.Join(members, ",") + "}"))
	if err != nil {
		b.Fatal(err)
	}
	var dst []byte
	for b.Loop() {
		out, _, _ := p.Of(v)
		dst = AppendJSON(dst[:0], out)
	}
}
