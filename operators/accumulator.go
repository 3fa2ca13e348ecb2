package operators

import (
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// aggregateFunc is an aggregate function.
type aggregateFunc struct {
	states  func() accumulators
	numbers bool // it takes nothing but numbers and nulls; sum durations too
}

var aggregateFuncs = map[string]aggregateFunc{
	"count":    {states: statesOf(addCount, madeCount)},
	"sum":      {states: statesOf(addSum, madeSum), numbers: true},
	"mean":     {states: statesOf(addMean, madeMean), numbers: true},
	"min":      {states: statesOf(addMin, madeSingle)},
	"max":      {states: statesOf(addMax, madeSingle)},
	"first":    {states: statesOf(addFirst, madeSingle)},
	"last":     {states: statesOf(addLast, madeSingle)},
	"collect":  {states: keeping(value.OfList)},
	"items":    {states: statesOf(addItem, madeItems)}, // of no file: what a window without values tells
	"distinct": {states: differing},
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

func addCount(n *int64, v value.Value) (int64, error) {
	if !v.IsNull() {
		*n++
	}
	return 0, nil
}

func madeCount(n *int64) value.Value { return value.OfInt(*n) }

// floats is a sum of floats with Neumaier's compensation; lost is what rounding took.
type floats struct{ sum, lost float64 }

func (s *floats) add(f float64) {
	sum := s.sum + f
	if math.Abs(s.sum) >= math.Abs(f) {
		s.lost += (s.sum - sum) + f
	} else {
		s.lost += (f - sum) + s.sum
	}
	s.sum = sum
}

func (s *floats) value() float64 {
	if math.IsInf(s.sum, 0) {
		return s.sum
	}
	return s.sum + s.lost
}

// sum has integers added exactly.
type sum struct {
	ints     int64
	floats   floats
	float    bool
	duration bool
}

func addSum(s *sum, v value.Value) (int64, error) {
	switch v.Kind() {
	case value.Int, value.Duration:
		i := v.Int()
		if v.Kind() == value.Duration {
			i, s.duration = int64(v.Duration()), true
		}
		sum := s.ints + i
		if (s.ints^sum)&(i^sum) < 0 {
			return 0, fmt.Errorf("the sum overflows an int")
		}
		s.ints = sum
	case value.Float:
		s.float = true
		s.floats.add(v.Float())
	}
	return 0, nil
}

func madeSum(s *sum) value.Value {
	switch {
	case s.float:
		return value.OfFloat(s.floats.value() + float64(s.ints))
	case s.duration:
		return value.OfDuration(time.Duration(s.ints))
	}
	return value.OfInt(s.ints)
}

type mean struct {
	n      int64
	floats floats
}

func addMean(m *mean, v value.Value) (int64, error) {
	if !v.IsNull() {
		m.n++
		m.floats.add(v.Float())
	}
	return 0, nil
}

func madeMean(m *mean) value.Value {
	if m.n == 0 {
		return value.Value{}
	}
	return value.OfFloat(m.floats.value() / float64(m.n))
}

// single is one of the values, null where there is none.
type single struct {
	value.Value
	counted int64 // bytes, of the largest that it was
}

func (s *single) keep(v value.Value) (held int64, err error) {
	s.Value = v.Clone()
	if size := int64(v.Size()); size > s.counted {
		held, s.counted = size-s.counted, size
	}
	return held, nil
}

func addMin(least *single, v value.Value) (int64, error) {
	if !v.IsNull() && (least.IsNull() || value.Compare(v, least.Value) < 0) {
		return least.keep(v)
	}
	return 0, nil
}

func addMax(most *single, v value.Value) (int64, error) {
	if !v.IsNull() && (most.IsNull() || value.Compare(v, most.Value) > 0) {
		return most.keep(v)
	}
	return 0, nil
}

func addFirst(first *single, v value.Value) (int64, error) {
	if first.counted == 0 { // of null, too, something is
		return first.keep(v)
	}
	return 0, nil
}

func addLast(last *single, v value.Value) (int64, error) { return last.keep(v) }

func madeSingle(s *single) value.Value { return s.Value }

// addItem keeps what is not kept for long, and is seldom small: it is not worth to be made bytes.
func addItem(all *[]value.Value, v value.Value) (int64, error) {
	*all = append(*all, v.Clone())
	return int64(v.Size()), nil
}

func madeItems(all *[]value.Value) value.Value { return value.OfList(*all) }

// several is values as bytes, to which there are no pointers.
type several struct {
	n      int
	packed pages
}

// keeping keeps all values but nulls.
func keeping(made func(all []value.Value) value.Value) func() accumulators {
	return func() accumulators {
		var packer value.Packer
		var packed []byte // the value at work
		return statesOf(func(kept *several, v value.Value) (held int64, err error) {
			if v.IsNull() {
				return 0, nil
			}
			packed = packer.Pack(packed[:0], v)
			page := &kept.packed[kept.packed.room(len(packed))]
			*page = append(*page, packed...)
			kept.n++
			return int64(v.Size()), nil
		}, func(kept *several) value.Value {
			all := make([]value.Value, 0, kept.n)
			for _, rest := range kept.packed {
				for len(rest) > 0 {
					var v value.Value
					v, rest = packer.Unpack(rest)
					all = append(all, v)
				}
			}
			return made(all)
		})()
	}
}

// differing counts the different values.
func differing() accumulators {
	var key []byte // of the value at work
	return statesOf(func(seen *keyTable, v value.Value) (held int64, err error) {
		if v.IsNull() {
			return 0, nil
		}
		key = value.AppendKey(key[:0], v)
		if _, isNew := seen.number(maphash.Bytes(seed, key), key); !isNew {
			return 0, nil
		}
		if seen.keys.n == 0 {
			held = tableBytes
		}
		seen.keep(key, nil)
		return held + int64(len(key)) + keyBytes, nil
	}, func(seen *keyTable) value.Value { return value.OfInt(int64(seen.keys.n)) })()
}

// seed makes the hashes of this process those of no other.
var seed = maphash.MakeSeed()

// percentile keeps the numbers and gives the one of the nearest rank: the least that no less than the share p of all is
// at most.
func percentile(p float64) aggregateFunc {
	return aggregateFunc{numbers: true, states: keeping(func(all []value.Value) value.Value {
		if len(all) == 0 {
			return value.Value{}
		}
		return nth(all, max(int(math.Ceil(p*float64(len(all))))-1, 0))
	})}
}

// nth gives the value that would stand at a place if all were in order, those that compare alike as they came. Few are compared.
func nth(all []value.Value, place int) value.Value {
	ranks := make([]uint64, len(all))
	for i, v := range all {
		ranks[i] = value.Rank(v)
	}
	sorted := slices.Clone(ranks)
	slices.Sort(sorted)
	rank := sorted[place]
	before, _ := slices.BinarySearch(sorted, rank)
	var alike []value.Value
	for i, r := range ranks {
		if r == rank {
			alike = append(alike, all[i])
		}
	}
	slices.SortStableFunc(alike, value.Compare)
	return alike[place-before]
}
