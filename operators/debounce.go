package operators

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

type debounceOptions struct {
	For time.Duration `flow:"for,required,short" doc:"How long nothing may follow an item."`
}

func (o *debounceOptions) Check(report func(option, message, help string)) {
	if o.For <= 0 {
		report("for", "items need some time between them", "write a duration such as 500ms")
	}
}

func debounce() *flow.Component {
	return &flow.Component{
		Name: "debounce", Group: "time", Traits: flow.Traits{Prompt: true},
		Doc:   "Passes an item when none has followed it for some time: the last one of a burst. At the end of the input, the one that waits passes.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *debounceOptions, _ *flow.Env) (flow.Op, error) { return &debouncer{quiet: o.For}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [1, 2, 3]}\nsteps:\n  - debounce: 10ms\n", Output: "3\n",
		}},
	}
}

type debouncer struct {
	quiet time.Duration
	item  flow.Item
	due   time.Time // when the item passes; zero: there is none
	lost  int64
}

func (d *debouncer) Process(it flow.Item, emit flow.Emit) error {
	now := time.Now()
	if !d.due.IsZero() && !now.Before(d.due) { // it was quiet, though nobody said so
		if err := d.Flush(emit); err != nil {
			return err
		}
	}
	if !d.due.IsZero() {
		d.lost++
	}
	d.item, d.due = it, now.Add(d.quiet)
	return nil
}

func (d *debouncer) Dropped() int64 { return d.lost }

func (d *debouncer) Deadline() time.Time                    { return d.due }
func (d *debouncer) Tick(_ time.Time, emit flow.Emit) error { return d.Flush(emit) }

func (d *debouncer) Flush(emit flow.Emit) error {
	if d.due.IsZero() {
		return nil
	}
	it := d.item
	d.item, d.due = flow.Item{}, time.Time{}
	return emit(it)
}
