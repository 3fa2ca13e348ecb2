package operators

import (
	"container/list"
	"time"

	"github.com/flowrun/flowrun/flow"
)

type distinctOptions struct {
	By      flow.Expr     `flow:"by,short" doc:"What must be different; the item itself unless given."`
	MaxKeys int           `flow:"max_keys" doc:"How many keys to remember: past it the one seen longest ago is forgotten, and may pass again."`
	TTL     time.Duration `flow:"ttl" doc:"How long a key is remembered after it passed."`
}

func (o *distinctOptions) Check(report func(option, message, help string)) {
	if o.MaxKeys < 0 {
		report("max_keys", "there are no fewer than no keys", "write 1 or more, or leave it out for no bound")
	}
	if o.TTL < 0 {
		report("ttl", "a time cannot be less than none", "write a duration such as 1h, or leave it out for no end")
	}
}

// Grows reports whether it remembers every key for ever.
func (o *distinctOptions) Grows() bool { return o.MaxKeys == 0 && o.TTL == 0 }

func distinct() *flow.Component {
	return &flow.Component{
		Name: "distinct", Also: []string{"uniq", "unique", "dedup", "dedupe"}, Group: "identity", Traits: flow.Traits{Single: true, Keeps: true},
		Doc:   "Lets an item pass whose key was not seen before. It remembers every key, within the run's memory, unless bounded.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *distinctOptions, env *flow.Env) (flow.Op, error) {
			if o.Grows() {
				return newDeduper(env.Memory, o.By), nil
			}
			return &forgetter{opt: o, holding: holding{memory: env.Memory}, keyOf: newKeyOf(o.By), seen: map[string]*list.Element{}}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{u: a, n: 1}, {u: b, n: 2}, {u: a, n: 3}]}\nsteps:\n  - distinct: it.u\n  - map: it.n\n", Output: "1\n2\n",
		}},
	}
}
