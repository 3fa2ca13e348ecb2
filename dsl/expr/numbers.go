package expr

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow/value"
)

var numberFunctions = map[string]function{
	"abs":     {one: absolute, column: colAbs},
	"ceil":    {one: rounding(math.Ceil), column: colCeil},
	"floor":   {one: rounding(math.Floor), column: colFloor},
	"round":   {one: rounding(math.Round), column: colRound},
	"int":     {one: toInt, column: colInt},
	"float":   {one: toFloat, column: colFloat},
	"min":     {many: extreme(-1), deep: true, column: colMin},
	"max":     {many: extreme(1), deep: true, column: colMax},
	"mean":    {many: mean, deep: true},
	"median":  {many: median, deep: true},
	"bitand":  bitwise(colAnds, func(x, y int64) int64 { return x & y }),
	"bitor":   bitwise(colOrs, func(x, y int64) int64 { return x | y }),
	"bitxor":  bitwise(colXors, func(x, y int64) int64 { return x ^ y }),
	"bitnand": bitwise(colNands, func(x, y int64) int64 { return x &^ y }),
	"bitshl":  shift(func(x int64, by uint64) int64 { return x << by }),
	"bitshr":  shift(func(x int64, by uint64) int64 { return x >> by }),
	"bitushr": shift(func(x int64, by uint64) int64 { return int64(uint64(x) >> by) }),
	"bitnot": {one: func(a value.Value) (value.Value, error) {
		if !a.IsInt() {
			return a, wrong(a, "an int")
		}
		return value.OfInt(^a.Int()), nil
	}},
}

func absolute(a value.Value) (value.Value, error) {
	switch {
	case a.IsInt() && a.Int() == math.MinInt64, a.Kind() == value.Duration && a.Duration() == math.MinInt64:
		return a, fmt.Errorf("overflows an int")
	case a.IsInt():
		return value.OfInt(max(a.Int(), -a.Int())), nil
	case a.IsNumber():
		return value.OfFloat(math.Abs(a.Float())), nil
	case a.Kind() == value.Duration:
		return value.OfDuration(a.Duration().Abs()), nil
	}
	return a, wrong(a, "a number")
}

func rounding(f func(float64) float64) func(value.Value) (value.Value, error) {
	return func(a value.Value) (value.Value, error) {
		if !a.IsNumber() {
			return a, wrong(a, "a number")
		}
		return value.OfFloat(f(a.Float())), nil
	}
}

func toInt(a value.Value) (value.Value, error) {
	switch a.Kind() {
	case value.Int:
		return a, nil
	case value.Float:
		if f := math.Trunc(a.Float()); f >= -(1<<63) && f < 1<<63 {
			return value.OfInt(int64(f)), nil
		}
		return a, fmt.Errorf("%s is beyond an int", strconv.FormatFloat(a.Float(), 'g', -1, 64))
	case value.Duration:
		return value.OfInt(int64(a.Duration())), nil
	case value.String:
		i, err := strconv.ParseInt(strings.TrimSpace(a.Str()), 10, 64)
		if err != nil {
			return a, fmt.Errorf("%q is no int", short(a.Str()))
		}
		return value.OfInt(i), nil
	}
	return a, wrong(a, "a number or a string")
}

func toFloat(a value.Value) (value.Value, error) {
	switch a.Kind() {
	case value.Int, value.Float:
		return value.OfFloat(a.Float()), nil
	case value.String:
		f, err := strconv.ParseFloat(strings.TrimSpace(a.Str()), 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return a, fmt.Errorf("%q is no number", short(a.Str()))
		}
		return value.OfFloat(f), nil
	}
	return a, wrong(a, "a number or a string")
}

// extreme gives the least or the greatest of its arguments, lists among them taken apart; null of none.
func extreme(sign int) func([]value.Value) (value.Value, error) {
	return func(args []value.Value) (value.Value, error) {
		var best value.Value
		first := true
		err := apart(args, func(x value.Value) error {
			if !x.IsNumber() && x.Kind() != value.Time && x.Kind() != value.Duration && !x.IsString() {
				return wrong(x, "a number")
			}
			if first || value.Compare(x, best)*sign > 0 {
				best, first = x, false
			}
			return nil
		})
		return best, err
	}
}

// apart tells of the values one by one, of the elements of lists in their place, however deep, up to the first failure.
func apart(values []value.Value, tell func(value.Value) error) error {
	for _, x := range values {
		var err error
		if x.Kind() == value.List {
			err = apart(x.List(), tell)
		} else {
			err = tell(x)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// numbersIn tells of the numbers that the values are, lists among them taken apart.
func numbersIn(values []value.Value, tell func(float64)) error {
	return apart(values, func(x value.Value) error {
		if !x.IsNumber() {
			return wrong(x, "a number")
		}
		tell(x.Float())
		return nil
	})
}

func mean(args []value.Value) (value.Value, error) {
	sum, n := 0.0, 0
	err := numbersIn(args, func(f float64) { sum, n = sum+f, n+1 })
	if err != nil || n == 0 {
		return value.OfFloat(0), err
	}
	return value.OfFloat(sum / float64(n)), nil
}

func median(args []value.Value) (value.Value, error) {
	var room [32]float64
	all := room[:0]
	err := numbersIn(args, func(f float64) { all = append(all, f) })
	n := len(all)
	if err != nil || n == 0 {
		return value.OfFloat(0), err
	}
	slices.Sort(all)
	if n%2 == 1 {
		return value.OfFloat(all[n/2]), nil
	}
	return value.OfFloat((all[n/2-1] + all[n/2]) / 2), nil
}

func bitwise(column columnOp, f func(x, y int64) int64) function {
	return function{column: column, many: func(args []value.Value) (value.Value, error) {
		x, err := wantInt(args, 0)
		if err != nil {
			return args[0], err
		}
		y, err := wantInt(args, 1)
		return value.OfInt(f(x, y)), err
	}}
}

func shift(f func(x int64, by uint64) int64) function {
	return function{many: func(args []value.Value) (value.Value, error) {
		x, err := wantInt(args, 0)
		if err != nil {
			return args[0], err
		}
		by, err := wantInt(args, 1)
		if err == nil && by < 0 {
			err = fmt.Errorf("argument 2 is %d, and a shift is not negative", by)
		}
		if err != nil {
			return args[1], err
		}
		return value.OfInt(f(x, uint64(by))), nil
	}}
}
