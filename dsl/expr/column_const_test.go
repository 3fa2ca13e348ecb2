package expr

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// anInt draws an int of any magnitude, often one at which something begins or ends.
func anInt(t *rapid.T, what string) int64 {
	edge := int64(1) << rapid.IntRange(0, 63).Draw(t, what)
	switch rapid.IntRange(0, 3).Draw(t, what) {
	case 0:
		return rapid.Int64().Draw(t, what)
	case 1:
		return edge + rapid.Int64Range(-2, 2).Draw(t, what)
	case 2:
		return math.MinInt64 + rapid.Int64Range(0, 300).Draw(t, what)
	}
	return rapid.Int64Range(-300, 300).Draw(t, what)
}

// TestDivisorsDivide compares divisions without a division with those by one.
func TestDivisorsDivide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		by, x := anInt(t, "by"), rapid.SliceOfN(rapid.Custom(func(t *rapid.T) int64 { return anInt(t, "x") }), 1, 20).Draw(t, "x")
		if by == 0 {
			return
		}
		x = append(x, by, -by, by+1, by*3, math.MinInt64, math.MaxInt64, 0)
		d := divisorOf(by)
		rest := x[rapid.IntRange(0, len(x)-1).Draw(t, "which")] % by
		if rapid.IntRange(0, 3).Draw(t, "any") == 0 {
			rest = anInt(t, "rest")
		}
		test, opposite := d.leaving(rest), d.leaving(rest).not()
		left := d.remainders(x, make([]int64, len(x)))
		holds, not := test.bools(x, make([]bool, len(x))), opposite.bools(x, make([]bool, len(x)))
		for i, a := range x {
			if left[i] != a%by || holds[i] != (a%by == rest) || not[i] == holds[i] {
				t.Fatalf("%d %% %d gives %d; == %d is %v, != is %v", a, by, left[i], rest, holds[i], not[i])
			}
		}
	})
}

// TestRunsOfSteps compares additions and multiplications that are done in one go with those that are done one by one.
func TestRunsOfSteps(t *testing.T) {
	ops := []columnOp{colPlus, colMinus, colTimes}
	rapid.Check(t, func(t *rapid.T) {
		c := theColumn()
		steps, small := []func(x int64) (int64, bool){}, true
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			k := operand{place: constant, value: value.OfInt(anInt(t, "constant"))}
			small = small && magnitude(k.value.Int()) <= 300
			inner := operand{column: c}
			op := rapid.SampledFrom(ops).Draw(t, "op")
			by, apply := k.value.Int(), [...]func(x, y int64) (int64, bool){colPlus: plus, colMinus: minus, colTimes: times}[op]
			if rapid.Bool().Draw(t, "from") {
				c = combined(op, &k, &inner)
				steps = append(steps, func(x int64) (int64, bool) { return apply(by, x) })
			} else {
				c = combined(op, &inner, &k)
				steps = append(steps, func(x int64) (int64, bool) { return apply(x, by) })
			}
		}
		x := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) int64 { return anInt(t, "x") }), 1, 20).Draw(t, "x")
		got := c.ints(&flow.Column{Kind: value.Int})(flow.IntColumn(x), make([]int64, len(x)))
		for i, a := range got {
			want, fits := x[i], true
			for _, step := range steps {
				if fits {
					want, fits = step(want)
				}
			}
			if !fits || a != want {
				t.Fatalf("%v of %d: %d, not %d, %v", c, x[i], a, want, fits)
			}
		}
		if few := len(got); few < len(x) && small && magnitude(x[few]) <= 300 {
			t.Fatalf("%v of %d is not computed", c, x[few])
		}
	})
}

// TestExtremesOfFloats compares the extremes of two floats with what min and max give.
func TestExtremesOfFloats(t *testing.T) {
	all := []float64{math.NaN(), math.Inf(-1), -1.5, math.Copysign(0, -1), 0, 1.5, math.Inf(1)}
	for _, a := range all {
		for _, b := range all {
			args := []value.Value{value.OfFloat(a), value.OfFloat(b)}
			least, _ := extreme(-1)(args)
			most, _ := extreme(1)(args)
			if got := value.OfFloat(lesser(a, b)); !identical(got, least) {
				t.Errorf("min(%v, %v) is %v, not %v", a, b, got.Text(), least.Text())
			}
			if got := value.OfFloat(larger(a, b)); !identical(got, most) {
				t.Errorf("max(%v, %v) is %v, not %v", a, b, got.Text(), most.Text())
			}
		}
	}
}

// TestColumnsAreBounded makes sure that variables which stand in each other many times do not make a column of any size.
func TestColumnsAreBounded(t *testing.T) {
	src, last := "", "it"
	for i := range 40 {
		src, last = fmt.Sprintf("%slet v%d = %s + %s; ", src, i, last, last), fmt.Sprintf("v%d", i)
	}
	e, problems := Compile(src+last, Env{})
	if problems != nil {
		t.Fatal(problems)
	}
	if n, _ := flow.NewMapper(e).Column(flow.IntColumn([]int64{1, 2, 3}), new(flow.Room)); n > 0 {
		t.Errorf("%d are computed", n)
	}
}
