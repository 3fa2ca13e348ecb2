package policy

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
)

func TestDelaysWithoutJitter(t *testing.T) {
	for _, c := range []struct {
		r    Retry
		want string
	}{
		{Retry{Strategy: Immediate, Initial: time.Second, MaxDelay: time.Minute}, "[0s 0s 0s 0s]"},
		{Retry{Strategy: Fixed, Initial: time.Second, MaxDelay: time.Minute}, "[1s 1s 1s 1s]"},
		{Retry{Strategy: Linear, Initial: time.Second, Increment: 300 * time.Millisecond, MaxDelay: 1500 * time.Millisecond}, "[1s 1.3s 1.5s 1.5s]"},
		{Retry{Strategy: Exponential, Initial: 500 * time.Millisecond, Factor: 2, MaxDelay: 30 * time.Second}, "[500ms 1s 2s 4s]"},
		{Retry{Strategy: Exponential, Initial: 40 * time.Second, Factor: 2, MaxDelay: 30 * time.Second}, "[30s 30s 30s 30s]"},
		{Retry{Strategy: Exponential, Initial: time.Second, Factor: 1.5, MaxDelay: time.Hour}, "[1s 1.5s 2.25s 3.375s]"},
	} {
		c.r.Jitter = None
		var b backoff
		var got []time.Duration
		for range 4 {
			got = append(got, b.next(&c.r, nil))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%+v: %v, want %s", c.r, got, c.want)
		}
	}
}

// Invariant 33.
func TestDelaysStayWithinTheirFormula(t *testing.T) {
	strategies := []Strategy{Immediate, Fixed, Linear, Exponential}
	jitters := []Jitter{None, Full, Equal, Proportional, Decorrelated}
	duration := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(0, 1<<rapid.IntRange(1, 62).Draw(t, "bits")).Draw(t, "ns"))
	})
	rapid.Check(t, func(t *rapid.T) {
		r := Retry{
			Strategy: rapid.SampledFrom(strategies).Draw(t, "strategy"), Jitter: rapid.SampledFrom(jitters).Draw(t, "jitter"),
			Initial: duration.Draw(t, "initial"), Increment: duration.Draw(t, "increment"), MaxDelay: duration.Draw(t, "max"),
			Factor: rapid.Float64Range(1, 1e6).Draw(t, "factor"), Spread: rapid.Float64Range(0, 1).Draw(t, "spread"),
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var b backoff
		last := r.Initial
		for n := 1; n <= 100; n++ {
			e := r.grown(n)
			if e < 0 || e > r.MaxDelay {
				t.Fatalf("the delay %d grew to %v", n, e)
			}
			low, high := e, e
			switch r.Jitter {
			case Full:
				low = 0
			case Equal:
				low = e / 2
			case Proportional:
				low, high = time.Duration(float64(e)*(1-r.Spread))-1, saturated(float64(e)*(1+r.Spread)+1)
			case Decorrelated:
				low, high = r.Initial, max(r.Initial, saturated(3*float64(last)))
			}
			d := b.next(&r, rng)
			if d < min(low, r.MaxDelay) || d > min(high, r.MaxDelay) {
				t.Fatalf("the delay %d is %v, not from %v to %v", n, d, low, min(high, r.MaxDelay))
			}
			last = d
		}
	})
}

// The means and the spread of the jitters, over many draws of a fixed seed: six standard errors are allowed.
func TestJitterIsSpreadEvenly(t *testing.T) {
	const e = float64(time.Second)
	for jitter, want := range map[Jitter]struct{ mean, deviation float64 }{
		Full:         {e / 2, e / math.Sqrt(12)},
		Equal:        {3 * e / 4, e / 2 / math.Sqrt(12)},
		Proportional: {e, 2 * 0.5 * e / math.Sqrt(12)},
		Decorrelated: {2 * e, 2 * e / math.Sqrt(12)}, // the first: from initial to three times that
	} {
		r := Retry{Strategy: Fixed, Initial: time.Second, MaxDelay: time.Hour, Jitter: jitter, Spread: 0.5}
		rng := rand.New(rand.NewPCG(7, 11))
		const n = 100000
		sum, squares := 0.0, 0.0
		for range n {
			var b backoff
			d := float64(b.next(&r, rng))
			sum += d
			squares += d * d
		}
		mean := sum / n
		deviation := math.Sqrt(squares/n - mean*mean)
		if math.Abs(mean-want.mean) > 6*want.deviation/math.Sqrt(n) || math.Abs(deviation-want.deviation) > 0.02*want.deviation {
			t.Errorf("%s: %v ± %v, want %v ± %v", jitter, time.Duration(mean), time.Duration(deviation), time.Duration(want.mean), time.Duration(want.deviation))
		}
	}
}

