package dsl

import (
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
)

type timeouts struct {
	Attempt flow.Bound    `flow:"attempt,short" doc:"How long one attempt may take, from its permits to its result; or none."`
	Item    time.Duration `flow:"item" doc:"How long an item may take in all: its waits, attempts and the delays between them. The time it waits for a breaker to close does not count."`
	Acquire time.Duration `flow:"acquire" doc:"How long an attempt may wait for each of its permits."`
	Connect time.Duration `flow:"connect" doc:"How long a connection may take to be made, TLS included."`
	Header  time.Duration `flow:"header" doc:"How long the reply may take to begin, once the request is sent."`
	Body    time.Duration `flow:"body" doc:"How long the body of the reply may take, once it has begun."`
	Idle    time.Duration `flow:"idle" doc:"How long the next item may be awaited; then the run fails."`
	First   time.Duration `flow:"first" doc:"How long the first item may be awaited; then the run fails."`
}

// named gives the clocks by their names.
func (t *timeouts) named() []struct {
	name string
	d    *time.Duration
} {
	return []struct {
		name string
		d    *time.Duration
	}{{"item", &t.Item}, {"acquire", &t.Acquire}, {"connect", &t.Connect}, {"header", &t.Header}, {"body", &t.Body}, {"idle", &t.Idle}, {"first", &t.First}}
}

func (t *timeouts) Check(report func(option, message, help string)) {
	for _, c := range t.named() {
		if *c.d < 0 {
			report(c.name, fmt.Sprintf("nothing takes %v", *c.d), "write a duration such as 30s, or leave it out for no bound")
		}
	}
}

// over gives the timeouts of a step: each clock of its own, else that of the defaults.
func (t *timeouts) over(standard *timeouts) timeouts {
	switch {
	case t == nil && standard == nil:
		return timeouts{}
	case t == nil:
		return *standard
	case standard == nil:
		return *t
	}
	out := *t
	if out.Attempt == 0 {
		out.Attempt = standard.Attempt
	}
	mine, theirs := out.named(), standard.named()
	for i := range mine {
		if *mine[i].d == 0 {
			*mine[i].d = *theirs[i].d
		}
	}
	return out
}

type hedge struct {
	Delay time.Duration `flow:"delay,required,short" doc:"After how long without a result a copy of the call is made, and another, up to max."`
	Max   int           `flow:"max" default:"1" doc:"How many copies there are at most."`
}

func (h *hedge) Check(report func(option, message, help string)) {
	switch {
	case h.Delay <= 0:
		report("delay", fmt.Sprintf("with a delay of %v every call would be made %d times", h.Delay, h.Max+1), "write the time in which nineteen of twenty calls are done, such as 200ms")
	case h.Max < 1:
		report("max", fmt.Sprintf("%d is no number of copies", h.Max), "write 1 or more, or leave `hedge` out")
	}
}

type hints struct {
	Rate       *flow.Rate    `flow:"rate" doc:"How many items come at the peak."`
	Latency    time.Duration `flow:"latency" doc:"How long a call takes as a rule."`
	LatencyP99 time.Duration `flow:"latency_p99" doc:"How long the slowest call in a hundred takes."`
	ItemBytes  flow.Size     `flow:"item_bytes" doc:"How large an item is."`
}

func (h *hints) Check(report func(option, message, help string)) {
	switch {
	case h.Latency < 0:
		report("latency", fmt.Sprintf("nothing takes %v", h.Latency), "write a duration such as 80ms")
	case h.LatencyP99 != 0 && h.LatencyP99 < h.Latency:
		report("latency_p99", fmt.Sprintf("the slowest calls take longer than most, and %v is shorter than %v", flow.FormatDuration(h.LatencyP99), flow.FormatDuration(h.Latency)), "write a `latency_p99` of `latency` or more")
	}
}
