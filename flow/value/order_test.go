package value_test

import (
	"bytes"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

// numbers in which unlike kinds and spellings meet.
var numbers = []value.Value{
	value.OfInt(0), value.OfFloat(0), value.OfFloat(math.Copysign(0, -1)), value.OfNumber("-0"), value.OfNumber("0.00"), value.OfNumber("1e-400"),
	value.OfInt(1), value.OfFloat(1), value.OfNumber("1.0"), value.OfNumber("10e-1"), value.OfNumber("0.1e1"),
	value.OfFloat(0.1), value.OfNumber("0.1"), value.OfNumber("0.10"), value.OfNumber("1e-1"), value.OfNumber("0.1000000000000000055511151231257827"),
	value.OfInt(9007199254740993), value.OfFloat(9007199254740993), value.OfNumber("9007199254740993.0"), value.OfInt(9007199254740992),
	value.OfInt(math.MaxInt64), value.OfFloat(1 << 63), value.OfNumber("9223372036854775807"), value.OfNumber("9223372036854775808"), value.OfNumber("9223372036854775809"),
	value.OfInt(math.MinInt64), value.OfFloat(-(1 << 63)), value.OfNumber("-9223372036854775809"), value.OfNumber("-9223372036854775810"),
	value.OfFloat(1e23), value.OfNumber("1e23"), value.OfNumber("100000000000000000000000"), value.OfNumber("99999999999999991611392"),
	value.OfFloat(math.Inf(1)), value.OfNumber("1e400"), value.OfFloat(math.Inf(-1)), value.OfFloat(math.NaN()), value.OfFloat(math.Float64frombits(0xfff8000000000001)),
}

// worth gives what a number is worth, exactly; nil for NaN, which is before all.
func worth(v value.Value) *big.Float {
	text, isText := v.NumberText()
	switch {
	case isText && !strings.ContainsAny(text, ".eE"):
		f, _, _ := big.ParseFloat(text, 10, 4000, big.ToNearestEven)
		return f
	case v.Kind() == value.Int:
		return new(big.Float).SetInt64(v.Int())
	case math.IsNaN(v.Float()):
		return nil
	}
	return big.NewFloat(v.Float())
}

func TestNumbersCompareByWorth(t *testing.T) {
	number := rapid.OneOf(
		rapid.SampledFrom(numbers),
		rapid.Map(rapid.Int64(), value.OfInt),
		rapid.Map(rapid.Float64(), value.OfFloat),
		rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?`), value.OfNumber),
	)
	check := func(t rapid.TB, a, b value.Value) {
		t.Helper()
		want := 0
		switch wa, wb := worth(a), worth(b); {
		case wa != nil && wb != nil:
			want = wa.Cmp(wb)
		case wa != nil:
			want = 1
		case wb != nil:
			want = -1
		}
		if got := value.Compare(a, b); got != want || value.Compare(b, a) != -want {
			t.Fatalf("%s and %s compare as %d and %d, want %d", a.Text(), b.Text(), got, value.Compare(b, a), want)
		}
		if same(a, b) != (want == 0) {
			t.Fatalf("%s and %s: keys %x and %x", a.Text(), b.Text(), value.AppendKey(nil, a), value.AppendKey(nil, b))
		}
	}
	for _, a := range numbers {
		for _, b := range numbers {
			check(t, a, b)
		}
	}
	rapid.Check(t, func(t *rapid.T) { check(t, number.Draw(t, "a"), number.Draw(t, "b")) })
}

func same(a, b value.Value) bool {
	return bytes.Equal(value.AppendKey(nil, a), value.AppendKey(nil, b))
}

// values gives values of every kind, few enough that equal ones meet.
func values(depth int) *rapid.Generator[value.Value] {
	at := time.Date(2024, 2, 29, 12, 0, 0, 1, time.UTC)
	scalars := []*rapid.Generator[value.Value]{
		rapid.SampledFrom(numbers),
		rapid.SampledFrom([]value.Value{
			{}, value.OfBool(false), value.OfBool(true), value.OfTime(at), value.OfTime(at.In(time.FixedZone("", 3600))), value.OfTime(at.Add(1)),
			value.OfDuration(0), value.OfDuration(-1), value.OfDuration(time.Hour), value.OfBytes(nil), value.OfBytes([]byte("a")), value.OfBytes([]byte("ab")),
		}),
		rapid.Map(rapid.StringMatching(`[ab\x00é]{0,3}`), value.OfString),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := values(depth - 1)
	return rapid.OneOf(append(scalars,
		rapid.Map(rapid.SliceOfN(inner, 0, 3), value.OfList),
		rapid.Custom(func(t *rapid.T) value.Value {
			b := value.Builder{}
			for _, key := range rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "ab"}), 0, 4).Draw(t, "keys") {
				b.Set(key, inner.Draw(t, "field"))
			}
			return b.Value()
		}),
	)...)
}

// TestOrder holds that Compare is a total order of all values, that Equal agrees with it, and that keys are equal for
// equal values alone.
func TestOrder(t *testing.T) {
	some := values(2)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := some.Draw(t, "a"), some.Draw(t, "b"), some.Draw(t, "c")
		if value.Compare(a, a) != 0 || value.Compare(a, b) != -value.Compare(b, a) {
			t.Fatal("not antisymmetric")
		}
		three := []value.Value{a, b, c}
		slices.SortFunc(three, value.Compare)
		if value.Compare(three[0], three[1]) > 0 || value.Compare(three[1], three[2]) > 0 || value.Compare(three[0], three[2]) > 0 {
			t.Fatal("not transitive")
		}
		if equal := value.Compare(a, b) == 0; value.Equal(a, b) != equal || same(a, b) != equal {
			t.Fatalf("they compare equal: %v; Equal says %v, the keys %v", equal, value.Equal(a, b), same(a, b))
		}
		pair := value.OfList([]value.Value{a, b})
		if swapped := value.OfList([]value.Value{b, a}); same(pair, swapped) != value.Equal(a, b) {
			t.Fatal("the keys of lists run together")
		}
		if clone := a.Clone(); !value.Equal(a, clone) || !same(a, clone) || a.Text() != clone.Text() {
			t.Fatal("a clone differs")
		}
	})
}

// TestKindsInOrder holds the order of unlike kinds.
func TestKindsInOrder(t *testing.T) {
	ordered := []value.Value{
		{}, value.OfBool(false), value.OfBool(true), value.OfFloat(math.NaN()), value.OfInt(-1), value.OfFloat(0.5), value.OfInt(1),
		value.OfString(""), value.OfString("a"), value.OfBytes(nil), value.OfTime(time.Unix(0, 0)), value.OfDuration(-1), value.OfList(nil),
		value.OfPairs(), value.OfPairs("a", value.OfInt(2)), value.OfPairs("a", value.OfInt(1), "b", value.OfInt(0)), value.OfPairs("b", value.Value{}),
	}
	for i := range ordered {
		for j := range ordered {
			if got := value.Compare(ordered[i], ordered[j]); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s and %s: %d", ordered[i].Text(), ordered[j].Text(), got)
			}
		}
	}
}

// TestGoData holds that data of Go and values turn into each other.
func TestGoData(t *testing.T) {
	const text = `{"a":[null,true,1,2.5,"x",{"b":[]}],"z":{}}`
	v, err := value.DecodeJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(value.AppendJSON(nil, value.FromGo(v.ToGo()))); got != text {
		t.Error(got)
	}
	type named string
	for x, want := range map[any]string{uint64(math.MaxUint64): "18446744073709551615", int8(-3): "-3", float32(0.5): "0.5", named("n"): `"n"`, time.Minute: `"1m0s"`, struct{}{}: "null"} {
		if got := string(value.AppendJSON(nil, value.FromGo(x))); got != want {
			t.Errorf("%v gives %s, want %s", x, got, want)
		}
	}
	if got := string(value.AppendJSON(nil, value.FromGo(map[any]any{2: []byte("hi"), "a": [2]int{1, 2}}))); got != `{"2":"aGk=","a":[1,2]}` {
		t.Error(got)
	}
}
