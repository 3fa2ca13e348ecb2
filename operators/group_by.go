package operators

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

type groupByOptions struct {
	Key       flow.Expr     `flow:"key,required" doc:"What the items of a group have in common."`
	Steps     flow.Steps    `flow:"steps,required" scope:"key" doc:"The steps that the items of a group go through, and those of no other; in them, key is the key."`
	MaxGroups int           `flow:"max_groups" default:"10000" doc:"How many groups there may be at once."`
	Idle      time.Duration `flow:"idle" doc:"A group that got no item for so long ends; it begins anew with the next. Never, unless given."`
	Overflow  string        `flow:"overflow" default:"fail" enum:"fail,evict" doc:"What a group too many does: it ends the run (fail), or the group that got no item for longest (evict)."`
}

func (o *groupByOptions) Check(report func(option, message, help string)) {
	if o.MaxGroups < 1 {
		report("max_groups", "no group at once takes no item", "write 1 or more")
	}
	if o.Idle < 0 {
		report("idle", "a time cannot be less than none", "write a duration such as 5m, or leave it out")
	}
}

func (o *groupByOptions) Nest() *flow.Nest {
	return &flow.Nest{Steps: o.Steps, Mode: flow.ByKey, Max: o.MaxGroups, Key: o.Key, Idle: o.Idle, Evict: o.Overflow == "evict"}
}

func groupBy() *flow.Component {
	return &flow.Component{
		Name: "group_by", Group: "fork",
		Doc: "Takes the items of each key through steps of their own, which see no other key's: a fold, a window or a count for each. " +
			"What comes out is given as it comes; groups of steps that only compute end in the order in which they began. " +
			"An item that fails within is up to the `on_error` there.",
		Sees: flow.Sees(func(o *groupByOptions, t *flow.Typing) map[string]flow.Type {
			return map[string]flow.Type{"key": t.TypeOf(o.Key)}
		}),
		Maker: flow.Makes(func(*groupByOptions, *flow.Env) (flow.Op, error) { return nil, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{u: ada, n: 1}, {u: bob, n: 5}, {u: ada, n: 2}]}\nsteps:\n  - group_by:\n      key: it.u\n      steps:\n        - fold: {init: 0, next: acc + it.n}\n        - map: {user: key, total: it}\n",
			Output:   "{\"user\":\"ada\",\"total\":3}\n{\"user\":\"bob\",\"total\":5}\n",
		}},
	}
}
