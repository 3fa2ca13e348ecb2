package policy

import (
	"math"
	"time"
)

// Adaptive is a limit that finds by itself how many calls the other side bears.
type Adaptive struct {
	Min, Max int // it begins with Min
}

// adaptive is the limiter of an Adaptive: ARC, as in Vector (src/sinks/util/adaptive_concurrency/controller.rs). Once
// per interval, which is the mean time that a call has taken, it adds one where the limit was reached, nothing was
// refused and calls took no longer than before; it takes a tenth away where calls were refused or took far longer.
// Unlike there, a time that has not grown at all never counts as far longer.
type adaptive struct {
	Adaptive
	limit, used int64

	mean, variance float64 // of the time calls take, in nanoseconds, weighed down exponentially; a mean of 0: not known
	took           time.Duration
	calls          int64 // that succeeded in this interval, and took that much together
	refused        bool  // in this interval
	reached        bool
	next           time.Time // when the interval ends
}

const (
	arcWeight    = 0.4 // of the newest interval in the mean
	arcDeviation = 2.5 // how many standard deviations are far longer
)

func newAdaptive(a *Adaptive, now time.Time) *adaptive {
	return &adaptive{Adaptive: *a, limit: int64(a.Min), next: now}
}

func (a *adaptive) take(n int64, _ time.Time) (bool, time.Time) {
	if a.used+n > a.limit {
		a.reached = true
		return false, time.Time{}
	}
	a.used += n
	a.reached = a.reached || a.used == a.limit
	return true, time.Time{}
}

func (a *adaptive) give(n int64, _ time.Time) { a.used -= n }

// fresh reports whether what was learned is so old that it says nothing any more.
func (a *adaptive) fresh(now time.Time) bool { return a.used == 0 && now.Sub(a.next) > 10*time.Minute }

// learn takes the outcome of a call into account. Only successes say how long calls take.
func (a *adaptive) learn(outcome Outcome, took time.Duration, now time.Time) {
	switch outcome {
	case Success:
		a.took += took
		a.calls++
	case Failure:
		a.refused = true
	default:
		return
	}
	if now.Before(a.next) || a.mean == 0 && a.calls == 0 {
		return
	}
	if a.mean > 0 {
		a.adjust()
	}
	if a.calls > 0 {
		a.average(float64(int64(a.took) / a.calls))
	}
	a.next = now.Add(time.Duration(a.mean))
	a.took, a.calls, a.refused, a.reached = 0, 0, false, a.used >= a.limit
}

func (a *adaptive) adjust() {
	rtt := 0.0
	if a.calls > 0 {
		rtt = float64(int64(a.took) / a.calls)
	}
	longer := rtt > a.mean && rtt >= a.mean+arcDeviation*math.Sqrt(a.variance)
	switch {
	case a.reached && !a.refused && a.calls > 0 && rtt <= a.mean:
		a.limit = min(a.limit+1, int64(a.Max))
	case a.refused || longer:
		a.limit = max(a.limit*9/10, int64(a.Min))
	}
}

// average updates the mean and the variance. T. Finch, Incremental calculation of weighted mean and variance (2009),
// section 9.
func (a *adaptive) average(x float64) {
	if a.mean == 0 {
		a.mean = max(x, 1)
		return
	}
	d := x - a.mean
	step := arcWeight * d
	a.mean += step
	a.variance = (1 - arcWeight) * (a.variance + d*step)
}
