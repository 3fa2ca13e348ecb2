package policy

import (
	"cmp"
	"container/list"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Limit is a limit that steps share: a number of permits, a rate, or a number of permits that adapts.
type Limit struct {
	Name        string
	Concurrency int       // permits; 0 where it is one of the others
	Rate        flow.Rate // tokens; its Count is 0 where it is one of the others
	Burst       int       // how many tokens a rate saves up
	Initial     int       // with how many of them it begins
	Adaptive    *Adaptive
	By          flow.Expr // one limit per key; nil: one for all
}

// IsRate reports whether the limit is a rate.
func (l *Limit) IsRate() bool { return l.Rate.Count > 0 }

// Most is the greatest weight that the limit can ever grant.
func (l *Limit) Most() int {
	switch {
	case l.IsRate():
		return l.Burst
	case l.Adaptive != nil:
		return 1
	}
	return l.Concurrency
}

// Use is a step's use of a limit.
type Use struct {
	Limit  *Limit
	Weight int // permits or tokens that an attempt takes
}

// inOrder gives the uses as attempts pass them: rates first, and by name.
func inOrder(uses []Use) []Use {
	rank := func(u Use) int {
		if u.Limit.IsRate() {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(uses), func(a, b Use) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Limit.Name, b.Limit.Name))
	})
}

// limit is the state of a Limit: a gate for each key in use.
type limit struct {
	*Limit
	gates map[string]*gate
	sweep int // how many gates there may be before those that matter no more are looked for
}

func newLimit(l *Limit) *limit { return &limit{Limit: l, gates: map[string]*gate{}} }

// limiter is what a gate lets pass by.
type limiter interface {
	// take takes n. If there are not as many, it takes nothing, and gives when there will be, zero for when some are
	// given back.
	take(n int64, now time.Time) (ok bool, at time.Time)
	// give returns n that were taken.
	give(n int64, now time.Time)
	// fresh reports whether a new one would be the same.
	fresh(now time.Time) bool
}

// gate is a limit for one key. It lets admissions pass strictly in the order in which they came: a heavy one at the
// head holds up lighter ones, and so is never starved.
type gate struct {
	limiter
	waiting list.List // of *Admission
	busy    bool
}

// gate gives the gate for a key.
func (l *limit) gate(key string, now time.Time) *gate {
	g := l.gates[key]
	if g != nil {
		return g
	}
	if len(l.gates) >= max(l.sweep, 64) {
		for k, old := range l.gates {
			if old.waiting.Len() == 0 && old.fresh(now) {
				delete(l.gates, k)
			}
		}
		l.sweep = 2 * len(l.gates)
	}
	g = &gate{}
	switch {
	case l.IsRate():
		g.limiter = newBucket(l.Limit, now)
	case l.Adaptive != nil:
		g.limiter = newAdaptive(l.Adaptive, now)
	default:
		g.limiter = &semaphore{size: int64(l.Concurrency)}
	}
	l.gates[key] = g
	return g
}

// pass takes n for an admission that has just come, unless it must queue.
func (g *gate) pass(a *Admission, n int64, now time.Time) bool {
	a.since, a.due = now, time.Time{}
	if g.waiting.Len() == 0 {
		ok, at := g.take(n, now)
		if ok {
			return true
		}
		a.due = at
	}
	a.place = g.waiting.PushBack(a)
	return false
}

// settle lets pass whoever may. Who then stands at the head hears when its turn is due.
func (g *gate) settle(now time.Time) {
	if g.busy { // what is going on here further up the stack goes on with the queue
		return
	}
	g.busy = true
	defer func() { g.busy = false }()
	for g.waiting.Len() > 0 {
		a := g.waiting.Front().Value.(*Admission)
		ok, at := g.take(a.weight(), now)
		if !ok {
			if !a.due.Equal(at) {
				a.due = at
				a.notify()
			}
			return
		}
		g.waiting.Remove(a.place)
		a.place = nil
		a.advance(now)
	}
}

// semaphore is a limiter of permits.
type semaphore struct{ size, used int64 }

func (s *semaphore) take(n int64, _ time.Time) (bool, time.Time) {
	if s.used+n > s.size {
		return false, time.Time{}
	}
	s.used += n
	return true, time.Time{}
}

func (s *semaphore) give(n int64, _ time.Time) { s.used -= n }

func (s *semaphore) fresh(time.Time) bool { return s.used == 0 }
