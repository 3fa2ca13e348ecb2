// Package flow is the contracts between a pipeline's components and the runtime that drives them.
//
// A component computes, reads, calls or writes; it never starts a goroutine, touches a channel or knows its
// neighbours. The runtime owns concurrency, order, cancellation, limits, retries and counting, so that they are solved
// once. A component is described by one Component value, from which decoding, the schema and the reference come.
package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow/value"
)

// Item is what travels along an edge: a value, and where it came from.
type Item struct {
	Value value.Value
	Meta  *Meta // nil where the pipeline never asks for it; shared and immutable
}

// With gives the item with another value and the same origin.
func (it Item) With(v value.Value) Item { return Item{Value: v, Meta: it.Meta} }

// Meta is an item's origin, `meta` in expressions.
type Meta struct {
	Index   int64       // position in the source's output, from 0
	Source  string      // the source's id
	File    string      // the file read, "" where there is none
	Line    int64       // the line in File on which the item begins, from 1; 0 where there is none
	Time    time.Time   // when the source gave it
	Attempt int         // the running attempt of a call, from 1
	Key     value.Value // of the item's group, where an expression within the group asks for it
	Lineage []int64     // the item's number at each place where branches part that are zipped by lineage; nil elsewhere
	Gone    bool        // it stands for an item that was left out, on the way to such a zip
	Failed  bool        // an error item that on_error: emit left in place; operators that map pass it on
}

// Emit hands an item on. It returns nil; or Done when no more items are wanted; or another error when the run is
// stopping. A component returns that error at once, as it is, and emits nothing after it.
type Emit func(Item) error

// Done, returned by an Emit, says that no more items are wanted; returned by a component, that it wants no more. It is
// no failure.
//
//lint:ignore ST1012 it ends a run of calls and is no error, as fs.SkipAll
var Done = errors.New("no more items are wanted")

// Source gives items. Read emits until there are no more (nil), until emit fails (that error), or until ctx ends
// (its error); any other error ends the run. Read may wait, on ctx as well.
type Source interface {
	Read(ctx context.Context, emit Emit) error
}

// Op computes: each item gives none, one or several. Process is called by one goroutine at a time; it never blocks,
// sleeps, does I/O or reads the clock, but may write what is too much to hold to a temporary file of its own. An error that
// no emit returned is that item's failure, subject to the step's on_error; Done ends the step; an error marked by Fatal ends
// the run.
type Op interface {
	Process(it Item, emit Emit) error
}

// Bulk is an Op that takes many items faster than one by one, and gives at most one for each while it takes it.
// ProcessAll does what Process does on each of the items, in order, and appends what it would emit to out. Where an item
// fails, it ends before that: n is the number of items that were processed, and err the failure of the one that follows.
// Only one with the trait Cuts returns Done: n counts the item that it ends with, too.
type Bulk interface {
	Op
	ProcessAll(items, out []Item) (n int, _ []Item, err error)
}

// Limited is a Bulk that ends with the last of so many items more, Left, and not before.
type Limited interface {
	Bulk
	Left() int64
}

// Flusher is an Op or Join that holds items. Flush is called once, when the input has ended without failure, and emits
// what is still due. After a stop by signal it is called unless the component's Total trait is set.
type Flusher interface {
	Flush(emit Emit) error
}

// Timed is an Op that also emits as time passes. Deadline is when Tick is next due, zero for never; it is read after
// every Process and Tick.
type Timed interface {
	Op
	Ticking
}

// Ticking is what is told of time: see Timed. A Join may be, too.
type Ticking interface {
	Deadline() time.Time
	Tick(now time.Time, emit Emit) error
}

// Paced is a Timed that holds items until their time has come. It takes none while it is Full, and what it holds when the
// input has ended is waited for.
type Paced interface {
	Timed
	Full() bool
	Holds() bool
}

// Eager is an Op that gives what it holds as soon as nothing more is queued before it, which Idle tells it.
type Eager interface {
	Op
	Flusher
	Idle(emit Emit) error
}

// Lazy is an Op that gives what it holds when what follows has room for an item, which Room tells it.
type Lazy interface {
	Op
	Flusher
	Room(emit Emit) error
}

// Lossy is an Op that drops items, and counts them: the number of all so far.
type Lossy interface {
	Dropped() int64
}

// Branching is an Op with outputs beside its main one, which its options, Branched, list. Before the first item it is given
// the Emit of each that somebody reads.
type Branching interface {
	Op
	Beside(output string, emit Emit)
}

// Finished is an Op that may want nothing from the start, so that nothing before it is ever opened.
type Finished interface {
	Finished() bool
}

