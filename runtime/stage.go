package runtime

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// lump is how many items cross an edge at most before the other side hears of them.
const lump = plan.Batch

// often is how many items a stage works on at most before a reader that waits has what was sent to it.
const often = 16

// What a stage is told to do, each stronger than the one before.
const (
	proceed  uint32 = iota
	haltFeed        // a source: give no more, the rest finishes
	haltDone        // nobody wants its output any more
	haltStop        // the run is over
)

// stage is one stage of a run: its edges, its operators, and the goroutine that works on them.
type stage struct {
	net    *net
	run    *Run
	spec   *plan.Stage
	head   *head   // counters and failures of a head that is no operator
	calls  *calls  // of a stage of calls
	links  []*link // operators in the order of the flow
	in     []*edge // in the order of ports
	out    []*edge
	beside []*edge // the edges of outputs beside the main one, of all nodes
	wanted atomic.Int32
	halt   atomic.Uint32
	ctx    context.Context
	cancel context.CancelCauseFunc

	blocked atomic.Pointer[edge]           // that has no room, while the stage waits to send; nil while it does not
	sought  atomic.Uint64                  // the inputs that a join waits for, by bits; 0: all of them
	inside  atomic.Bool                    // it waits for steps of its own
	gate    *edge                          // a source: it is not opened before this edge's reader comes to it; may be nil
	rw, ww  *waiter                        // of the receiving side and of the sending side: the same but for calls
	epoch   uint32                         // of the item that is being worked on
	next    int                            // the in-edge whose turn it is
	closed  []bool                         // in-edges whose end was seen
	choosy  flow.Choosy                    // a join that does not read all of its inputs at all times; nil for any other
	meets   bool                           // some in-edge holds nothing: an item goes over only while the stage waits
	bulk    []flow.Item                    // gathered, to be worked on together
	marked  bool                           // some of them have a Meta
	space   int                            // how many may be gathered
	split   *split                         // of a stage that works on blocks
	breach  breach                         // what it ends broken with
	refusal error                          // what working on them ended with
	part    *part                          // of hands: the block they work on, which takes what they give
	sink    *head                          // while the sink that a split stage encodes for is at work
	begun   atomic.Bool                    // a source: it may be opened
	shut    atomic.Bool                    // it receives no more, though it still gives
	host    *stage                         // of a bench: the stage in whose goroutine it is
	to      flow.Emit                      // of a bench: takes what comes out
	onFail  func(*graph.Node, error) error // of a bench
	benches map[*nest]*bench               // steps within steps that run in this goroutine
	keyed   bool                           // expressions of a group name its key
	key     *flow.Meta                     // with the key of the group at work
	ending  ending
}

// tell raises what the stage is told to do, and wakes it.
func (s *stage) tell(what uint32, cause error) {
	for old := s.halt.Load(); old < what; old = s.halt.Load() {
		if s.halt.CompareAndSwap(old, what) {
			s.cancel(cause)
			break
		}
	}
	if s.rw != nil {
		s.run.crew.wakeAll() // calls that wait for a permit, too
	}
}

// unwanted hears that one more reader of the stage's output wants no more.
func (s *stage) unwanted() {
	if s.wanted.Add(-1) == 0 {
		s.tell(haltDone, flow.Done)
	}
}

// stopped gives the error that ends the stage's work; nil while it should go on.
func (s *stage) stopped() error {
	switch s.halt.Load() {
	case haltDone:
		return flow.Done
	case haltStop:
		return errStopped
	}
	return nil
}

// fail ends the work with the failure of a node, and gives what the stage ends with.
func (s *stage) fail(n *graph.Node, err error) error {
	if s.part != nil {
		s.part.fail(n, err)
		return errStopped
	}
	if s.onFail != nil {
		return s.onFail(n, err)
	}
	return s.net.fail(n, err)
}

