// Package metrics is what a run has done so far, as every view of it reads it.
package metrics

import "time"

// Outcome is how a run ended.
type Outcome string

// The outcomes, each with its exit code in Report.ExitCode.
const (
	Running  Outcome = "running"
	Complete Outcome = "complete"
	Failed   Outcome = "failed"
	TimedOut Outcome = "timeout"
	Stopped  Outcome = "stopped" // by a signal, drained or not
	Deadlock Outcome = "deadlock"
)

// Report is the state of a run: while it runs, or at its end.
type Report struct {
	Pipeline  string        `json:"pipeline"`
	Outcome   Outcome       `json:"outcome"`
	Error     string        `json:"error,omitempty"`
	ExitCode  int           `json:"exit_code"`
	Elapsed   time.Duration `json:"elapsed_ns"`
	Drained   bool          `json:"drained,omitempty"`   // it was stopped, and all that was under way was finished
	Withheld  []string      `json:"withheld,omitempty"`  // steps whose total was not given, as the input was cut short
	ItemsIn   int64         `json:"items_in"`            // that sources gave
	ItemsOut  int64         `json:"items_out"`           // that sinks delivered
	Steps     []Step        `json:"steps"`               // in the file's order
	Breakers  []Breaker     `json:"breakers,omitempty"`  // in the file's order, those of steps last
	Limits    []Limit       `json:"limits,omitempty"`    // in the file's order
	Deadlock  []Wait        `json:"deadlock,omitempty"`  // who waited for whom, each for the next and the last for the first
	Abandoned int64         `json:"abandoned,omitempty"` // items under way when the run ended: the cancelled of all steps
}

// Wait is what a step waits for while everything stands still.
type Wait struct {
	Step   string `json:"step"`
	For    string `json:"for"`
	Of     string `json:"of,omitempty"`     // the other step; of a permit, the limit or the breaker
	Buffer int64  `json:"buffer,omitempty"` // of sending: how many items wait there, as many as may
	Text   string `json:"text"`             // the same for people
}

// What a step waits for.
const (
	WaitSend   = "send"   // another step takes no item
	WaitItem   = "item"   // another step gives no item
	WaitPermit = "permit" // a limit or a breaker lets it go on
	WaitSteps  = "steps"  // the steps within it give nothing, or take nothing
	WaitTurn   = "turn"   // another step has not come to this source
)

// Breaker is how a breaker stands.
type Breaker struct {
	Name     string `json:"name"`     // that of the step where it stands on one
	Position string `json:"position"` // closed, open, half_open
	Opens    int64  `json:"opens"`    // how often it has opened
	Waiting  int64  `json:"waiting"`  // items that wait for it to close
}

// Limit is how much of a limit is taken, of all its keys together.
type Limit struct {
	Name    string `json:"name"`
	Permits int64  `json:"permits,omitempty"` // there are now; none of a rate
	InUse   int64  `json:"in_use"`
	Waiting int64  `json:"waiting"` // attempts in its queues
	Keys    int64  `json:"keys"`
}

// Step is one node's counters. At the end of a run, In is the sum of the fates.
type Step struct {
	ID   string `json:"id"`
	Kind string `json:"kind"` // source, step, sink
	Name string `json:"name"` // of the component
	In   int64  `json:"in"`   // items admitted; of a source, items given
	Out  int64  `json:"out"`  // items handed on; of a sink, items delivered

	// The fates of the items admitted.
	Completed   int64 `json:"completed"`
	Filtered    int64 `json:"filtered,omitempty"`
	Dropped     int64 `json:"dropped,omitempty"`
	Skipped     int64 `json:"skipped,omitempty"`     // failed, and on_error skips
	Routed      int64 `json:"routed,omitempty"`      // failed, and on_error routes or emits
	Substituted int64 `json:"substituted,omitempty"` // failed, and on_error gives a value
	Fatal       int64 `json:"fatal,omitempty"`       // failed, and ended the run
	Cancelled   int64 `json:"cancelled,omitempty"`
	Held        int64 `json:"held"`         // admitted and without a fate yet
	Running     int64 `json:"running"`      // calls running now
	Queued      int64 `json:"queued"`       // items on the edge before it
	Capacity    int64 `json:"capacity"`     // of that edge
	PeakRunning int64 `json:"peak_running"` // of calls

	// Of calls with a policy.
	Attempts   int64         `json:"attempts,omitempty"`      // begun, the first of each item included
	Retries    int64         `json:"retries,omitempty"`       // those of them that followed a failed one
	Copies     int64         `json:"copies,omitempty"`        // calls beside an attempt that took long
	BackingOff int64         `json:"backing_off,omitempty"`   // items between two attempts now
	LimitWait  time.Duration `json:"limit_wait_ns,omitempty"` // for permits, of all attempts together

	BytesRead    int64 `json:"bytes_read,omitempty"`
	BytesWritten int64 `json:"bytes_written,omitempty"`
}

// Failures gives the items that failed and did not end the run.
func (s Step) Failures() int64 { return s.Skipped + s.Routed + s.Substituted }
