package policy

import (
	"container/list"
	"errors"
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Breaker stops calls to a side that fails, until it has had time to recover.
type Breaker struct {
	Name         string
	Window       time.Duration // what is counted: the outcomes of this time,
	Calls        int           // or so many of the newest, where this is not 0
	MinCalls     int           // it does not open before so many
	FailureRatio float64       // of the calls: it opens
	SlowCall     time.Duration // a call that takes so long is slow; 0: none is
	SlowRatio    float64       // of the calls: it opens
	OpenFor      time.Duration
	HalfOpen     int // probes: calls that must succeed for it to close
	OnOpen       OnOpen
	Value        flow.Expr     // of Value; sees `error` as its only Var
	MaxWait      time.Duration // of Wait
}

// OnOpen is what becomes of an item that comes to an open breaker.
type OnOpen string

// An item waits, fails, is skipped or replaced.
const (
	Wait  OnOpen = "wait"
	Fail  OnOpen = "fail"
	Skip  OnOpen = "skip"
	Value OnOpen = "value"
)

// OpenError is the failure of an item that an open breaker turned away.
type OpenError struct{ Breaker *Breaker }

// Error says that the breaker is open.
func (e *OpenError) Error() string {
	if e.Breaker.OnOpen == Wait {
		return fmt.Sprintf("the breaker%s stayed open for more than the max_wait of %v", named(e.Breaker.Name), flow.FormatDuration(e.Breaker.MaxWait))
	}
	return fmt.Sprintf("the breaker%s is open", named(e.Breaker.Name))
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return " `" + name + "`"
}

// Position is whether a breaker lets calls pass.
type Position string

// The positions of a breaker. Half-open, it lets a few probes pass.
const (
	Closed   Position = "closed"
	Open     Position = "open"
	HalfOpen Position = "half_open"
)

// breaker is the state of a Breaker. Its generation grows with every transition; what began in an older one changes
// nothing any more, as in sony/gobreaker.
type breaker struct {
	*Breaker
	position   Position
	generation uint64
	opened     time.Time
	opens      int64 // how often it has opened
	window     window

	// Half-open: of HalfOpen permits, the probes hold some, and each success uses one up. Candidates are admissions that
	// were let in for a permit and are on their way through the limits; a permit would stand in a queue with them.
	probes, successes, candidates int

	parked   list.List // of *Admission, in the order in which they first came
	busy     bool
	watchers []*func()
}

func newBreaker(b *Breaker) *breaker {
	return &breaker{Breaker: b, position: Closed, window: newWindow(b)}
}

func (b *breaker) reopens() time.Time { return b.opened.Add(b.OpenFor) }

// free gives how many admissions may still be let in as candidates for a probe.
func (b *breaker) free(now time.Time) int {
	if b.position == Open && now.Before(b.reopens()) {
		return 0
	}
	return b.HalfOpen - b.probes - b.successes - b.candidates
}

// enter lets an admission in, parks it or turns it away.
func (b *breaker) enter(a *Admission, now time.Time) bool {
	if b.position == Closed {
		return true
	}
	b.settle(now)
	if b.position != Closed && b.free(now) <= 0 {
		b.refuse(a, now)
		return false
	}
	if b.position != Closed {
		a.candidate = true
		b.candidates++
	}
	return true
}

// acquire is the second look, when the admission has passed its limits: the breaker may have opened meanwhile.
func (b *breaker) acquire(a *Admission, now time.Time) bool {
	if a.candidate {
		a.candidate = false
		b.candidates--
	}
	if b.position == Open && !now.Before(b.reopens()) {
		b.turn(HalfOpen, now)
	}
	switch b.position {
	case Open:
		return false
	case HalfOpen:
		if b.probes+b.successes >= b.HalfOpen {
			return false
		}
		b.probes++
	}
	a.generation = b.generation
	return true
}

// refuse parks the admission or turns it away.
func (b *breaker) refuse(a *Admission, now time.Time) {
	if b.OnOpen != Wait {
		a.reject(flow.Typed("breaker_open", &OpenError{b.Breaker}))
		return
	}
	a.parked, a.parkedAt, a.due = true, now, time.Time{}
	if a.firstParked.IsZero() {
		a.firstParked = now
	}
	at := b.parked.Back()
	for at != nil && a.before(at.Value.(*Admission)) {
		at = at.Prev()
	}
	if at == nil {
		a.place = b.parked.PushFront(a)
	} else {
		a.place = b.parked.InsertAfter(a, at)
	}
	if next := a.place.Next(); next != nil && at == nil { // is the first no more
		next.Value.(*Admission).due = time.Time{}
	}
	a.notify()
	b.call(now)
}

// before reports whether a parked admission came before another: at one instant, that of the item admitted first.
func (a *Admission) before(b *Admission) bool {
	return a.firstParked.Before(b.firstParked) || a.firstParked.Equal(b.firstParked) && a.item < b.item
}

// call tells the first of those parked when the breaker will try again.
func (b *breaker) call(now time.Time) {
	if b.parked.Len() == 0 {
		return
	}
	at := time.Time{} // for then it is told
	if b.position == Open && now.Before(b.reopens()) {
		at = b.reopens()
	}
	if a := b.parked.Front().Value.(*Admission); !a.due.Equal(at) {
		a.due = at
		a.notify()
	}
}

// settle lets in whoever may come in.
func (b *breaker) settle(now time.Time) {
	if b.busy {
		return
	}
	b.busy = true
	defer func() { b.busy = false }()
	for b.parked.Len() > 0 && (b.position == Closed || b.free(now) > 0) {
		a := b.parked.Front().Value.(*Admission)
		b.unpark(a, now)
		if b.position != Closed {
			a.candidate = true
			b.candidates++
		}
		a.notify()
		a.stage = -1
		a.advance(now)
	}
	b.call(now)
	if b.parked.Len() > 0 {
		return
	}
	for _, wake := range b.watchers {
		(*wake)()
	}
}

// unpark takes an admission from those parked: its item's clock goes on.
func (b *breaker) unpark(a *Admission, now time.Time) {
	b.parked.Remove(a.place)
	a.place, a.parked = nil, false
	a.paused += now.Sub(a.parkedAt)
}

// leave lets a candidate go that will not come to be a probe.
func (b *breaker) leave(a *Admission, now time.Time) {
	if a.candidate {
		a.candidate = false
		b.candidates--
		b.settle(now)
	}
}

// record takes the outcome of a call that was admitted into account.
func (b *breaker) record(a *Admission, outcome Outcome, took time.Duration, now time.Time) {
	if a.generation != b.generation {
		return
	}
	slow := b.SlowCall > 0 && took >= b.SlowCall && outcome != Ignored
	if b.position == HalfOpen {
		b.probes--
		switch {
		case outcome == Ignored:
			b.settle(now)
		case outcome == Failure || slow:
			b.turn(Open, now)
		default:
			if b.successes++; b.successes >= b.HalfOpen {
				b.turn(Closed, now)
			}
		}
		return
	}
	if outcome == Ignored {
		return
	}
	b.window.add(now, outcome == Failure, slow)
	n, failed, slowed := b.window.sum(now)
	if n >= b.MinCalls && (float64(failed)/float64(n) >= b.FailureRatio || b.SlowCall > 0 && float64(slowed)/float64(n) >= b.SlowRatio) {
		b.turn(Open, now)
	}
}

// turn changes the position.
func (b *breaker) turn(to Position, now time.Time) {
	b.position = to
	b.generation++
	b.probes, b.successes = 0, 0
	switch to {
	case Open:
		b.opened = now
		b.opens++
	case Closed:
		b.window = newWindow(b.Breaker)
	case HalfOpen: // lets in no more than were let in to turn it
		return
	}
	b.settle(now)
}

// willing reports whether a step may begin another item: those that are parked come first.
func (b *breaker) willing(now time.Time) (bool, time.Time) {
	switch {
	case b.position == Closed:
		return true, time.Time{}
	case b.position == Open && now.Before(b.reopens()):
		return false, b.reopens()
	}
	return b.parked.Len() == 0 && b.free(now) > 0, time.Time{}
}

// IsOpen gives the breaker that turned an item away; nil if none did.
func IsOpen(err error) *Breaker {
	var open *OpenError
	if errors.As(err, &open) {
		return open.Breaker
	}
	return nil
}
