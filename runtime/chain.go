package runtime

import (
	"errors"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// runChain is the body of a stage of operators, or of a join with the operators that follow it.
func (s *stage) runChain() ending {
	first := s.links[0]
	join, _ := first.op.(*joinOp)
	timed, _ := first.op.(flow.Ticking)
	if join != nil {
		timed, _ = join.join.(flow.Ticking)
	}
	paced, _ := first.op.(flow.Paced)
	eager, _ := first.op.(flow.Eager)
	bulk, items := s.singly() == "", make([]flow.Item, 0, lump)
	s.unpins = !bulk && join == nil
	for {
		if first.done {
			return complete
		}
		var due time.Time
		if timed != nil {
			if due = timed.Deadline(); !due.IsZero() {
				if !now().Before(due) {
					if err := first.tick(timed); err != nil {
						return complete
					}
					continue
				}
			}
		}
		if eager != nil && first.held > 0 && !s.pickable() {
			if err := first.release(eager.Idle); err != nil {
				return complete
			}
			continue
		}
		if paced != nil && paced.Full() {
			if !s.pause(due) {
				return failed
			}
			continue
		}
		it, epoch, from, how := s.receive(due)
		if how != open {
			if paced != nil && paced.Holds() && how <= drained && s.pause(due) {
				continue
			}
			return how
		}
		if from == nil {
			continue
		}
		s.epoch = epoch
		if bulk {
			marked, before := false, first.n.in
			if items, marked = from.more(append(items[:0], it), s.room(lump), epoch); s.through(s.links, items, marked) != nil {
				from.back(len(items) - int(first.n.in-before))
				return complete
			}
			s.show()
			continue
		}
		if join != nil {
			join.port = from.port
		}
		if err := first.process(it); err != nil {
			return complete
		}
		if from.started%often == 0 {
			s.show()
		}
	}
}

// runSource is the body of a stage that begins with a source.
func (s *stage) runSource(src flow.Source) ending {
	if s.spec.Gate != nil {
		s.rw.wait(func() bool { return s.begun.Load() || s.halt.Load() != proceed })
	}
	whole := false // the source ended by itself
	if s.halt.Load() == proceed && s.lastDone() < 0 {
		err := s.read(src)
		whole = err == nil && s.halt.Load() == proceed
		if e := s.deliver(); err == nil {
			err = e
		}
		if err != nil && s.halt.Load() == proceed && !errors.Is(err, flow.Done) && s.lastDone() < 0 {
			s.net.fail(s.head.node, err)
			return failed
		}
	}
	switch s.halt.Load() {
	case proceed, haltDone:
		return complete
	case haltFeed:
		if !whole && !s.run.exhausted() {
			return drained
		}
		return complete
	}
	return failed
}

// read has the source give its items, many at a time where it can.
func (s *stage) read(src flow.Source) error {
	s.unpins = len(s.links) > 0 && s.singly() != ""
	if !isSteady(src) {
		return src.Read(s.ctx, s.emitter(1))
	}
	if s.singly() != "" {
		return src.Read(s.ctx, s.emitter(lump))
	}
	if ints, ok := src.(flow.IntSource); ok {
		s.gathers = slices.ContainsFunc(s.links, (*link).gathers)
		return ints.ReadInts(s.gatherInts)
	}
	return src.Read(s.ctx, s.gather)
}

// isSteady reports whether a source never waits between items.
func isSteady(src flow.Source) bool {
	s, ok := src.(flow.Steady)
	return ok && s.Steady()
}

// emitter gives the Emit of a source of which so many items come without a pause.
func (s *stage) emitter(every int64) flow.Emit {
	n := &s.head.n
	finished := error(nil)
	return func(it flow.Item) error {
		if s.halt.Load() == haltFeed {
			return errDraining
		}
		if err := s.stopped(); err != nil {
			return err
		}
		if finished != nil {
			return finished
		}
		if !s.run.admit() {
			finished = flow.Done
			return flow.Done
		}
		if s.run.plan.Meta {
			it = s.origin(it)
		}
		s.epoch = s.run.epoch.Load()
		n.in++
		err := s.pass(it)
		if err == nil || len(s.links) > 0 {
			n.completed++
		}
		if n.in%every == 0 {
			s.idle()
		} else if n.in%often == 0 {
			s.show()
		}
		if err == nil && s.run.exhausted() {
			s.run.limited()
			err = flow.Done
		}
		finished = err
		return err
	}
}

// pass hands an item of the head to the operators of the stage, or to its edges.
func (s *stage) pass(it flow.Item) error {
	if len(s.links) > 0 {
		s.head.n.out++
		return s.links[0].process(it)
	}
	err := s.send(it)
	if err == nil {
		s.head.n.out++
	}
	return err
}

// origin completes an item's meta.
func (s *stage) origin(it flow.Item) flow.Item {
	if it.Meta == nil {
		it.Meta = &flow.Meta{}
	}
	it.Meta.Index, it.Meta.Source, it.Meta.Time = s.head.n.in, s.head.node.ID, now()
	return it
}

// runSink is the body of a stage that delivers. Items count against their edge until they are delivered.
func (s *stage) runSink(sink flow.Sink) ending {
	live, _ := sink.(flow.Live)
	h := s.head
	batch := make([]flow.Item, 0, lump)
	for {
		if s.halt.Load() >= haltDone {
			return failed
		}
		batch = batch[:0]
		for e := s.pick(); e != nil && len(batch) < cap(batch); e = s.pick() {
			var it flow.Item
			if it, s.epoch = e.take(); s.run.seen != nil {
				s.run.seen(h.node, s.epoch)
			}
			if batch = append(batch, it); s.meets {
				s.turn()
				break
			}
			if len(s.in) == 1 && s.run.seen == nil {
				batch, _ = e.more(batch, cap(batch), s.epoch)
			}
		}
		if len(batch) == 0 {
			if how := s.over(); how != open {
				return how
			}
			if live != nil {
				if err := live.Flush(s.ctx); err != nil {
					return s.sinkError(err)
				}
			}
			s.rw.wait(func() bool { return s.halt.Load() >= haltDone || s.pickable() || s.inputEnd() != open })
			continue
		}
		h.n.in += int64(len(batch))
		if err := h.write(sink, batch); err != nil {
			return s.sinkError(err)
		}
		for _, e := range s.in {
			e.release()
		}
		clear(batch)
	}
}

// write gives items to a sink, and what it could not deliver to the step's on_error.
func (h *head) write(sink flow.Sink, batch []flow.Item) error {
	defer h.publish()
	err := sink.Write(h.st.ctx, batch)
	delivered, failed := int64(len(batch)), (*flow.BatchError)(nil)
	switch {
	case errors.As(err, &failed):
		delivered -= int64(len(failed.Failed))
	case err != nil:
		return err
	}
	h.n.out += delivered
	h.n.completed += delivered
	if failed == nil {
		return nil
	}
	for i := range batch {
		if cause := failed.Failed[i]; cause != nil {
			if _, _, err := h.catch(batch[i], cause); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *stage) sinkError(err error) ending {
	switch {
	case errors.Is(err, flow.Done):
		return complete
	case err != errStopped && s.halt.Load() < haltDone:
		s.net.fail(s.head.node, err)
	}
	return failed
}
