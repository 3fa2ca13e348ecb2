package dsl

import (
	"fmt"
	"strconv"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

type limit struct {
	Concurrency *int       `flow:"concurrency" doc:"How many permits there are: a semaphore, first come, first served."`
	Rate        *flow.Rate `flow:"rate" doc:"How many attempts may begin in a time: a token bucket, first come, first served."`
	Burst       *int       `flow:"burst" doc:"How many tokens a rate saves up while nobody comes; 1 unless given, which spaces attempts evenly."`
	Initial     *int       `flow:"initial" doc:"With how many tokens a rate begins; burst unless given."`
	Adaptive    *adaptive  `flow:"adaptive" doc:"Finds by itself how many attempts at once the other side bears."`
	By          flow.Expr  `flow:"by" doc:"One limit for each value of this expression, such as it.host."`
}

type adaptive struct {
	Min int `flow:"min" default:"1" doc:"The fewest at once, and how many it begins with."`
	Max int `flow:"max" default:"200" doc:"The most at once."`
}

func (a *adaptive) Check(report func(option, message, help string)) {
	switch {
	case a.Min < 1:
		report("min", fmt.Sprintf("with %d at once, nothing would run", a.Min), "write 1 or more")
	case a.Max < a.Min:
		report("max", fmt.Sprintf("the most, %d, are fewer than the fewest, %d", a.Max, a.Min), "write a `max` of `min` or more")
	}
}

func (a *adaptive) policy() *policy.Adaptive { return &policy.Adaptive{Min: a.Min, Max: a.Max} }

func (l *limit) Check(report func(option, message, help string)) {
	kinds := 0
	for _, given := range []bool{l.Concurrency != nil, l.Rate != nil, l.Adaptive != nil} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		report("", "this limit bounds nothing", "write `{concurrency: 10}`, `{rate: 50/s}` or `{adaptive: {}}`")
	case kinds > 1:
		report("", "a limit has one of `concurrency`, `rate` and `adaptive`, and here are several", "make each a limit of its own; a step may name several")
	case l.Concurrency != nil && *l.Concurrency < 1:
		report("concurrency", fmt.Sprintf("a limit of %d permits lets nothing pass", *l.Concurrency), "write 1 or more")
	case l.Rate == nil && l.Burst != nil:
		report("burst", "`burst` is of a rate", "leave it out, or write `rate: 50/s`")
	case l.Rate == nil && l.Initial != nil:
		report("initial", "`initial` is of a rate", "leave it out, or write `rate: 50/s`")
	case l.Rate == nil:
	case l.burst() < 1:
		report("burst", fmt.Sprintf("a burst of %d lets nothing pass", l.burst()), "write 1 or more")
	case l.Initial != nil && (*l.Initial < 0 || *l.Initial > l.burst()):
		report("initial", fmt.Sprintf("a rate with a burst of %d cannot begin with %d tokens", l.burst(), *l.Initial), fmt.Sprintf("write a number from 0 to %d", l.burst()))
	case !policy.Countable(*l.Rate, l.burst()):
		report("burst", fmt.Sprintf("a burst of %d takes too long to save up at a rate of %v", l.burst(), *l.Rate), "write a smaller one")
	}
}

func (l *limit) burst() int {
	if l.Burst == nil {
		return 1
	}
	return *l.Burst
}

func (l *limit) policy(name string) *policy.Limit {
	p := &policy.Limit{Name: name, By: l.By}
	switch {
	case l.Rate != nil:
		p.Rate, p.Burst, p.Initial = *l.Rate, l.burst(), l.burst()
		if l.Initial != nil {
			p.Initial = *l.Initial
		}
	case l.Adaptive != nil:
		p.Adaptive = l.Adaptive.policy()
	default:
		p.Concurrency = *l.Concurrency
	}
	return p
}

type limitUse struct {
	Use    flow.Ref `flow:"use,required,short" doc:"The limit's name."`
	Weight int      `flow:"weight" default:"1" doc:"How many permits, or tokens of a rate, an attempt takes."`
}

type concurrency struct {
	Max      string    `flow:"max,short" doc:"How many run at once: a number, or unbounded."`
	Adaptive *adaptive `flow:"adaptive" doc:"In place of max: finds by itself how many the other side bears."`
	Order    string    `flow:"order" default:"input" enum:"input,completion,key" doc:"The order of the results: of the input; as they finish; or of the input within each key, whose items run one after another."`
	Key      flow.Expr `flow:"key" doc:"The key, of order: key."`
	Window   int       `flow:"window" doc:"How many items may be running, waiting, or finished and not handed on; max unless given."`
}

func (c *concurrency) Check(report func(option, message, help string)) {
	n, err := c.limit()
	switch {
	case c.Max == "" && c.Adaptive == nil:
		report("", "`concurrency` says nothing about how many run at once", "write a number such as 5, or `{adaptive: {}}`")
	case c.Max != "" && c.Adaptive != nil:
		report("max", "`adaptive` finds how many run at once, and `max` says it", "keep one of them, or write `adaptive: {max: 50}`")
	case c.Max == "0":
		report("max", "0 at once would run nothing", "write a number from 1 on, or `{max: unbounded}` if no bound is what you want")
	case err != nil:
		report("max", err.Error(), "write a number such as 5, or unbounded")
	case c.Window < 0:
		report("window", fmt.Sprintf("a window of %d holds nothing", c.Window), "write a window of max or more, or none")
	case c.Window > 0 && c.Window < n:
		report("window", fmt.Sprintf("the window of %d is smaller than max, %d, and would be the bound in its place", c.Window, n), "write a window of max or more, or none")
	}
	if c.Order == "key" && c.Key == nil {
		report("order", "`order: key` has no key", "add `key: it.user`, or whatever must stay in order")
	}
	if c.Order != "key" && c.Key != nil {
		report("key", "a key is of use with `order: key` only", "write `order: key`, or leave the key out")
	}
}

// limit gives max as a number, 0 for unbounded.
func (c *concurrency) limit() (int, error) {
	switch {
	case c.Adaptive != nil:
		return c.Adaptive.Max, nil
	case c.Max == "unbounded":
		return 0, nil
	}
	n, err := strconv.ParseInt(c.Max, 10, 32)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s is no number of items from 1 on", diag.Quote(c.Max))
	}
	return int(n), nil
}

// plan gives the concurrency as the plan has it.
func (c *concurrency) plan() graph.Concurrency {
	most, err := c.limit()
	if err != nil {
		return graph.Concurrency{}
	}
	g := graph.Concurrency{Max: most, Order: graph.Order(c.Order), Key: c.Key, Window: c.Window}
	if c.Adaptive != nil {
		g.Adaptive = c.Adaptive.policy()
	}
	return g
}
