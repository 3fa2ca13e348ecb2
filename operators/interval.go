package operators

import (
	"context"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type intervalOptions struct {
	Every        time.Duration `flow:"every,required,short" doc:"The time from one tick to the next."`
	InitialDelay time.Duration `flow:"initial_delay" doc:"The time until the first tick, which is at once unless given."`
	Missed       string        `flow:"missed" default:"skip" enum:"skip,burst,delay" doc:"Where ticks could not be given in time: leave them out (skip), give them at once (burst), or count anew from now (delay)."`
	Count        int64         `flow:"count" doc:"How many ticks there are; without it, no end."`
}

func (o *intervalOptions) Endless() bool { return o.Count == 0 }

func (o *intervalOptions) Period() time.Duration { return o.Every }

func (o *intervalOptions) Check(report func(option, message, help string)) {
	if o.Every <= 0 {
		report("every", "ticks need some time between them", "write a duration such as 1s")
	}
	if o.InitialDelay < 0 {
		report("initial_delay", "a delay cannot be less than none", "write 0s or more")
	}
	if o.Count < 0 {
		report("count", "there are no fewer than no ticks", "write 1 or more, or leave it out for no end")
	}
}

func interval() *flow.Component {
	return &flow.Component{
		Name: "interval", Also: []string{"tick", "timer"}, Group: "source",
		Doc: "Gives a tick `{n, scheduled_at, fired_at}` at regular times, the first at once.",
		Gives: func(any, *flow.Typing) flow.Type {
			at := flow.Only(value.Time)
			return flow.ObjectOf(true, flow.Member{Name: "n", Type: flow.Only(value.Int)}, flow.Member{Name: "scheduled_at", Type: at}, flow.Member{Name: "fired_at", Type: at})
		},
		Maker: flow.Makes(func(o *intervalOptions, _ *flow.Env) (flow.Source, error) { return &ticker{o}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {interval: {every: 10ms, count: 3}}\nsteps:\n  - map: it.n\n",
			Output:   "0\n1\n2\n",
		}},
	}
}

type ticker struct{ opt *intervalOptions }

var tickShape = value.NewShape([]string{"n", "scheduled_at", "fired_at"})

func (t *ticker) Read(ctx context.Context, emit flow.Emit) error {
	due := time.Now().Add(t.opt.InitialDelay)
	timer := time.NewTimer(t.opt.InitialDelay)
	defer timer.Stop()
	for n := int64(0); t.opt.Count == 0 || n < t.opt.Count; n++ {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		tick := []value.Value{value.OfInt(n), value.OfTime(due), value.OfTime(time.Now())}
		if err := emit(flow.Item{Value: value.OfShape(tickShape, tick)}); err != nil {
			return err
		}
		now := time.Now()
		switch next := due.Add(t.opt.Every); {
		case next.After(now) || t.opt.Missed == "burst":
			due = next
		case t.opt.Missed == "delay":
			due = now.Add(t.opt.Every)
		default:
			due = next.Add(now.Sub(next).Truncate(t.opt.Every))
			if due.Before(now) {
				due = due.Add(t.opt.Every)
			}
		}
		timer.Reset(time.Until(due))
	}
	return nil
}
