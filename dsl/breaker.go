package dsl

import (
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// breakerUse is a step's breaker: in place, or one under `breakers`.
type breakerUse struct {
	Use string `flow:"use,short" doc:"The name of one under breakers, or none."`
	breaker
}

type breaker struct {
	Window        *window        `flow:"window" doc:"Over what it counts: a time, or {calls: 100}; 10s unless given."`
	MinCalls      int            `flow:"min_calls" default:"20" doc:"It does not open before so many calls."`
	FailureRatio  float64        `flow:"failure_ratio" default:"0.5" doc:"It opens when so great a part of the calls failed."`
	SlowCall      time.Duration  `flow:"slow_call" doc:"A call that takes so long counts as slow; none does unless given."`
	SlowRatio     *float64       `flow:"slow_ratio" doc:"It opens when so great a part of the calls was slow; 0.5 unless given."`
	OpenFor       time.Duration  `flow:"open_for" default:"15s" doc:"How long it lets no call pass, before it tries a few."`
	HalfOpenCalls int            `flow:"half_open_calls" default:"3" doc:"How many calls it tries then; when all succeed it closes."`
	OnOpen        *onOpen        `flow:"on_open" doc:"What becomes of an item while it is open: wait (the default), fail, skip or {value: …}."`
	MaxWait       *time.Duration `flow:"max_wait" doc:"How long an item waits at most; 5m unless given."`
}

type window struct {
	Time  time.Duration `flow:"time,short" doc:"The calls of this time."`
	Calls int           `flow:"calls" doc:"So many calls, the newest."`
}

func (w *window) Check(report func(option, message, help string)) {
	switch {
	case w.Time != 0 && w.Calls != 0:
		report("calls", "a window is a time or a number of calls, and here are both", "keep one of them")
	case w.Time < 0 || w.Time == 0 && w.Calls == 0:
		report("time", fmt.Sprintf("nothing can be counted over %v", w.Time), "write a duration such as 10s, or {calls: 100}")
	case w.Calls < 0 || w.Calls > 1e6:
		report("calls", fmt.Sprintf("%d is no number of calls to count", w.Calls), "write a number such as 100")
	}
}

type onOpen struct {
	Action string       `flow:"action,short" enum:"wait,fail,skip" doc:"wait: items wait, and nothing new is begun. fail: the item fails, with the type breaker_open. skip: it is left out, and counted."`
	Value  flow.Literal `flow:"value" scope:"error" doc:"What stands in place of the item."`
}

func (o *onOpen) Check(report func(option, message, help string)) {
	if (o.Action != "") == (o.Value.Expr != nil) {
		report("", "`on_open` has one outcome", "write wait, fail, skip or {value: EXPRESSION}")
	}
}

func (b *breakerUse) Check(report func(option, message, help string)) {
	if b.Use == "" {
		b.breaker.Check(report)
	}
}

func (b *breaker) Check(report func(option, message, help string)) {
	ratio := func(name string, x float64) {
		if !(x > 0 && x <= 1) {
			report(name, fmt.Sprintf("the ratio %g is not above 0 and up to 1", x), "write 0.5 for half of the calls")
		}
	}
	ratio("failure_ratio", b.FailureRatio)
	switch {
	case b.SlowCall < 0:
		report("slow_call", fmt.Sprintf("no call takes %v", b.SlowCall), "write a duration such as 2s")
	case b.SlowRatio != nil && b.SlowCall == 0:
		report("slow_ratio", "no call counts as slow", "add `slow_call: 2s`, or leave it out")
	case b.SlowRatio != nil:
		ratio("slow_ratio", *b.SlowRatio)
	}
	switch {
	case b.MinCalls < 1:
		report("min_calls", fmt.Sprintf("%d is no number of calls", b.MinCalls), "write 1 or more")
	case b.Window != nil && b.Window.Calls > 0 && b.MinCalls > b.Window.Calls:
		report("min_calls", fmt.Sprintf("the breaker cannot open: it counts %d calls, and does not open before %d", b.Window.Calls, b.MinCalls), fmt.Sprintf("write `min_calls` from 1 to %d, or a greater window", b.Window.Calls))
	}
	if b.OpenFor <= 0 {
		report("open_for", fmt.Sprintf("a breaker cannot be open for %v", b.OpenFor), "write a duration such as 15s")
	}
	if b.HalfOpenCalls < 1 {
		report("half_open_calls", fmt.Sprintf("with %d calls to try, it would never close", b.HalfOpenCalls), "write 1 or more")
	}
	waits := b.OnOpen == nil || b.OnOpen.Action == "wait"
	switch {
	case b.MaxWait != nil && !waits:
		report("max_wait", "`max_wait` is of `on_open: wait`, and here no item waits", "leave it out")
	case b.MaxWait != nil && *b.MaxWait <= 0:
		report("max_wait", fmt.Sprintf("an item cannot wait for %v", *b.MaxWait), "write a duration such as 5m, or `on_open: fail`")
	}
}

func (b *breaker) policy(name string) *policy.Breaker {
	p := &policy.Breaker{
		Name: name, Window: 10 * time.Second, MinCalls: b.MinCalls, FailureRatio: b.FailureRatio, SlowCall: b.SlowCall, SlowRatio: 0.5,
		OpenFor: b.OpenFor, HalfOpen: b.HalfOpenCalls, OnOpen: policy.Wait, MaxWait: 5 * time.Minute,
	}
	if b.Window != nil {
		p.Window, p.Calls = b.Window.Time, b.Window.Calls
	}
	if b.SlowRatio != nil {
		p.SlowRatio = *b.SlowRatio
	}
	if o := b.OnOpen; o != nil && o.Value.Expr != nil {
		p.OnOpen, p.Value = policy.Value, o.Value.Expr
	} else if o != nil {
		p.OnOpen = policy.OnOpen(o.Action)
	}
	if b.MaxWait != nil {
		p.MaxWait = *b.MaxWait
	}
	return p
}
