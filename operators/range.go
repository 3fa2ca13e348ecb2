package operators

import (
	"context"
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type rangeOptions struct {
	From int64 `flow:"from" default:"0" doc:"The first integer."`
	To   int64 `flow:"to,required" doc:"The last integer, which is among them."`
	Step int64 `flow:"step" default:"1" doc:"The distance from one to the next; below 0 to count down."`
}

// Size gives how many integers there are; it cannot where they are more than an int counts.
func (o *rangeOptions) Size() (int64, bool) {
	n := o.count()
	return int64(n), n <= math.MaxInt64
}

func (o *rangeOptions) Check(report func(option, message, help string)) {
	if o.Step == 0 {
		report("step", "a step of 0 would never get on", "write 1, or -1 to count down")
	}
}

func rangeSource() *flow.Component {
	return &flow.Component{
		Name: "range", Group: "source",
		Doc:   "Gives the integers from `from` up to and with `to`. Where there are none between them, it gives nothing.",
		Gives: func(any, *flow.Typing) flow.Type { return flow.Only(value.Int) },
		Maker: flow.Makes(func(o *rangeOptions, _ *flow.Env) (flow.Source, error) { return &ranger{o}, nil }),
		Examples: []flow.Example{
			{Pipeline: "source: {range: {from: 1, to: 3}}\n", Output: "1\n2\n3\n"},
			{Doc: "Counting down.", Pipeline: "source: {range: {from: 10, to: 0, step: -5}}\n", Output: "10\n5\n0\n"},
		},
	}
}

type ranger struct{ opt *rangeOptions }

func (r *ranger) Steady() bool { return true }

func (r *ranger) Read(_ context.Context, emit flow.Emit) error {
	return r.ReadInts(func(ints []int64) error {
		for _, i := range ints {
			if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *ranger) ReadInts(emit func([]int64) error) error {
	step, left := r.opt.Step, r.opt.count()
	column := make([]int64, flow.MaxColumn)
	for i := r.opt.From; left > 0; {
		n := min(left, flow.MaxColumn)
		for k := range column[:n] {
			column[k] = i
			i += step // past the last one, it may wrap around
		}
		if err := emit(column[:n]); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// count gives how many integers there are.
func (o *rangeOptions) count() uint64 {
	switch {
	case o.Step > 0 && o.From <= o.To:
		return saturated((uint64(o.To) - uint64(o.From)) / uint64(o.Step))
	case o.Step < 0 && o.From >= o.To:
		return saturated((uint64(o.From) - uint64(o.To)) / -uint64(o.Step))
	}
	return 0
}

// saturated gives one more, if there is such a number.
func saturated(n uint64) uint64 { return max(n+1, n) }
