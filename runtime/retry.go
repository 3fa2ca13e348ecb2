package runtime

import (
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/policy"
)

// Retry decides what follows a failed attempt. See flow.Flight.
func (f *flight) Retry(err error) (time.Duration, bool) {
	if f.ctx.Err() != nil {
		return 0, false
	}
	at := now()
	wanted, wrong := f.wanted(err)
	if wrong != nil {
		f.verdict = wrong
		return 0, false
	}
	if after := policy.Classify(err).After; after > 0 && after <= f.longest() {
		f.step.Pause(f.keys, at, at.Add(after))
	}
	delay, again, why := f.account.Next(at, err, wanted)
	if why != nil && why != err {
		f.verdict = why
	}
	return delay, again && f.doze(at.Add(delay))
}

// longest is the longest wait that the other side may ask for.
func (f *flight) longest() time.Duration {
	if r := f.step.Retry; r != nil {
		return r.MaxRetryAfter
	}
	return policy.Default().MaxRetryAfter
}

// wanted reports whether a failure is one to be tried again.
func (f *flight) wanted(err error) (bool, error) {
	fault := policy.Classify(err)
	r := f.step.Retry
	if r == nil || r.On == nil || fault.Final || policy.Local(err) {
		return fault.Transient && !fault.Final, nil
	}
	scope := flow.Scope{Vars: []value.Value{f.errorValue(err, fault.Status)}}
	ok, wrong := flow.Bool(r.On, scope.Set(f.it))
	if wrong != nil {
		return false, fmt.Errorf("retry: on: %w; the failure was: %w", wrong, err)
	}
	return ok, nil
}

// errorValue is `error` as the retry's `on` sees it: that of on_error, and the status of the reply.
func (f *flight) errorValue(err error, status int) value.Value {
	v := errorOf(err, f.node.ID, f.account.Attempts)
	if status == 0 {
		return v.With("status", value.Value{})
	}
	return v.With("status", value.OfInt(int64(status)))
}

// doze notes until when the item waits for its next attempt; false says that a drain does not wait for that.
func (f *flight) doze(until time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.span != nil && !f.drainBy.IsZero() && !until.Before(f.drainBy) {
		f.gaveUp = true
		return false
	}
	f.asleep[f], f.dozed = until, true
	return true
}

// awaken notes that the item waits no longer for its next attempt.
func (f *flight) awaken() {
	if !f.dozed {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.asleep, f)
	f.dozed = false
}