func account(r *Retry, item time.Duration, seed uint64) (*Account, time.Time) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	a := NewState(seed).Step(3, Rules{Retry: r, Timeouts: flow.Timeouts{Item: item}}, nil).Account(1, now)
	return &a, now
}

var busy = &flow.Fault{Err: errors.New("busy"), Transient: true}

func asked(after time.Duration) error {
	return &flow.Fault{Err: errItem, Transient: true, After: after}
}

var errItem = errors.New("item is bad")

// Invariant 34.
func TestRetryAfterOnlyLengthens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Default()
		r.MaxAttempts, r.MaxDelay = 100, time.Minute
		a, now := account(r, 0, rapid.Uint64().Draw(t, "seed"))
		plain, _ := account(r, 0, 1)
		plain.rng = rand.New(rand.NewPCG(1, 2))
		for range rapid.IntRange(1, 8).Draw(t, "failures") {
			a.Begin(now)
			after := time.Duration(rapid.Int64Range(0, int64(6*time.Minute)).Draw(t, "after"))
			computed := r.grown(a.backoff.failures + 1)
			delay, again, why := a.Next(now, asked(after), true)
			switch {
			case after > r.MaxRetryAfter:
				if again || why == nil {
					t.Fatalf("waits for %v, as asked", delay)
				}
				return
			case !again || delay < after || delay > max(computed, after)+after/10:
				t.Fatalf("%v %v, asked for %v and computed up to %v", again, delay, after, computed)
			case after > 0 && a.backoff != backoff{}:
				t.Fatal("the backoff goes on after the other side has said how long")
			}
			now = now.Add(delay)
		}
	})
}

// Invariant 35.
func TestNoRetryAtOrAfterTheDeadline(t *testing.T) {
	for _, c := range []struct {
		elapsed, item, most time.Duration
		want                bool
	}{
		{4 * time.Second, 5 * time.Second, 0, false},
		{4 * time.Second, 5*time.Second + 1, 0, true},
		{4 * time.Second, 0, 5 * time.Second, false},
		{4 * time.Second, 0, 5*time.Second + 1, true},
		{4 * time.Second, 0, 0, true},
		{4 * time.Second, time.Hour, 5 * time.Second, false},
	} {
		r := Default()
		r.Strategy, r.Jitter, r.Initial, r.MaxElapsed = Fixed, None, time.Second, c.most
		a, now := account(r, c.item, 1)
		a.Begin(now)
		if _, again, _ := a.Next(now.Add(c.elapsed), busy, true); again != c.want {
			t.Errorf("%+v: %v", c, again)
		}
		a.Parked = time.Second // a clock that stood still
		if _, again, _ := a.Next(now.Add(c.elapsed), busy, true); !again {
			t.Errorf("%+v: the time that it was parked counts", c)
		}
	}
}

func TestAttemptsAreCountedFromTheFirst(t *testing.T) {
	r := Default()
	r.MaxAttempts = 3
	a, now := account(r, 0, 1)
	for n := 1; n <= 3; n++ {
		a.Begin(now)
		if _, again, why := a.Next(now, busy, true); again != (n < 3) || n == 3 && why != error(busy) {
			t.Errorf("after attempt %d: %v %v", n, again, why)
		}
	}
}

// Invariant 40, of the delays: they depend on the seed, the step and the item.
func TestSameSeedSameDelays(t *testing.T) {
	delays := func(seed, step uint64, index int64) (out [3]time.Duration) {
		a := NewState(seed).Step(step, Rules{Retry: Default()}, nil).Account(index, time.Time{})
		for i := range out {
			a.Begin(time.Time{})
			out[i], _, _ = a.Next(time.Time{}, busy, true)
		}
		return out
	}
	same := delays(1, 2, 3)
	if delays(1, 2, 3) != same || delays(2, 2, 3) == same || delays(1, 3, 3) == same || delays(1, 2, 4) == same {
		t.Error(same)
	}
}
