package runtime

import (
	"math/bits"
	"sync/atomic"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// ending says how an edge or a stage came to its end.
type ending uint32

const (
	open     ending = iota
	complete        // all of the input was seen, or no more was wanted
	drained         // the input was cut short by a stop that let everything under way finish
	failed          // the run failed or was cancelled
	broken          // the writer failed on what follows the last item: whoever comes to that ends the run
)

// breach is a failure that travels behind the items that come before it.
type breach struct {
	node *graph.Node
	err  error
}

// edge is a bounded queue of items from one goroutine to another: a ring in place, without locks. The writer fills
// slots and publishes them by moving tail; the reader works in place and gives credit by moving head. At no instant does
// it hold more items than its capacity. Capacity 0 is a rendezvous: an item goes over only while the reader waits.
//
// Moving tail or head costs an atomic store and a load of the peer's state, so both are moved in lumps where the peer
// doesn't wait: writers before they wait for anything, readers likewise.
type edge struct {
	from, to *stage
	giver    string // the id of the step whose items they are
	port     int
	capacity uint64
	mask     uint64
	slots    []flow.Item
	epochs   []uint32

	_      [64]byte
	tail   atomic.Uint64 // items published
	end    atomic.Uint32 // an ending, by the writer, after the last item
	filled uint64        // the writer's: items put, published or not
	credit uint64        // the writer's: head as it last saw it

	_       [64]byte
	head    atomic.Uint64 // items started
	done    atomic.Bool   // by the reader: no more wanted
	wanted  atomic.Bool   // of capacity 0: the reader waits for an item
	started uint64        // the reader's: items started, published or not
	seen    uint64        // the reader's: tail as it last saw it

	_      [64]byte
	reader *waiter
	writer *waiter
	gated  []*stage // sources that are not opened before the reader comes to this edge
	breach breach   // of an edge that ended broken
	marks  bool     // marks of items that were left out travel on it
	bell   func()   // tells the reader of many edges that this one has news; may be nil
	onDone func()   // tells the writer's stage that this edge wants no more
}

func newEdge(port, capacity int) *edge {
	size := uint64(1) << bits.Len(uint(max(capacity, 1)-1))
	return &edge{
		port: port, capacity: uint64(capacity), mask: size - 1,
		slots: make([]flow.Item, size), epochs: make([]uint32, size),
	}
}

// room reports whether the writer may put an item now.
func (e *edge) room() bool {
	if e.capacity == 0 {
		return e.filled == e.head.Load() && e.wanted.Load()
	}
	if e.filled-e.credit < e.capacity {
		return true
	}
	e.credit = e.head.Load()
	return e.filled-e.credit < e.capacity
}

// put adds an item, for which there must be room. The reader sees it after publish.
func (e *edge) put(it flow.Item, epoch uint32) {
	e.slots[e.filled&e.mask] = it
	e.epochs[e.filled&e.mask] = epoch
	e.filled++
	if e.capacity == 0 {
		e.wanted.Store(false)
	}
}

// free gives how many items the writer may put now.
func (e *edge) free() int {
	if !e.room() {
		return 0
	}
	if e.capacity == 0 {
		return 1
	}
	return int(e.capacity - (e.filled - e.credit))
}

// putAll adds items, for all of which there must be room.
func (e *edge) putAll(items []flow.Item, epoch uint32) {
	if e.capacity == 0 {
		e.put(items[0], epoch)
		return
	}
	for len(items) > 0 {
		at := e.filled & e.mask
		n := copy(e.slots[at:], items)
		epochs := e.epochs[at : at+uint64(n)]
		for i := range epochs {
			epochs[i] = epoch
		}
		e.filled += uint64(n)
		items = items[n:]
	}
}

// publish lets the reader see what was put.
func (e *edge) publish() {
	if e.tail.Load() != e.filled {
		e.tail.Store(e.filled)
		e.wake()
	}
}

// show publishes if the reader waits.
func (e *edge) show() {
	if e.filled != e.tail.Load() && e.reader.state.Load() != awake {
		e.publish()
	}
}

// close publishes everything and says that nothing follows.
func (e *edge) close(how ending) {
	e.publish()
	if e.end.CompareAndSwap(uint32(open), uint32(how)) {
		e.wake()
	}
}

func (e *edge) wake() {
	if e.bell != nil {
		e.bell()
	}
	e.reader.wake()
}

// available gives the number of items that the reader may start.
func (e *edge) available() int {
	if e.seen == e.started {
		e.seen = e.tail.Load()
		if e.seen == e.started && e.capacity == 0 {
			e.wanted.Store(true)
			e.writer.wake()
			e.seen = e.tail.Load()
		}
	}
	return int(e.seen - e.started)
}

// take starts the next item, which must be available. The writer sees the credit after release.
func (e *edge) take() (flow.Item, uint32) {
	slot := &e.slots[e.started&e.mask]
	it, epoch := *slot, e.epochs[e.started&e.mask]
	*slot = flow.Item{}
	e.started++
	e.turn()
	return it, epoch
}

// more takes the items that follow one that was taken, as far as they are available and of its epoch, up to most in all.
// Marked says that some of them have a Meta. The writer gets no credit for them before they are worked on.
func (e *edge) more(items []flow.Item, most int, epoch uint32) (_ []flow.Item, marked bool) {
	marked = items[0].Meta != nil
	for n := min(e.available(), most-len(items)); n > 0; n = min(e.available(), most-len(items)) {
		at := e.started & e.mask
		slots, epochs := e.slots[at:min(at+uint64(n), e.mask+1)], e.epochs[at:]
		same := 0
		for same < len(slots) && epochs[same] == epoch {
			marked = marked || slots[same].Meta != nil
			same++
		}
		items = append(items, slots[:same]...)
		clear(slots[:same])
		if e.started += uint64(same); same < len(slots) {
			break
		}
	}
	if len(items) > 1 {
		e.turn()
	}
	return items, marked
}

// back has the last of the items that were taken count as queued, as nobody began with them, nor will.
func (e *edge) back(n int) { e.started -= uint64(n) }

// turn says that the reader waits no more, having found an item here or elsewhere, or for its time is over.
func (e *edge) turn() {
	if e.capacity == 0 {
		e.wanted.Store(false)
	}
}

// release gives the writer credit for what was started.
func (e *edge) release() {
	if e.head.Load() != e.started {
		e.head.Store(e.started)
		e.writer.wake()
	}
}

// ended gives how the writer ended, once every item was taken; open until then.
func (e *edge) ended() ending {
	how := ending(e.end.Load())
	if how == open || e.tail.Load() != e.started {
		return open
	}
	return how
}

// refuse says that the reader wants no more; what is queued stays, and is counted as cancelled.
func (e *edge) refuse() {
	if !e.done.Load() {
		e.wanted.Store(false)
		e.onDone() // before done, so that a writer who finds that knows whether anyone is left
		e.done.Store(true)
		e.writer.wake()
	}
}

// queued gives the number of items published and not started, as anyone may see it.
func (e *edge) queued() int64 {
	head := e.head.Load()
	return int64(e.tail.Load() - head)
}
