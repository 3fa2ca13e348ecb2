package runtime

import (
	"fmt"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// receive takes the next item, once the step's breaker is willing to begin one.
func (c *calls) receive() (it flow.Item, epoch uint32, from *edge, how ending) {
	s := c.st
	if !c.await() {
		return it, 0, nil, failed
	}
	if c.layers != nil && c.step.Gated() {
		s.rw.wait(func() bool { return s.deaf() || s.queued() || s.inputEnd() != open })
		if s.queued() {
			c.gate()
		}
	}
	return s.receive(time.Time{})
}

// await waits until there is an item, or there will be none. It reports false when that took longer than the step's
// timeouts allow, which ends the run; only the time that nothing but the input is waited for counts.
func (c *calls) await() bool {
	s := c.st
	name, limit := "idle", s.head.node.Rules.Timeouts.Idle
	if c.admitted.Load() == 0 {
		name, limit = "first", s.head.node.Rules.Timeouts.First
	}
	if limit == 0 {
		return true
	}
	came := false
	s.rw.waitWithin(now().Add(limit), func() bool {
		came = s.deaf() || s.queued() || s.inputEnd() != open
		return came
	})
	if !came {
		s.net.fail(s.head.node, flow.Typed("timeout."+name, fmt.Errorf("no item came within the %s timeout of %v", name, flow.FormatDuration(limit))))
	}
	return came
}

// queued reports whether there is an item to receive.
func (s *stage) queued() bool {
	return slices.ContainsFunc(s.in, func(e *edge) bool { return e.available() > 0 })
}

// gate waits until the step's breaker lets another item begin.
func (c *calls) gate() {
	s := c.st
	for !s.deaf() {
		willing, until := c.step.Willing(now())
		if willing {
			return
		}
		ready := func() bool {
			willing, _ := c.step.Willing(now())
			return willing || s.deaf()
		}
		if until.IsZero() {
			s.rw.wait(ready)
		} else {
			s.rw.waitUntil(until, ready)
		}
	}
}
