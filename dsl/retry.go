package dsl

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// retryUse is a step's retry: in place, or one under `retries`.
type retryUse struct {
	Use string `flow:"use,short" doc:"The name of one under retries; or a number, which is max_attempts; or none."`
	retry
}

type retry struct {
	MaxAttempts   *int           `flow:"max_attempts,short" doc:"How many attempts there are, the first included; 4 unless given."`
	MaxRetries    *int           `flow:"max_retries" doc:"In place of max_attempts: how many there are after the first."`
	Strategy      string         `flow:"strategy" default:"exponential" enum:"immediate,fixed,linear,exponential" doc:"How the delay grows: not at all (there is none), it stays at initial, by increment, or by factor."`
	Initial       time.Duration  `flow:"initial" default:"500ms" doc:"The delay before the second attempt."`
	Increment     *time.Duration `flow:"increment" doc:"By how much a linear delay grows; initial unless given."`
	Factor        *float64       `flow:"factor" doc:"By which an exponential delay grows; 2 unless given."`
	MaxDelay      time.Duration  `flow:"max_delay" default:"30s" doc:"No delay is longer, jitter included, unless the other side asks for it."`
	Jitter        string         `flow:"jitter" default:"full" enum:"none,full,equal,proportional,decorrelated" doc:"How the delay is spread: not at all; from 0 to it; from half of it to it; around it by jitter_ratio; or from initial to three times the last one."`
	JitterRatio   *float64       `flow:"jitter_ratio" doc:"How far a proportional jitter goes, as a part of the delay; 0.5 unless given."`
	MaxElapsed    time.Duration  `flow:"max_elapsed" doc:"No attempt begins later than this after the item was admitted; 0 is no bound."`
	MaxRetryAfter time.Duration  `flow:"max_retry_after" default:"5m" doc:"The longest wait that the other side may ask for; where it asks for more, the item fails."`
	On            flow.Expr      `flow:"on" scope:"error" doc:"Which failures are tried again, such as error.status == 409; those that may pass by themselves unless given. error is {type, message, step, attempts, at, status}."`
	Budget        *budgetUse     `flow:"budget" doc:"Bounds the retries to a part of the requests: one under budgets by its name, or one in place."`
}

func (r *retryUse) Check(report func(option, message, help string)) {
	if r.Use == "" {
		r.retry.Check(report)
		return
	}
	if n, err := strconv.Atoi(r.Use); err == nil && n < 1 {
		report("use", fmt.Sprintf("%d attempts would be none", n), "write 2 or more, or `none` for one attempt")
	}
}

func (r *retry) Check(report func(option, message, help string)) {
	for _, d := range []struct {
		name string
		d    time.Duration
	}{{"initial", r.Initial}, {"max_delay", r.MaxDelay}, {"max_elapsed", r.MaxElapsed}, {"max_retry_after", r.MaxRetryAfter}} {
		if d.d < 0 {
			report(d.name, fmt.Sprintf("`%s` cannot be %v", d.name, d.d), "write a duration such as 500ms")
		}
	}
	switch {
	case r.MaxAttempts != nil && r.MaxRetries != nil:
		report("max_retries", "`max_attempts` and `max_retries` say the same twice", "keep one: max_attempts counts the first attempt, max_retries does not")
	case r.MaxAttempts != nil && *r.MaxAttempts < 1:
		report("max_attempts", fmt.Sprintf("%d attempts would be none", *r.MaxAttempts), "write 2 or more, or `retry: none` for one attempt")
	case r.MaxRetries != nil && *r.MaxRetries < 0:
		report("max_retries", fmt.Sprintf("%d is no number of retries", *r.MaxRetries), "write 1 or more, or `retry: none`")
	}
	r.checkGrowth(report)
	if j := r.JitterRatio; j != nil && r.Jitter != "proportional" {
		report("jitter_ratio", fmt.Sprintf("`jitter_ratio` is of `jitter: proportional`, and the jitter is %s", r.Jitter), "write `jitter: proportional`, or leave it out")
	} else if j != nil && !(*j > 0 && *j <= 1) {
		report("jitter_ratio", fmt.Sprintf("the ratio %g is not above 0 and up to 1", *j), "write 0.2 for a fifth more or less")
	}
}

