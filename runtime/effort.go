package runtime

import (
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// effort is what the calls of a node took, over all stages that it has had. Anyone may read it.
type effort struct {
	admitted  atomic.Int64 // items
	attempts  atomic.Int64
	retries   atomic.Int64 // attempts after the first
	copies    atomic.Int64 // calls beside an attempt
	abandoned atomic.Int64 // items that a drain gave up
	waited    atomic.Int64 // nanoseconds for permits, of all attempts together
}

// effort gives a node's, which is made with its component.
func (r *Run) effort(n *graph.Node) *effort {
	e := r.efforts[n]
	if e == nil { // a source or a sink that calls
		e = &effort{}
		r.efforts[n] = e
	}
	return e
}

// report adds the effort to a step's counters.
func (e *effort) report(s *metrics.Step) {
	s.Attempts, s.Retries, s.Copies = e.attempts.Load(), e.retries.Load(), e.copies.Load()
	s.LimitWait = time.Duration(e.waited.Load())
	s.Cancelled += e.abandoned.Load()
}
