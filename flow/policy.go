package flow

import (
	"context"
	"time"
)

// Fault is a failed attempt of a call as policies see it: what it means for retries and breakers. An error that is no
// Fault counts as transient and repeatable where the step has a retry of its own.
type Fault struct {
	Err       error
	Type      string        // as ErrorType gives it: `timeout.header`, `http.status`, …; "" is that of Err
	Transient bool          // the other side's trouble, which may pass: breakers count it, and retries are for it
	Final     bool          // not to be tried again all the same, as what was asked for may have been done
	After     time.Duration // how long the other side asked to wait at least; 0: it did not
	Status    int           // of the reply; 0 where there was none
}

// Error gives the message of the failure itself.
func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap gives the failure itself.
func (f *Fault) Unwrap() error { return f.Err }

func (f *Fault) errorType() string {
	if f.Type == "" {
		return ErrorType(f.Err)
	}
	return f.Type
}

// Repeater is implemented by the options of a call that may not be repeatable: an attempt whose outcome is not known
// may have done what was asked for, and another would do it twice.
type Repeater interface {
	// Repeatable reports whether an attempt may be followed by another whatever became of it. If not, what says what it
	// is, such as "a POST", and help what would make it repeatable.
	Repeatable() (ok bool, what, help string)
}

// Policy is what surrounds the attempts of a step's calls. A Call with the trait Loops makes its own attempts, by a
// library that insists on the loop, and is handed the policy at build; around any other Call the runtime makes them.
type Policy interface {
	// Begin starts the account of one item's call.
	Begin(ctx context.Context, it Item) Flight
}

// Flight is one item on its way through a Policy. One goroutine uses it.
type Flight interface {
	// Attempt admits one attempt (breaker, rates, semaphores), hedges it, bounds its time, and gives its outcome: what
	// the try gave that decided it, or why none was made. Where the step hedges, several goroutines call the function at
	// once; each call has a context of its own, and must keep what it makes to itself until it returns it.
	Attempt(ctx context.Context, try func(ctx context.Context) (any, error)) (any, error)
	// Retry decides what follows a failed attempt: another one after a delay, for which the caller waits on its context,
	// or, with again false, the end with err.
	Retry(err error) (delay time.Duration, again bool)
}

// Timeouts bound the parts of a call; zero is no bound.
type Timeouts struct {
	Attempt time.Duration // one attempt, from the permits to the result
	Item    time.Duration // an item, from its admission to its final outcome
	Acquire time.Duration // each wait for a permit
	Connect time.Duration // dialling, and the TLS handshake
	Header  time.Duration // from the request's last byte to the reply's header
	Body    time.Duration // from the reply's header to its last byte
	Idle    time.Duration // waiting for the item that follows another
	First   time.Duration // waiting for the first item
}

// Peer is the other side of a call.
type Peer struct {
	Host      string // "" where it differs from item to item
	MaxBytes  Size   // how large a reply may be; 0 where there is no bound, or nothing is read
	AnyStatus bool   // what the other side calls its own failure is a result
}

// Remote is implemented by the options of a call over a network.
type Remote interface {
	Peer() Peer
}
