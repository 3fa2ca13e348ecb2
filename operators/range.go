package operators

import (
	"context"

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
	distance := float64(o.To) - float64(o.From)
	if o.Step == 0 || distance/float64(o.Step) < 0 {
		return 0, true
	}
	n := distance/float64(o.Step) + 1
	return int64(n), n < 1<<53
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
	for i, step := r.opt.From, r.opt.Step; ; i += step {
		if step > 0 && i > r.opt.To || step < 0 && i < r.opt.To {
			return nil
		}
		if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
			return err
		}
		if step > 0 && i > r.opt.To-step && r.opt.To-step < r.opt.To || step < 0 && i < r.opt.To-step && r.opt.To-step > r.opt.To {
			return nil // the next one is past the end, and may be past an int
		}
	}
}