// checkGrowth checks how the delay grows.
func (r *retry) checkGrowth(report func(option, message, help string)) {
	switch {
	case r.Increment != nil && r.Strategy != "linear":
		report("increment", fmt.Sprintf("`increment` is of `strategy: linear`, and the strategy is %s", r.Strategy), "write `strategy: linear`, or leave it out")
	case r.Increment != nil && *r.Increment <= 0:
		report("increment", fmt.Sprintf("with an increment of %v the delay never grows", *r.Increment), "write an increment such as 500ms, or `strategy: fixed`")
	case r.Factor != nil && r.Strategy != "exponential":
		report("factor", fmt.Sprintf("`factor` is of `strategy: exponential`, and the strategy is %s", r.Strategy), "leave it out, or write `strategy: exponential`")
	case r.Factor != nil && r.Jitter == "decorrelated":
		report("factor", "`jitter: decorrelated` makes the delay grow by itself, and takes no factor", "leave one of them out")
	case r.Factor != nil && (*r.Factor <= 1 || math.IsInf(*r.Factor, 0)):
		report("factor", fmt.Sprintf("with a factor of %g the delay never grows", *r.Factor), "write a factor above 1, such as 2, or `strategy: fixed`")
	}
	if r.Jitter == "decorrelated" && r.Strategy != "exponential" {
		report("jitter", fmt.Sprintf("`jitter: decorrelated` makes the delay grow by itself, and the strategy is %s", r.Strategy), "leave the strategy out, or write `jitter: full`")
	}
	if r.Strategy != "immediate" && r.MaxDelay >= 0 && r.MaxDelay < r.Initial {
		report("max_delay", fmt.Sprintf("the longest delay, %v, is shorter than the first, %v, so that the delay never grows", flow.FormatDuration(r.MaxDelay), flow.FormatDuration(r.Initial)), "write a `max_delay` of `initial` or more, or `strategy: fixed` with that as `initial`")
	}
}

// attempts gives how many there are at most.
func (r *retry) attempts() int {
	switch {
	case r.MaxAttempts != nil:
		return *r.MaxAttempts
	case r.MaxRetries != nil:
		return *r.MaxRetries + 1
	}
	return policy.Default().MaxAttempts
}

// policy gives the policy; the budget is the loader's to add.
func (r *retry) policy() *policy.Retry {
	p := &policy.Retry{
		Strategy: policy.Strategy(r.Strategy), Initial: r.Initial, Increment: r.Initial, Factor: 2, MaxDelay: r.MaxDelay,
		Jitter: policy.Jitter(r.Jitter), Spread: 0.5, MaxAttempts: r.attempts(), MaxElapsed: r.MaxElapsed,
		MaxRetryAfter: r.MaxRetryAfter, On: r.On,
	}
	if r.Increment != nil {
		p.Increment = *r.Increment
	}
	if r.Factor != nil {
		p.Factor = *r.Factor
	}
	if r.JitterRatio != nil {
		p.Spread = *r.JitterRatio
	}
	return p
}

// budgetUse is a retry's budget: in place, or one under `budgets`.
type budgetUse struct {
	Use flow.Ref `flow:"use,short" doc:"The name of one under budgets."`
	budget
}

type budget struct {
	Ratio        float64       `flow:"ratio" default:"0.2" doc:"How many retries there may be for each request."`
	MinPerSecond float64       `flow:"min_per_second" default:"10" doc:"And so many a second in any case."`
	Window       time.Duration `flow:"window" default:"10s" doc:"Over which both are counted."`
}

func (b *budgetUse) Check(report func(option, message, help string)) {
	if b.Use == "" {
		b.budget.Check(report)
	}
}

func (b *budget) Check(report func(option, message, help string)) {
	switch {
	case b.Ratio < 0:
		report("ratio", fmt.Sprintf("%g is no part of the requests", b.Ratio), "write 0.2 for one retry in five requests")
	case b.MinPerSecond < 0:
		report("min_per_second", fmt.Sprintf("%g is no number of retries", b.MinPerSecond), "write a number from 0 on")
	case b.Window <= 0:
		report("window", fmt.Sprintf("nothing can be counted over %v", b.Window), "write a duration such as 10s")
	case b.Ratio*1e9+b.MinPerSecond*b.Window.Seconds() < 1:
		report("", "this budget never allows a retry", "raise `ratio`, or `min_per_second`")
	}
}

func (b *budget) policy(name string) *policy.Budget {
	return &policy.Budget{Name: name, Ratio: b.Ratio, Least: b.MinPerSecond, Window: b.Window}
}
