package operators

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
)

type throttleOptions struct {
	Rate  flow.Rate `flow:"rate,required,short" doc:"How many items in a time, such as 100/s."`
	Burst int       `flow:"burst" default:"1" doc:"How many may pass at once after a pause."`
	Mode  string    `flow:"mode" default:"shape" enum:"shape,enforce" doc:"An item that comes too early waits (shape), or fails (enforce)."`
}

func (o *throttleOptions) Check(report func(option, message, help string)) {
	if o.Burst < 1 {
		report("burst", "a burst of no items lets nothing pass", "write 1 or more")
	}
}

func throttle() *flow.Component {
	return &flow.Component{
		Name: "throttle", Also: []string{"rate_limit"}, Group: "time", Traits: flow.Traits{Serial: true, Prompt: true, One: true},
		Doc:   "Passes items at no more than a rate. The first passes at once; the others wait their turn, and none is lost.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *throttleOptions, _ *flow.Env) (flow.Call, error) { return &throttler{opt: o}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 3}}\nsteps:\n  - throttle: 200/s\n", Output: "1\n2\n3\n",
		}},
	}
}

// throttler is the generic cell rate algorithm (ITU-T I.371) as a virtual schedule: an item conforms if it comes no
// earlier than its theoretical arrival time less the tolerance of a burst.
type throttler struct {
	opt    *throttleOptions
	arrive time.Time // theoretical, of the next item
}

// tolerance is how much too early the last item of a burst may come: no more than the longest time there is.
func (o *throttleOptions) tolerance() time.Duration {
	every, more := o.Rate.Interval(), time.Duration(o.Burst-1)
	if every > 0 && more > math.MaxInt64/every {
		return math.MaxInt64
	}
	return more * every
}

func (t *throttler) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	every := t.opt.Rate.Interval()
	now := time.Now()
	earliest := t.arrive.Add(-t.opt.tolerance())
	if wait := earliest.Sub(now); wait > 0 && !t.arrive.IsZero() {
		if t.opt.Mode == "enforce" {
			return nil, flow.Typed("rate", fmt.Errorf("the item comes %v too early for %s", wait, t.opt.Rate))
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
		now = earliest
	}
	if t.arrive.Before(now) {
		t.arrive = now
	}
	t.arrive = t.arrive.Add(every)
	return []flow.Item{it}, nil
}
