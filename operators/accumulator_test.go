package operators

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

// Aggregate functions give what their names say, found out of all values at once.
func TestAggregatesAreWhatTheyAreCalled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scalar := rapid.SampledFrom([]any{nil, 0, 1, -7, 1 << 40, 0.5, -2.25, 1e300, 1e-300, 3.0, value.OfNumber("0.50"), value.OfNumber("-7.0")})
		given := rapid.SliceOfN(scalar, 0, 30).Draw(t, "values")
		var all, some []value.Value
		for _, x := range given {
			v := value.FromGo(x)
			if all = append(all, v); !v.IsNull() {
				some = append(some, v)
			}
		}
		got := func(name string) value.Value {
			made, err := aggregated(name, all)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return made
		}
		want := map[string]value.Value{
			"count": value.OfInt(int64(len(some))), "collect": value.OfList(some), "items": value.OfList(all), "distinct": value.OfInt(0),
			"min": {}, "max": {}, "first": {}, "last": {}, "mean": {}, "p50": {}, "p95": {}, "p99": {}, "sum": value.OfInt(0),
		}
		if len(all) > 0 {
			want["first"], want["last"] = all[0], all[len(all)-1]
		}
		if len(some) > 0 {
			sorted := slices.Clone(some)
			slices.SortStableFunc(sorted, value.Compare)
			rank := func(p int) value.Value { return sorted[(p*len(sorted)+99)/100-1] }
			want["min"], want["max"] = sorted[0], sorted[len(sorted)-1]
			want["p50"], want["p95"], want["p99"] = rank(50), rank(95), rank(99)
			want["distinct"] = value.OfInt(int64(len(slices.CompactFunc(sorted, func(a, b value.Value) bool { return value.Compare(a, b) == 0 }))))
			exact, floats := new(big.Float).SetPrec(4000), false
			for _, v := range some {
				exact.Add(exact, new(big.Float).SetPrec(4000).SetFloat64(v.Float()))
				floats = floats || v.Kind() == value.Float
			}
			near := func(name string, want *big.Float) {
				w, _ := want.Float64()
				if g := got(name).Float(); math.Abs(g-w) > 1e-12*largest(some) {
					t.Fatalf("%s of %v is %v, want %v", name, given, g, w)
				}
			}
			near("sum", exact)
			near("mean", new(big.Float).Quo(exact, big.NewFloat(float64(len(some)))))
			if kind := got("sum").Kind(); kind != value.Float && floats {
				t.Fatalf("the sum of %v is %v", given, kind)
			}
			delete(want, "sum")
			delete(want, "mean")
		}
		for name, w := range want {
			if g := got(name); !value.Equal(g, w) || name != "max" && g.Text() != w.Text() { // the first of those that are alike
				t.Fatalf("%s of %v is %s, want %s", name, given, g.Text(), w.Text())
			}
		}
	})
}

func largest(values []value.Value) (most float64) {
	for _, v := range values {
		most = max(most, math.Abs(v.Float()))
	}
	return most
}

// Durations are summed as such, and what no int holds is an error.
func TestSumsOfDurationsAndBounds(t *testing.T) {
	minute := value.OfDuration(time.Minute)
	if got, _ := aggregated("sum", []value.Value{minute, minute, minute}); got.Kind() != value.Duration || got.Duration() != 3*time.Minute {
		t.Errorf("3 minutes are %s", got.Text())
	}
	if _, err := aggregated("sum", []value.Value{value.OfInt(math.MaxInt64), value.OfInt(1)}); err == nil {
		t.Error("a sum that no int holds is no error")
	}
}

// aggregated gives what a function makes of values. There is another group of which it makes that of none.
func aggregated(name string, values []value.Value) (value.Value, error) {
	all := aggregateFuncs[name].states()
	all.grow()
	all.grow()
	_, err := all.take(&batch{groups: slices.Repeat([]uint32{1}, len(values)), args: values, each: 1, held: make([]int64, len(values))}, 0)
	made := all.result(1)
	if all.clear(1); err == nil && !value.Equal(all.result(0), all.result(1)) {
		err = fmt.Errorf("of none it makes %s and %s", all.result(0).Text(), all.result(1).Text())
	}
	return made, err
}

// What a function keeps of a group counts, once however often it changes.
func TestValuesThatAreKeptCount(t *testing.T) {
	long, short := value.OfString(strings.Repeat("x", 10_000)), value.OfString("a")
	for _, name := range []string{"min", "max", "first", "last", "collect", "distinct"} {
		values := slices.Repeat([]value.Value{long, short}, 100)
		b := &batch{groups: make([]uint32, len(values)), args: values, each: 1, held: make([]int64, len(values))}
		all := aggregateFuncs[name].states()
		all.grow()
		if _, err := all.take(b, 0); err != nil {
			t.Fatal(err)
		}
		held := int64(0)
		for _, n := range b.held {
			held += n
		}
		want := int64(10_000)
		if name == "collect" {
			want = 1_000_000
		}
		if held < want || held > want+want/10 {
			t.Errorf("%s holds %d bytes, which count as %d", name, want, held)
		}
	}
}
