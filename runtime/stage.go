package runtime

import (
	"context"
	"sync/atomic"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
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
	join    *link                          // hears of the ends of a join's inputs, in the goroutine that receives; nil of any other stage
	choosy  flow.Choosy                    // a join that does not read all of its inputs at all times; nil for any other
	meets   bool                           // some in-edge holds nothing: an item goes over only while the stage waits
	bulk    []flow.Item                    // gathered, to be worked on together
	marked  bool                           // some of them have a Meta
	space   int                            // how many may be gathered
	slab    value.Slab                     // for the objects of columns
	gathers bool                           // nothing comes out before the end
	split   *split                         // of a stage that works on blocks
	severed bool                           // an in-edge ended broken: it receives no more
	breach  breach                         // what it ends broken with
	refusal error                          // what working on them ended with
	unpins  bool                           // items are handed on one by one, and may be few of many
	pins    flow.Unpinner                  // copies such
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
