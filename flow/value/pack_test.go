package value_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

// TestRank holds that ranks never contradict Compare.
func TestRank(t *testing.T) {
	some := values(2)
	number := rapid.OneOf(
		rapid.SampledFrom(numbers), rapid.Map(rapid.Int64(), value.OfInt), rapid.Map(rapid.Float64(), value.OfFloat),
		rapid.Map(rapid.Int64(), func(n int64) value.Value { return value.OfDuration(time.Duration(n)) }),
		rapid.Map(rapid.Int64(), func(n int64) value.Value { return value.OfTime(time.Unix(n/1000, n%1000)) }),
		rapid.Map(rapid.String(), value.OfString),
	)
	either := rapid.OneOf(some, number, rapid.Map(rapid.SliceOfN(number, 0, 2), value.OfList))
	rapid.Check(t, func(t *rapid.T) {
		a, b := either.Draw(t, "a"), either.Draw(t, "b")
		if c, ra, rb := value.Compare(a, b), value.Rank(a), value.Rank(b); c < 0 && ra > rb || c > 0 && ra < rb || c == 0 && ra != rb {
			t.Fatalf("%s and %s compare as %d, and have the ranks %x and %x", a.Text(), b.Text(), c, ra, rb)
		}
	})
	if value.Rank(value.OfInt(1)) == value.Rank(value.OfInt(2)) || value.Rank(value.OfString("a")) == value.Rank(value.OfString("b")) {
		t.Error("ranks decide nothing")
	}
}

// TestPack holds that values come out of their bytes as they went in.
func TestPack(t *testing.T) {
	text := rapid.SampledFrom([]string{
		`{"n":1.10,"big":12345678901234567890,"s":"a\u00e9\n","l":[1, 2.50],"o":{ "z":1,"a":[{}]},"t":true,"f":false,"x":null}`,
		`{}`, `[]`, `[1.0,{"b":1, "a":2.0}]`, `{"a":1,"b":2,"a":3.0}`, `{"b":2,"a":1}`, `-0`, `1e400`, `"\ud83d\ude00"`,
	})
	zones := []*time.Location{time.UTC, time.Local, time.FixedZone("here", 5400), time.FixedZone("", -3600)}
	fromText := &value.Decoder{Text: true}
	leaf := rapid.OneOf(values(2),
		rapid.Custom(func(t *rapid.T) value.Value {
			v, err := fromText.Decode([]byte(text.Draw(t, "text")))
			if err != nil {
				t.Fatal(err)
			}
			return v
		}),
		rapid.Custom(func(t *rapid.T) value.Value {
			at := time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
			return value.OfTime(at.In(rapid.SampledFrom(zones).Draw(t, "zone")))
		}),
		rapid.Map(rapid.String(), value.OfString), rapid.Map(rapid.SliceOf(rapid.Byte()), value.OfBytes),
		rapid.Map(rapid.Int64(), value.OfInt), rapid.Map(rapid.Float64(), value.OfFloat),
	)
	rapid.Check(t, func(t *rapid.T) {
		var p value.Packer
		all := rapid.SliceOfN(rapid.OneOf(leaf, rapid.Map(rapid.SliceOfN(leaf, 0, 3), value.OfList)), 1, 6).Draw(t, "values")
		var data []byte
		for _, v := range all {
			data = p.Pack(data, v)
		}
		for i, want := range all {
			var got value.Value
			got, data = p.Unpack(data)
			exact(t, got, want)
			if i%2 == 0 {
				exact(t, got.Clone(), want)
			}
		}
		if len(data) > 0 {
			t.Fatalf("%d bytes are left", len(data))
		}
	})
}

// exact compares two values with all there is to see of them.
func exact(t rapid.TB, got, want value.Value) {
	t.Helper()
	if got.Kind() != want.Kind() {
		t.Fatalf("%s: %s, want %s", want.Text(), got.Kind(), want.Kind())
	}
	if a, b := got.Text(), want.Text(); a != b {
		t.Fatalf("got %s, want %s", a, b)
	}
	switch want.Kind() {
	case value.Float:
		a, isText := got.NumberText()
		if b, wantText := want.NumberText(); a != b || isText != wantText || math.Float64bits(got.Float()) != math.Float64bits(want.Float()) {
			t.Fatalf("got %s, want %s", got.Text(), want.Text())
		}
	case value.Time:
		a, b := got.Time(), want.Time()
		if !a.Equal(b) || a.String() != b.String() || a.Location() != b.Location() {
			t.Fatalf("got %v, want %v", a, b)
		}
	case value.List:
		for i, x := range want.List() {
			exact(t, got.List()[i], x)
		}
	case value.Object:
		if a, b := got.Shape().Keys(), want.Shape().Keys(); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("got the keys %q, want %q", a, b)
		}
		for i := range want.Shape().Keys() {
			exact(t, got.At(i), want.At(i))
		}
	}
}

// TestPackManyShapes packs objects of more sets of keys, and times of more zones, than are remembered.
func TestPackManyShapes(t *testing.T) {
	var p value.Packer
	var all []value.Value
	var data []byte
	for i := range 5_000 {
		at := time.Unix(int64(i), 0).In(time.FixedZone(fmt.Sprint("z", i), i))
		v := value.OfPairs(fmt.Sprint("key", i), value.OfInt(int64(i)), "at", value.OfTime(at))
		all, data = append(all, v), p.Pack(data, v)
	}
	for _, want := range all {
		var got value.Value
		got, data = p.Unpack(data)
		if a, b := got.Text(), want.Text(); a != b || got.At(1).Time().String() != want.At(1).Time().String() {
			t.Fatalf("got %s, want %s", a, b)
		}
	}
}