// send hands an item to every reader of the stage's output, waiting for room. An error says that it was refused.
func (s *stage) send(it flow.Item) error {
	if s.part != nil {
		return s.part.take(it)
	}
	if s.to != nil {
		return s.to(it)
	}
	if s.halt.Load() >= haltDone {
		return s.stopped()
	}
	for _, e := range s.out {
		if err := s.sendTo(e, it); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) sendTo(e *edge, it flow.Item) error {
	if !e.room() {
		s.idle()
		s.blocked.Store(e)
		s.ww.wait(func() bool { return e.room() || e.done.Load() || s.halt.Load() >= haltDone })
		s.blocked.Store(nil)
		if err := s.stopped(); err != nil {
			return err
		}
	}
	if e.done.Load() || !e.marks && isGone(it) {
		return nil
	}
	e.put(it, s.epoch)
	if e.filled-e.tail.Load() >= lump {
		e.publish()
	} else {
		e.show()
	}
	return nil
}

// show lets readers that wait have what was sent to them. It is called often, as the stage may work on many more items
// before it comes to wait itself.
func (s *stage) show() {
	for _, e := range s.out {
		e.show()
	}
	for _, e := range s.beside {
		e.show()
	}
}

// idle is called by the sending side before it waits: everything it did becomes visible.
func (s *stage) idle() {
	for _, e := range s.out {
		e.publish()
	}
	for _, e := range s.beside {
		e.publish()
	}
	if s.rw == s.ww {
		for _, e := range s.in {
			e.release()
		}
	}
	switch {
	case s.calls != nil:
		s.calls.publish()
	case s.head != nil:
		s.head.publish()
	}
	for _, l := range s.links {
		l.publish()
	}
	for _, b := range s.benches {
		b.publish()
	}
}

// deaf reports whether the stage receives no more.
func (s *stage) deaf() bool { return s.halt.Load() >= haltDone || s.shut.Load() }

// receive takes the next item of any in-edge, in turn, waiting for one until it is due to go on without, if that is not
// zero; how is open, or says that all have ended.
func (s *stage) receive(due time.Time) (it flow.Item, epoch uint32, from *edge, how ending) {
	for {
		if s.deaf() {
			return it, 0, nil, failed
		}
		e := s.pick()
		if s.spec.Kind == plan.Join && s.links[0].done { // as it heard of the end of an input
			return it, 0, nil, complete
		}
		if e != nil {
			it, epoch = e.take()
			s.turn()
			if e.started-e.head.Load() >= lump || s.rw != s.ww {
				e.release()
			}
			return it, epoch, e, open
		}
		if s.breach.err != nil {
			return it, 0, nil, broken
		}
		if how = s.inputEnd(); how != open {
			return it, 0, nil, how
		}
		if s.rw == s.ww {
			s.idle()
		}
		news := false
		ready := func() bool {
			news = s.deaf() || s.pickable() || s.inputEnd() != open
			return news
		}
		if due.IsZero() {
			s.seek()
			s.rw.wait(ready)
		} else if s.rw.waitUntil(due, ready); !news {
			s.turn()
			return it, 0, nil, open
		}
	}
}

// turn says on the edges that hold nothing that the stage does not wait for an item now.
func (s *stage) turn() {
	if s.meets {
		for _, e := range s.in {
			e.turn()
		}
	}
}

// pick gives the in-edge with an item whose turn it is; nil if none has one.
func (s *stage) pick() *edge {
	if len(s.in) == 1 && s.choosy == nil {
		if s.in[0].available() > 0 {
			return s.in[0]
		}
		if s.in[0].ended() != open {
			s.endOf(0)
		}
		return nil
	}
	if s.sequential() {
		for s.next < len(s.in) && s.in[s.next].ended() != open {
			s.endOf(s.next)
			if s.next++; s.next < len(s.in) {
				for _, source := range s.in[s.next].gated {
					source.begun.Store(true)
					source.rw.wake()
				}
			}
		}
		if s.next < len(s.in) && s.in[s.next].available() > 0 {
			return s.in[s.next]
		}
		return nil
	}
	for k := range s.in {
		i := s.next + k
		if i >= len(s.in) {
			i -= len(s.in)
		}
		if s.wants(i) && s.in[i].available() > 0 {
			s.next = i + 1
			if s.next == len(s.in) {
				s.next = 0
			}
			return s.in[i]
		}
		if !s.closed[i] && s.in[i].ended() != open {
			s.endOf(i)
		}
	}
	return nil
}

// wants reports whether a join that does not read all of its inputs at all times reads this one now.
func (s *stage) wants(i int) bool { return s.choosy == nil || s.choosy.Wants(s.in[i].port) }

func (s *stage) sequential() bool {
	return s.spec.Kind == plan.Join && s.spec.Head.Component.Traits.Sequential
}

// endOf notes that an in-edge has ended, once, and tells a join.
func (s *stage) endOf(i int) {
	if s.closed[i] {
		return
	}
	s.closed[i] = true
	if e := s.in[i]; e.ended() == broken {
		switch s.spec.Kind {
		case plan.Chain, plan.Join: // it goes on, behind the items that come before it
			if s.breach = e.breach; s.split != nil {
				s.split.add(&part{node: e.breach.node, err: e.breach.err, finished: true})
			}
		default:
			s.net.fail(e.breach.node, e.breach.err)
		}
		return
	}
	if s.spec.Kind == plan.Join {
		s.links[0].portEnd(s.in[i].port)
	}
}

// pickable reports whether pick would give an edge or has news of one.
func (s *stage) pickable() bool {
	if s.sequential() {
		return s.next < len(s.in) && (s.in[s.next].available() > 0 || s.in[s.next].ended() != open)
	}
	for i, e := range s.in {
		if s.wants(i) && e.available() > 0 || !s.closed[i] && e.ended() != open {
			return true
		}
	}
	return false
}

// inputEnd gives how the input ended, once every in-edge has: drained if any was.
func (s *stage) inputEnd() ending {
	worst := complete
	for _, e := range s.in {
		how := e.ended()
		if how == open {
			return open
		}
		worst = max(worst, how)
	}
	return worst
}

// finish flushes what operators hold, if the ending allows it, and passes the ending on.
func (s *stage) finish(how ending) {
	if s.lastDone() >= 0 && s.halt.Load() < haltDone {
		s.close()
		how = complete
	}
	if s.halt.Load() < haltDone && !s.net.stopped.Load() && (how == complete || how == drained) {
		s.flush(how)
	}
	switch {
	case s.net.stopped.Load():
		how = failed
	case s.halt.Load() == haltDone: // nobody wants the output: that is no failure
		how = complete
	}
	s.ending = how
	s.idle()
	for _, e := range s.out {
		e.breach = s.breach
		e.close(how)
	}
	for _, e := range s.beside {
		e.close(how)
	}
	s.close()
}

// close ends the receiving side: what is queued stays, and calls under way are cancelled.
func (s *stage) close() {
	s.shut.Store(true)
	if s.rw == s.ww {
		for _, e := range s.in {
			e.release()
		}
	}
	for _, e := range s.in {
		e.refuse()
	}
	s.cancel(flow.Done)
	if s.rw != s.ww {
		s.run.crew.wakeAll()
	}
}

// lastDone gives the position of the last operator that wants no more, or -1.
func (s *stage) lastDone() int {
	for i := len(s.links) - 1; i >= 0; i-- {
		if s.links[i].done {
			return i
		}
	}
	return -1
}

// flush lets the operators give what they hold, from the last one that said Done onwards.
func (s *stage) flush(how ending) {
	for i := s.lastDone() + 1; i < len(s.links); i++ {
		if l := s.links[i]; !l.done && !l.flush(how) {
			return
		}
	}
}
