package operators

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// accumulator is the state of one aggregate function over one group.
type accumulator interface {
	add(v value.Value) (held int64, err error) // bytes that it holds more than before
	result() value.Value
}

// takesNumbers reports whether a function takes nothing but numbers and nulls, sum durations too.
func takesNumbers(function string) bool {
	switch function {
	case "sum", "mean", "p50", "p95", "p99":
		return true
	}
	return false
}

// acceptable gives the error of an argument that such a function cannot take, so that the item fails before it counts.
func acceptable(call flow.AggregateCall, v value.Value) error {
	if !v.IsNumber() && !v.IsNull() && (v.Kind() != value.Duration || call.Func != "sum") {
		return flow.Typed("expression", fmt.Errorf("%s(%s): %s is %s, not a number", call.Func, call.Arg, call.Arg, flow.Describe(v)))
	}
	return nil
}

func newAccumulator(call flow.AggregateCall) accumulator {
	switch call.Func {
	case "count":
		return &counting{}
	case "sum":
		return &summing{}
	case "mean":
		return &averaging{}
	case "min":
		return &extreme{sign: -1}
	case "max":
		return &extreme{sign: 1}
	case "first":
		return &edgeItem{}
	case "last":
		return &edgeItem{last: true}
	case "collect":
		return &collecting{}
	case "items": // of no file: what a window without values tells
		return &collecting{nulls: true}
	case "distinct":
		return &distincting{seen: map[string]bool{}}
	case "p50":
		return &percentile{p: 0.50}
	case "p95":
		return &percentile{p: 0.95}
	}
	return &percentile{p: 0.99}
}

type counting struct{ n int64 }

func (c *counting) add(v value.Value) (int64, error) {
	if !v.IsNull() {
		c.n++
	}
	return 0, nil
}
func (c *counting) result() value.Value { return value.OfInt(c.n) }

// summing adds integers exactly, and floats with Neumaier's compensation.
type summing struct {
	ints     int64
	floats   float64
	lost     float64 // what rounding took
	float    bool
	duration bool
}

func (s *summing) add(v value.Value) (int64, error) {
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
		f := v.Float()
		sum := s.floats + f
		if math.Abs(s.floats) >= math.Abs(f) {
			s.lost += (s.floats - sum) + f
		} else {
			s.lost += (f - sum) + s.floats
		}
		s.floats = sum
	}
	return 0, nil
}

func (s *summing) total() float64 {
	f := s.floats
	if !math.IsInf(f, 0) {
		f += s.lost
	}
	return f + float64(s.ints)
}

func (s *summing) result() value.Value {
	switch {
	case s.float:
		return value.OfFloat(s.total())
	case s.duration:
		return value.OfDuration(time.Duration(s.ints))
	}
	return value.OfInt(s.ints)
}

type averaging struct {
	sum summing
	n   int64
}

func (a *averaging) add(v value.Value) (int64, error) {
	if v.IsNull() {
		return 0, nil
	}
	a.n++
	return a.sum.add(value.OfFloat(v.Float()))
}

func (a *averaging) result() value.Value {
	if a.n == 0 {
		return value.Value{}
	}
	return value.OfFloat(a.sum.total() / float64(a.n))
}

type extreme struct {
	sign int
	best value.Value
	any  bool
}

func (e *extreme) add(v value.Value) (int64, error) {
	if !v.IsNull() && (!e.any || value.Compare(v, e.best)*e.sign > 0) {
		e.best, e.any = v.Clone(), true
	}
	return 0, nil
}
func (e *extreme) result() value.Value { return e.best }

type edgeItem struct {
	last bool
	any  bool
	v    value.Value
}

func (e *edgeItem) add(v value.Value) (int64, error) {
	if e.last || !e.any {
		e.v, e.any = v.Clone(), true
	}
	return 0, nil
}
func (e *edgeItem) result() value.Value { return e.v }

type collecting struct {
	items []value.Value
	nulls bool // these, too
}

func (c *collecting) add(v value.Value) (int64, error) {
	if v.IsNull() && !c.nulls {
		return 0, nil
	}
	c.items = append(c.items, v.Clone())
	return int64(v.Size()), nil
}
func (c *collecting) result() value.Value { return value.OfList(c.items) }

// distincting counts the different values.
type distincting struct{ seen map[string]bool }

func (d *distincting) add(v value.Value) (int64, error) {
	if v.IsNull() {
		return 0, nil
	}
	key := value.AppendKey(nil, v)
	if d.seen[string(key)] {
		return 0, nil
	}
	d.seen[string(key)] = true
	return int64(len(key)) + 48, nil
}
func (d *distincting) result() value.Value { return value.OfInt(int64(len(d.seen))) }

// percentile keeps the numbers and gives the one of the nearest rank: the least that no less than the share p of all is
// at most.
type percentile struct {
	p float64
	v []value.Value
}

func (p *percentile) add(v value.Value) (int64, error) {
	if v.IsNull() {
		return 0, nil
	}
	p.v = append(p.v, v.Clone())
	return int64(v.Size()), nil
}

func (p *percentile) result() value.Value {
	if len(p.v) == 0 {
		return value.Value{}
	}
	slices.SortFunc(p.v, value.Compare)
	return p.v[max(int(math.Ceil(p.p*float64(len(p.v))))-1, 0)]
}
