package operators

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

type delayOptions struct {
	By  time.Duration `flow:"by,required,short" doc:"How much later each item is passed on."`
	Max int           `flow:"max" default:"1024" doc:"How many items may be on their way; more wait before it, and so come later."`
}

func (o *delayOptions) Check(report func(option, message, help string)) {
	if o.By < 0 {
		report("by", "a delay cannot be less than none", "write a duration such as 1s")
	}
	if o.Max < 1 {
		report("max", "no item at once lets none pass", "write 1 or more")
	}
}

func delay() *flow.Component {
	return &flow.Component{
		Name: "delay", Group: "time", Traits: flow.Traits{Prompt: true, One: true, Keeps: true},
		Doc:   "Passes every item on some time after it came; their distances and their order stay. A `sleep` waits for one item after another.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *delayOptions, env *flow.Env) (flow.Op, error) {
			return &delayer{opt: o, holding: holding{memory: env.Memory}}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [1, 2]}\nsteps:\n  - delay: 10ms\n", Output: "1\n2\n",
		}},
	}
}

type delayer struct {
	holding
	pins  flow.Unpinner
	opt   *delayOptions
	queue []delayed
}

type delayed struct {
	item flow.Item
	due  time.Time
}

func (d *delayer) Process(it flow.Item, _ flow.Emit) error {
	size := int64(it.Value.Size())
	if err := d.take(size); err != nil {
		return err
	}
	it.Value = d.pins.Unpin(it.Value)
	d.queue = append(d.queue, delayed{it, time.Now().Add(d.opt.By)})
	return nil
}

func (d *delayer) Full() bool { return len(d.queue) >= d.opt.Max }

func (d *delayer) Deadline() time.Time {
	if len(d.queue) == 0 {
		return time.Time{}
	}
	return d.queue[0].due
}

func (d *delayer) Tick(now time.Time, emit flow.Emit) error {
	for len(d.queue) > 0 && !d.queue[0].due.After(now) {
		it := d.queue[0].item
		d.queue[0] = delayed{}
		d.queue = d.queue[1:]
		d.give(int64(it.Value.Size()))
		if err := emit(it); err != nil {
			return err
		}
	}
	return nil
}

func (d *delayer) Holds() bool { return len(d.queue) > 0 }

// Flush gives nothing: all has passed in its time.
func (d *delayer) Flush(flow.Emit) error { return nil }
