package runtime

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
	"github.com/flowrun/flowrun/runtime/policy"
)

// Exit codes of a run, as LANGUAGE.md and docs/cli.md list them.
const (
	exitFailed   = 1
	exitPartial  = 3
	exitTimeout  = 4
	exitDeadlock = 5
	exitInternal = 70
	exitStopped  = 130
)

// Wait waits for the end of the run and gives its report.
func (r *Run) Wait() metrics.Report {
	<-r.finished
	return *r.final
}

// Done is closed when the run has ended and Wait returns at once.
func (r *Run) Done() <-chan struct{} { return r.finished }

// Err gives the error that ended the run, a *StepError where a step failed; nil while it runs, or if it did not fail.
func (r *Run) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Snapshot gives the state of the run as it is now.
func (r *Run) Snapshot() metrics.Report {
	r.mu.Lock()
	rep := metrics.Report{
		Pipeline: r.plan.Name, Outcome: r.outcome, Elapsed: r.elapsed, Withheld: r.withheld, Deadlock: r.circle,
	}
	if r.err != nil {
		rep.Error = r.err.Error()
	}
	over := r.final != nil || r.elapsed > 0
	r.mu.Unlock()
	if !over {
		rep.Elapsed = time.Since(r.started)
	}
	r.plan.Walk(func(n *graph.Node) {
		t := r.tallies[n]
		if t == nil { // a buffer step that is the bound of an edge
			return
		}
		st := t.report(n)
		if s := r.entries[n]; s != nil {
			for _, e := range s.in {
				st.Queued += e.queued()
				st.Capacity += int64(e.capacity)
			}
		}
		if c := r.calls[n]; c != nil {
			st.Running, st.PeakRunning = c.running.Load(), c.peak.Load()
		}
		if l := r.layers[n]; l != nil {
			st.BackingOff = l.sleeping()
			l.effort.report(&st)
		}
		if over {
			st.In += st.Queued // sent to it, and never begun
			st.Queued = 0
		}
		st.Held = st.In - st.Completed - st.Filtered - st.Dropped - st.Failures() - st.Fatal - st.Cancelled
		if over {
			if r.heads[n] != nil { // within a step, it is that step's item
				rep.Abandoned += st.Held
			}
			if l := r.layers[n]; l != nil {
				rep.Abandoned += l.effort.abandoned.Load()
			}
			st.Cancelled, st.Held = st.Cancelled+st.Held, 0
		}
		switch st.Kind {
		case "source":
			rep.ItemsIn += st.Out
		case "sink":
			rep.ItemsOut += st.Completed
		}
		rep.Steps = append(rep.Steps, st)
	})
	r.shared(&rep)
	return rep
}

// shared adds how the breakers and the named limits stand.
func (r *Run) shared(rep *metrics.Report) {
	breaker := func(name string, b *policy.Breaker) {
		position, opens, waiting := r.policies.Position(b)
		rep.Breakers = append(rep.Breakers, metrics.Breaker{Name: name, Position: string(position), Opens: opens, Waiting: int64(waiting)})
	}
	for _, b := range r.plan.Breakers {
		breaker(b.Name, b.Policy)
	}
	r.plan.Walk(func(n *graph.Node) {
		if b := n.Rules.Breaker; b != nil && !slices.ContainsFunc(r.plan.Breakers, func(named graph.Named[*policy.Breaker]) bool { return named.Policy == b }) {
			breaker(n.ID, b)
		}
	})
	for _, l := range r.plan.Limits {
		u := r.policies.Usage(l.Policy)
		rep.Limits = append(rep.Limits, metrics.Limit{Name: l.Name, Permits: u.Permits, InUse: u.InUse, Waiting: int64(u.Waiting), Keys: int64(u.Keys)})
	}
}

// conclude closes the sinks when every goroutine has ended, and makes the final report.
func (r *Run) conclude() {
	r.mu.Lock()
	commit := !r.stopped.Load() && r.err == nil
	switch {
	case r.outcome == metrics.Running:
		r.outcome = metrics.Complete
	case r.outcome == metrics.Stopped && commit && !r.abandoned() && !r.cutShort(): // the stop came when all was given
		r.outcome = metrics.Complete
	}
	r.mu.Unlock()
	for _, s := range r.stages {
		if s.split != nil {
			s.split.abandon()
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), max(r.plan.Drain, time.Second))
	defer cancel()
	if commit {
		for _, c := range r.closers {
			commit = r.closed(c.node, prepareSink(ctx, c.sink)) && commit
		}
	}
	for _, c := range r.closers {
		commit = r.closed(c.node, closeSink(ctx, c.sink, commit)) && commit
	}
	r.release()
	r.mu.Lock()
	r.elapsed = max(time.Since(r.started), 1)
	r.mu.Unlock()
	rep := r.Snapshot()
	rep.Drained = r.draining && commit && !r.abandoned() && rep.Outcome != metrics.Complete
	rep.ExitCode = r.exitCode(&rep)
	r.mu.Lock()
	r.final = &rep
	r.mu.Unlock()
	r.cancel(nil)
	close(r.finished)
}

// closed notes how closing a component went, and reports whether it went well.
func (r *Run) closed(n *graph.Node, err error) bool {
	if err == nil || errors.Is(err, flow.Done) {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err, r.outcome = r.stepError(n, err), metrics.Failed
	}
	return false
}

// abandoned reports whether the drain gave up items that waited for another attempt.
func (r *Run) abandoned() bool {
	for _, e := range r.efforts {
		if e.abandoned.Load() > 0 {
			return true
		}
	}
	return false
}

// cutShort reports whether some source would have given more.
func (r *Run) cutShort() bool {
	return slices.ContainsFunc(r.stages, func(s *stage) bool { return s.spec.Kind == plan.Source && s.ending == drained })
}

func (r *Run) exitCode(rep *metrics.Report) int {
	switch rep.Outcome {
	case metrics.Failed:
		return ExitCode(r.err)
	case metrics.TimedOut:
		return exitTimeout
	case metrics.Deadlock:
		return exitDeadlock
	case metrics.Stopped:
		if !rep.Drained || !r.endless() {
			return exitStopped
		}
	}
	for _, s := range rep.Steps {
		if s.Failures() > 0 {
			return exitPartial
		}
	}
	return 0
}

// ExitCode gives the exit code of a run that an error ended, or did not let start.
func ExitCode(err error) int {
	if errors.As(err, new(*PanicError)) {
		return exitInternal
	}
	return exitFailed
}

// endless reports whether no source would ever have ended by itself, so that a stop is the normal end.
func (r *Run) endless() bool {
	for _, n := range r.plan.Sources() {
		if e, ok := n.Options.(flow.Endless); !ok || !e.Endless() {
			return false
		}
	}
	return true
}
