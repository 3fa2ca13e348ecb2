package policy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Account is one item's attempts. One goroutine uses it.
type Account struct {
	Attempts int           // begun
	Parked   time.Duration // how long a breaker has kept the item waiting: its clock stands still meanwhile

	step    *Step
	began   time.Time
	index   uint64
	rng     *rand.Rand
	backoff backoff
}

// Account begins the account of the step's item of that index, admitted at the given time. Its delays depend on the seed
// of the run, the step and the index alone, and not on what other items do.
func (p *Step) Account(index int64, admitted time.Time) Account {
	return Account{step: p, began: admitted, index: uint64(index)}
}

// Begin counts an attempt.
func (a *Account) Begin(now time.Time) {
	a.Attempts++
	if a.step.budget != nil && a.Attempts == 1 {
		a.step.state.mu.Lock()
		defer a.step.state.mu.Unlock()
		a.step.budget.deposit(now)
	}
}

// Deadline is when the item's time is over; zero for never.
func (a *Account) Deadline() time.Time {
	if a.step.Timeouts.Item == 0 {
		return time.Time{}
	}
	return a.began.Add(a.step.Timeouts.Item + a.Parked)
}

// Next decides what follows a failed attempt: another after the delay; or none, because of why, which is err or says
// more. Wanted says that the failure is one to be tried again.
func (a *Account) Next(now time.Time, err error, wanted bool) (delay time.Duration, again bool, why error) {
	r := a.step.Retry
	if r == nil || !wanted || a.Attempts >= r.MaxAttempts {
		return 0, false, err
	}
	if a.rng == nil {
		a.rng = rand.New(rand.NewPCG(a.step.state.seed^a.step.number, a.index))
	}
	delay = a.backoff.next(r, a.rng)
	if after := Classify(err).After; after > 0 {
		if after > r.MaxRetryAfter {
			return 0, false, err
		}
		delay = max(delay, after) + uniform(a.rng, 0, after/10)
		a.backoff = backoff{} // as gRPC has it (A6): what follows begins anew
	}
	wakes := now.Add(delay)
	if d := a.Deadline(); !d.IsZero() && !wakes.Before(d) {
		return 0, false, err
	}
	if r.MaxElapsed > 0 && !wakes.Before(a.began.Add(r.MaxElapsed+a.Parked)) {
		return 0, false, err
	}
	if !a.Withdraw(now) {
		return 0, false, flow.Typed("retry_budget_exhausted", fmt.Errorf("the budget%s has no retry left; the last failure: %w", named(r.Budget.Name), err))
	}
	return delay, true, nil
}

// Withdraw takes a retry or a copy from the step's budget; true where it has none.
func (a *Account) Withdraw(now time.Time) bool {
	if a.step.budget == nil {
		return true
	}
	a.step.state.mu.Lock()
	defer a.step.state.mu.Unlock()
	return a.step.budget.withdraw(now)
}

// Classify gives what a failure means. What is no Fault counts as transient and repeatable, but for mistakes of the
// pipeline itself, what was cancelled, and what a policy has decided.
func Classify(err error) flow.Fault {
	if Local(err) || flow.ErrorType(err) == "expression" {
		return flow.Fault{Err: err}
	}
	var f *flow.Fault
	if errors.As(err, &f) {
		return *f
	}
	return flow.Fault{Err: err, Transient: true}
}

// Local reports whether a failure came about on this side: an attempt was not made, was cancelled, or is to be the last.
func Local(err error) bool {
	switch flow.ErrorType(err) {
	case "breaker_open", "acquire_timeout", "retry_budget_exhausted", "timeout.item":
		return true
	}
	return flow.IsFatal(err) || errors.Is(err, context.Canceled)
}

// Judge gives what the outcome of a call says about the other side.
func Judge(err error) Outcome {
	switch {
	case err == nil:
		return Success
	case Classify(err).Transient:
		return Failure
	}
	return Ignored
}
