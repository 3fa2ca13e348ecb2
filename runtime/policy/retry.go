package policy

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Retry says whether a failed attempt is followed by another, and after how long.
type Retry struct {
	Name          string
	Strategy      Strategy
	Initial       time.Duration // before the second attempt
	Increment     time.Duration // of Linear
	Factor        float64       // of Exponential
	MaxDelay      time.Duration
	Jitter        Jitter
	Spread        float64       // of Proportional: how far from the delay, as a part of it
	MaxAttempts   int           // the first one included
	MaxElapsed    time.Duration // from the item's admission; 0: no bound
	MaxRetryAfter time.Duration // the longest wait that the other side may ask for
	On            flow.Expr     // whether a failure is to be tried again; nil: if it is transient. Sees `error` as its only Var
	Budget        *Budget
}

// Strategy is how the delay grows from attempt to attempt.
type Strategy string

// The strategies.
const (
	Immediate   Strategy = "immediate"
	Fixed       Strategy = "fixed"
	Linear      Strategy = "linear"
	Exponential Strategy = "exponential"
)

// Jitter is how the delay is spread, so that those who failed together do not come back together.
type Jitter string

// The jitters. M. Brooker, Exponential Backoff and Jitter (AWS Architecture Blog, 2015) compares full, equal and
// decorrelated; proportional is that of gRPC (connection-backoff.md).
const (
	None         Jitter = "none"
	Full         Jitter = "full"
	Equal        Jitter = "equal"
	Proportional Jitter = "proportional"
	Decorrelated Jitter = "decorrelated"
)

// Default is the policy of calls over a network, where the file says nothing else.
func Default() *Retry {
	return &Retry{
		Strategy: Exponential, Initial: 500 * time.Millisecond, Factor: 2, MaxDelay: 30 * time.Second, Jitter: Full,
		MaxAttempts: 4, MaxRetryAfter: 5 * time.Minute,
	}
}

// backoff is how far the delays of one item have grown.
type backoff struct {
	failures int           // since it began, or began anew
	last     time.Duration // of Decorrelated
}

// next gives the delay after one more failure. With e the delay that the strategy gives, it is e; U[0, e] of full
// jitter; e/2 + U[0, e/2] of equal; e·U[1−r, 1+r] of proportional; and of decorrelated U[initial, 3·last]. It never
// exceeds max_delay: the bound comes after the jitter.
func (b *backoff) next(r *Retry, rng *rand.Rand) time.Duration {
	b.failures++
	e := r.grown(b.failures)
	switch r.Jitter {
	case Full:
		e = uniform(rng, 0, e)
	case Equal:
		e = e/2 + uniform(rng, 0, e-e/2)
	case Proportional:
		e = saturated(float64(e) * (1 - r.Spread + 2*r.Spread*rng.Float64()))
	case Decorrelated:
		if b.last == 0 {
			b.last = r.Initial
		}
		e = uniform(rng, r.Initial, max(r.Initial, saturated(3*float64(b.last))))
		b.last = min(e, r.MaxDelay)
	}
	return min(e, r.MaxDelay)
}

// grown gives the delay after the nth failure as the strategy alone has it, max_delay at most.
func (r *Retry) grown(n int) time.Duration {
	e := r.Initial
	switch r.Strategy {
	case Immediate:
		return 0
	case Linear:
		e = saturated(float64(r.Initial) + float64(n-1)*float64(r.Increment))
	case Exponential:
		e = saturated(float64(r.Initial) * math.Pow(r.Factor, float64(n-1)))
	}
	return min(e, r.MaxDelay)
}

// Longest gives the longest delay that the policy itself has after the nth failure, jitter included.
func (r *Retry) Longest(n int) time.Duration {
	e := float64(r.grown(n))
	switch {
	case r.Strategy == Immediate:
	case r.Jitter == Proportional:
		e *= 1 + r.Spread
	case r.Jitter == Decorrelated:
		e = float64(r.Initial) * math.Pow(3, float64(n))
	}
	return min(saturated(e), r.MaxDelay)
}

// saturated gives a duration of so many nanoseconds, the longest there is if it is longer.
func saturated(ns float64) time.Duration {
	if !(ns < math.MaxInt64) {
		return math.MaxInt64
	}
	return time.Duration(ns)
}

// uniform gives a duration from a to b, both included.
func uniform(rng *rand.Rand, a, b time.Duration) time.Duration {
	if b <= a {
		return a
	}
	if n := int64(b - a); n < math.MaxInt64 {
		return a + time.Duration(rng.Int64N(n+1))
	}
	return a + time.Duration(rng.Int64())
}