// Steady is a Source that never waits between items, but for reads of a regular file or of Env.Stdin: its items need
// not be handed on one by one.
type Steady interface {
	Steady() bool
}

// Call is one attempt of I/O on an item. Calls run concurrently, as the step's concurrency says; the runtime owns order,
// retries, timeouts and permits. Call waits on ctx, and returns what comes out of the item or its failure.
type Call interface {
	Call(ctx context.Context, it Item) ([]Item, error)
}

// Pooled is a Call, Source or Sink that keeps connections open that it does not use: so many to one host at most.
type Pooled interface {
	IdleConnections() int
}

// Join is an operator with several inputs, numbered as the step lists them. One goroutine calls its methods.
type Join interface {
	Process(port int, it Item, emit Emit) error
	// End says that an input has ended; Done means that no further input matters.
	End(port int, emit Emit) error
}

// Aligned is a Join that pairs what came of the same item where its inputs part. Before the first item it is told which of
// the numbers in Meta.Lineage says so, and how many items may be ahead of others.
type Aligned interface {
	Align(fork, slack int)
}

// Choosy is a Join that does not read all of its inputs at all times. Wants is asked before each item.
type Choosy interface {
	Join
	Wants(port int) bool
}

// Lookup is a Choosy that reads every input but the first to its end before it takes an item of the first, and what it gives for
// that depends on no other item of it. Prober gives an Op that does with those items what Process does. Several goroutines
// may use one each at once, until the last of them has been dealt with.
type Lookup interface {
	Choosy
	Prober() Op
}

// Router is an operator with several outputs, numbered as its options, which are Branched, list them.
type Router interface {
	// Route gives an item to none, one or several outputs.
	Route(it Item, emit func(port int, it Item) error) error
}

// AnyPort, in place of the number of a Router's output, is the next one that has room.
const AnyPort = -1

// Sink delivers items to the outside. One goroutine calls its methods.
type Sink interface {
	// Write delivers the items, in order. A *BatchError names the items that failed; nil says that all are delivered
	// (or held to be delivered by Close); any other error ends the run. The slice is the caller's again afterwards.
	Write(ctx context.Context, items []Item) error
	// Close is called once after the whole run, also after a failed Write. With commit, what was written becomes
	// final: flush, sync, rename. Without, it leaves no trace of success.
	Close(ctx context.Context, commit bool) error
}

// Preparer is a Sink that does beforehand whatever of a commit may fail: it writes what it holds, and syncs. Every sink
// of a run is prepared before any of them is closed, so that one that fails keeps the others from committing.
type Preparer interface {
	Prepare(ctx context.Context) error
}

// Opener is a component that has something to open before the first item; a failure ends the run before it starts.
type Opener interface {
	Open(ctx context.Context) error
}

// Closer is a Source, Op, Call, Join or Router that holds something until the end of the run, such as connections. Close
// is called once, when everything else has ended, sinks too, or the run could not start; it waits for nothing but what it
// stops itself.
type Closer interface {
	Close()
}

// Live is a Sink whose held output should be shown as soon as nothing more is queued.
type Live interface {
	// Flush hands on everything that Write holds.
	Flush(ctx context.Context) error
}

// BatchError says which of a batch's items were not delivered.
type BatchError struct {
	Failed map[int]error // by position in the batch
}

// Error gives the count and one of the failures.
func (e *BatchError) Error() string {
	first := -1
	for i := range e.Failed {
		if first < 0 || i < first {
			first = i
		}
	}
	if len(e.Failed) == 1 {
		return e.Failed[first].Error()
	}
	return fmt.Sprintf("%d items failed, the first: %v", len(e.Failed), e.Failed[first])
}

// fatal marks an error that no on_error may catch.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// Fatal marks err as the end of the run, whatever the step's on_error says.
func Fatal(err error) error { return fatal{err} }

// IsFatal reports whether err was marked by Fatal.
func IsFatal(err error) bool { return errors.As(err, new(fatal)) }

// typed is an error with a name that pipelines can match on.
type typed struct {
	name string
	error
}

func (t typed) Unwrap() error { return t.error }

// Typed gives err a type, as `error.type` shows it: lower case, dotted from the general to the special, such as
// `timeout.attempt`.
func Typed(name string, err error) error { return typed{name, err} }

func (t typed) errorType() string { return t.name }

// ErrorType gives the type of err: the outermost that Typed or a Fault gave to it, or "error".
func ErrorType(err error) string {
	var t interface{ errorType() string }
	if errors.As(err, &t) {
		return t.errorType()
	}
	return "error"
}
