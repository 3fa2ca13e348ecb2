package policy

import "time"

// Budget bounds the retries of the steps that share it to a part of their requests, so that an outage is not answered
// by a multiple of the load.
type Budget struct {
	Name   string
	Ratio  float64       // retries for each request
	Least  float64       // and so many a second in any case
	Window time.Duration // over which both are counted
}

// budget is the state of a Budget: a sliding window (as in Finagle's RetryBudget and Tower's budget), cut into slots. Of
// the slot that the window covers in part, retries count and requests don't, so it never allows too many.
type budget struct {
	*Budget
	slots             [slots + 1]slot
	newest            int64 // the slot's number
	requests, retries int   // of all slots
}

type slot struct{ requests, retries int }

const slots = 100

// slide moves the window up to now.
func (b *budget) slide(now time.Time) *slot {
	number := now.UnixNano() / max(int64(b.Window)/slots, 1)
	for gone := max(b.newest+1, number-slots); gone <= number; gone++ {
		s := &b.slots[gone%(slots+1)]
		b.requests -= s.requests
		b.retries -= s.retries
		*s = slot{}
	}
	b.newest = max(b.newest, number)
	return &b.slots[b.newest%(slots+1)]
}

// deposit counts a request.
func (b *budget) deposit(now time.Time) {
	b.slide(now).requests++
	b.requests++
}

// withdraw counts a retry if there may be one more.
func (b *budget) withdraw(now time.Time) bool {
	s := b.slide(now)
	requests := b.requests - b.slots[(b.newest+1)%(slots+1)].requests
	if b.Ratio*float64(requests)+b.Least*b.Window.Seconds()-float64(b.retries) < 1 {
		return false
	}
	s.retries++
	b.retries++
	return true
}
