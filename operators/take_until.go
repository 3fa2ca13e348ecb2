package operators

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

type takeUntilOptions struct {
	When      flow.Expr     `flow:"when,short" doc:"Ends with the first item for which this is true."`
	Inclusive bool          `flow:"inclusive" doc:"Pass also that item."`
	After     time.Duration `flow:"after" doc:"Ends so long after the run began: an item at that very instant does not pass any more."`
}

func (o *takeUntilOptions) Check(report func(option, message, help string)) {
	switch {
	case o.When == nil && o.After == 0:
		report("", "`take_until` says nothing about when to end", "write `take_until: it.done`, or `take_until: {after: 1m}`")
	case o.After < 0:
		report("after", "a time cannot be less than none", "write a duration such as 1m")
	case o.Inclusive && o.When == nil:
		report("inclusive", "at a time there is no item to include", "leave it out")
	}
}

func takeUntil() *flow.Component {
	return &flow.Component{
		Name: "take_until", Group: "cut", Traits: flow.Traits{One: true, Cuts: true},
		Doc:   "Passes items until a condition is true, or until a time has passed, and ends there: everything before it stops.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *takeUntilOptions, _ *flow.Env) (flow.Op, error) {
			u := &untilTaker{opt: o}
			if o.After == 0 {
				return u, nil
			}
			u.end = time.Now().Add(o.After)
			return &timedUntilTaker{u}, nil
		}),
		Examples: []flow.Example{
			{Pipeline: "source: {items: [1, 2, 5, 1]}\nsteps:\n  - take_until: {when: it > 3, inclusive: true}\n", Output: "1\n2\n5\n"},
			{
				Doc:      "The ticks of a time.",
				Pipeline: "source: {interval: {every: 20ms}}\nsteps:\n  - take_until: {after: 50ms}\n  - map: it.n\n", Output: "0\n1\n2\n",
			},
		},
	}
}

type untilTaker struct {
	opt   *takeUntilOptions
	scope flow.Scope
	end   time.Time // zero: none
}

func (u *untilTaker) Process(it flow.Item, emit flow.Emit) error {
	if !u.end.IsZero() && !time.Now().Before(u.end) {
		return flow.Done
	}
	if u.opt.When == nil {
		return emit(it)
	}
	last, err := flow.Bool(u.opt.When, u.scope.Set(it))
	if err != nil {
		return err
	}
	if !last || u.opt.Inclusive {
		if err := emit(it); err != nil {
			return err
		}
	}
	if last {
		return flow.Done
	}
	return nil
}

type timedUntilTaker struct{ *untilTaker }

func (u *timedUntilTaker) Deadline() time.Time             { return u.end }
func (u *timedUntilTaker) Tick(time.Time, flow.Emit) error { return flow.Done }
