package operators

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// accumulator is the state of an aggregate function over one group. What its fields are for is the function's to say; all are
// of one type, so that those of a group stand together in memory. Zero is that of no items.
type accumulator struct {
	n        int64
	sum      float64
	lost     float64
	v        value.Value
	some     bool
	float    bool
	duration bool
	kept     *keptValues // nil: it keeps nothing
}

// accumulatorBytes is what an accumulator takes beside what it keeps.
const accumulatorBytes = 64

// keptValues is what functions keep that need all values.
type keptValues struct {
	values []value.Value
	seen   map[string]struct{}
}

// aggregateFunc is an aggregate function: how it takes a value, telling how many bytes it holds more than before, and what it
// makes of all.
type aggregateFunc struct {
	add     func(a *accumulator, v value.Value) (held int64, err error)
	result  func(a *accumulator) value.Value
	numbers bool // it takes nothing but numbers and nulls; sum durations too
}

var aggregateFuncs = map[string]aggregateFunc{
	"count":    {add: addCount, result: resultCount},
	"sum":      {add: addSum, result: resultSum, numbers: true},
	"mean":     {add: addMean, result: resultMean, numbers: true},
	"min":      {add: addMin, result: resultValue},
	"max":      {add: addMax, result: resultValue},
	"first":    {add: addFirst, result: resultValue},
	"last":     {add: addLast, result: resultValue},
	"collect":  {add: addSome, result: resultList},
	"items":    {add: addAny, result: resultList}, // of no file: what a window without values tells
	"distinct": {add: addDistinct, result: resultDistinct},
	"p50":      percentile(0.50),
	"p95":      percentile(0.95),
	"p99":      percentile(0.99),
}

// acceptable gives the error of an argument that a function of numbers cannot take, so that the item fails before it counts.
func acceptable(call flow.AggregateCall, v value.Value) error {
	if !v.IsNumber() && !v.IsNull() && (v.Kind() != value.Duration || call.Func != "sum") {
		return flow.Typed("expression", fmt.Errorf("%s(%s): %s is %s, not a number", call.Func, call.Arg, call.Arg, flow.Describe(v)))
	}
	return nil
}

func addCount(a *accumulator, v value.Value) (int64, error) {
	if !v.IsNull() {
		a.n++
	}
	return 0, nil
}

func resultCount(a *accumulator) value.Value { return value.OfInt(a.n) }

// addSum adds integers exactly, to n, and floats with Neumaier's compensation, to sum.
func addSum(a *accumulator, v value.Value) (int64, error) {
	switch v.Kind() {
	case value.Int, value.Duration:
		i := v.Int()
		if v.Kind() == value.Duration {
			i, a.duration = int64(v.Duration()), true
		}
		sum := a.n + i
		if (a.n^sum)&(i^sum) < 0 {
			return 0, fmt.Errorf("the sum overflows an int")
		}
		a.n = sum
	case value.Float:
		a.float = true
		a.addFloat(v.Float())
	}
	return 0, nil
}

func (a *accumulator) addFloat(f float64) {
	sum := a.sum + f
	if math.Abs(a.sum) >= math.Abs(f) {
		a.lost += (a.sum - sum) + f
	} else {
		a.lost += (f - sum) + a.sum
	}
	a.sum = sum
}

// floats gives the sum of the floats; lost is what rounding took.
func (a *accumulator) floats() float64 {
	if math.IsInf(a.sum, 0) {
		return a.sum
	}
	return a.sum + a.lost
}

func resultSum(a *accumulator) value.Value {
	switch {
	case a.float:
		return value.OfFloat(a.floats() + float64(a.n))
	case a.duration:
		return value.OfDuration(time.Duration(a.n))
	}
	return value.OfInt(a.n)
}

func addMean(a *accumulator, v value.Value) (int64, error) {
	if !v.IsNull() {
		a.n++
		a.addFloat(v.Float())
	}
	return 0, nil
}

func resultMean(a *accumulator) value.Value {
	if a.n == 0 {
		return value.Value{}
	}
	return value.OfFloat(a.floats() / float64(a.n))
}

func addMin(a *accumulator, v value.Value) (int64, error) {
	if !v.IsNull() && (!a.some || value.Compare(v, a.v) < 0) {
		a.v, a.some = v.Clone(), true
	}
	return 0, nil
}

func addMax(a *accumulator, v value.Value) (int64, error) {
	if !v.IsNull() && (!a.some || value.Compare(v, a.v) > 0) {
		a.v, a.some = v.Clone(), true
	}
	return 0, nil
}

func addFirst(a *accumulator, v value.Value) (int64, error) {
	if !a.some {
		a.v, a.some = v.Clone(), true
	}
	return 0, nil
}

func addLast(a *accumulator, v value.Value) (int64, error) {
	a.v = v.Clone()
	return 0, nil
}

func resultValue(a *accumulator) value.Value { return a.v }

func addAny(a *accumulator, v value.Value) (int64, error) {
	if a.kept == nil {
		a.kept = &keptValues{}
	}
	a.kept.values = append(a.kept.values, v.Clone())
	return int64(v.Size()), nil
}

func addSome(a *accumulator, v value.Value) (int64, error) {
	if v.IsNull() {
		return 0, nil
	}
	return addAny(a, v)
}

func (a *accumulator) values() []value.Value {
	if a.kept == nil {
		return nil
	}
	return a.kept.values
}

func resultList(a *accumulator) value.Value { return value.OfList(a.values()) }

// addDistinct counts the different values.
func addDistinct(a *accumulator, v value.Value) (int64, error) {
	if v.IsNull() {
		return 0, nil
	}
	if a.kept == nil {
		a.kept = &keptValues{seen: map[string]struct{}{}}
	}
	key := value.AppendKey(nil, v)
	if _, known := a.kept.seen[string(key)]; known {
		return 0, nil
	}
	a.kept.seen[string(key)] = struct{}{}
	return int64(len(key)) + 48, nil
}

func resultDistinct(a *accumulator) value.Value {
	if a.kept == nil {
		return value.OfInt(0)
	}
	return value.OfInt(int64(len(a.kept.seen)))
}

// percentile keeps the numbers and gives the one of the nearest rank: the least that no less than the share p of all is
// at most.
func percentile(p float64) aggregateFunc {
	return aggregateFunc{add: addSome, numbers: true, result: func(a *accumulator) value.Value {
		v := a.values()
		if len(v) == 0 {
			return value.Value{}
		}
		slices.SortFunc(v, value.Compare)
		return v[max(int(math.Ceil(p*float64(len(v))))-1, 0)]
	}}
}
