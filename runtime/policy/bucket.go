package policy

import (
	"math"
	"math/bits"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// bucket is a limiter of tokens, of which it gains some each nanosecond up to the burst. It counts in units so small
// that a token and the gain of a nanosecond are whole numbers of them, so no rounding adds up: over any time T it grants
// at most burst + rate·T, to the token, and at the nanosecond at which GCRA would.
type bucket struct {
	token int64 // units
	gain  int64 // units a nanosecond
	full  int64
	level int64
	at    time.Time // as of when level is; still to come while the bucket is paused
}

func newBucket(l *Limit, now time.Time) *bucket {
	token, gain := units(l.Rate)
	return &bucket{token: token, gain: gain, full: int64(l.Burst) * token, level: int64(l.Initial) * token, at: now}
}

// Countable reports whether a rate's tokens can be counted exactly up to the burst.
func Countable(r flow.Rate, burst int) bool {
	token, _ := units(r)
	hi, lo := bits.Mul64(uint64(token), uint64(burst))
	return hi == 0 && lo < math.MaxInt64/2
}

// units gives a token and the gain of a nanosecond in the greatest unit that divides both. Of a rate's count, six
// decimals are kept, and the rest is cut off.
func units(r flow.Rate) (token, gain int64) {
	count, per := r.Count, int64(r.Per)
	for range 6 {
		if count == math.Trunc(count) || per > math.MaxInt64/20 {
			break
		}
		count, per = count*10, per*10
	}
	gain = max(int64(count), 1)
	a, b := per, gain
	for b != 0 {
		a, b = b, a%b
	}
	return per / a, gain / a
}

// accrue brings the level up to now.
func (b *bucket) accrue(now time.Time) {
	d := int64(now.Sub(b.at))
	if d <= 0 {
		return
	}
	b.at = now
	if missing := b.full - b.level; d >= ceil(missing, b.gain) {
		b.level = b.full
	} else {
		b.level += d * b.gain
	}
}

func (b *bucket) take(n int64, now time.Time) (bool, time.Time) {
	b.accrue(now)
	need := n * b.token
	if b.level >= need && !now.Before(b.at) {
		b.level -= need
		return true, time.Time{}
	}
	return false, b.at.Add(time.Duration(ceil(max(need-b.level, 0), b.gain)))
}

func (b *bucket) give(n int64, now time.Time) {
	b.accrue(now)
	b.level = min(b.level+n*b.token, b.full)
}

// pause stops the bucket's clock: until then it neither gains nor grants.
func (b *bucket) pause(now, until time.Time) {
	b.accrue(now)
	if until.After(b.at) {
		b.at = until
	}
}

func (b *bucket) fresh(now time.Time) bool {
	b.accrue(now)
	return b.level == b.full && !now.Before(b.at)
}

func ceil(a, b int64) int64 { return a/b + min(a%b, 1) }
