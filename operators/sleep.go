package operators

import (
	"context"
	"time"

	"github.com/flowrun/flowrun/flow"
)

type sleepOptions struct {
	For flow.Dyn[time.Duration] `flow:"for,required,short" doc:"How long."`
}

func sleep() *flow.Component {
	return &flow.Component{
		Name: "sleep", Also: []string{"wait"}, Group: "time", Traits: flow.Traits{One: true},
		Doc:   "Waits some time for each item and passes it on: one after another, or several at once with `concurrency`.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *sleepOptions, _ *flow.Env) (flow.Call, error) { return &sleeper{opt: o}, nil }),
		Examples: []flow.Example{{
			Doc:      "The shortest wait comes first.",
			Pipeline: "source: {items: [{ms: 30}, {ms: 10}]}\nsteps:\n  - sleep: \"${it.ms}ms\"\n    concurrency: {max: 2, order: completion}\n  - map: it.ms\n",
			Output:   "10\n30\n",
		}},
	}
}

type sleeper struct{ opt *sleepOptions }

func (s *sleeper) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	var scope flow.Scope
	d, err := s.opt.For.Eval(scope.Set(it))
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, d); err != nil {
		return nil, err
	}
	return []flow.Item{it}, nil
}

// pause waits, until ctx ends at the latest.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
