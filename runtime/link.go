package runtime

import (
	"errors"

	"github.com/flowrun/flowrun/flow"
)

// link is one operator of a stage, composed with the next by call.
type link struct {
	*head
	op      flow.Op
	flusher flow.Flusher // nil where the operator holds nothing
	lossy   flow.Lossy   // nil where the operator drops nothing
	lost    int64        // items dropped, as far as they are counted
	after   *link        // nil: the stage's edges
	emit    flow.Emit

	done    bool  // wants no more
	busy    bool  // at work on an item or at the end, for the account of a panic
	emitted int   // items given by the running Process
	held    int64 // items since the last that was given, of an operator that holds
	down    error // what an emit of the running Process returned
	refused bool  // the last item given was not taken

	out     []flow.Item // what came of many items
	room    flow.Room   // for what came of a column
	collect flow.Emit   // keep

	columns flow.ColumnOp // the operator, if it takes columns; else nil
	limited flow.Limited  // the operator, if it is; else nil
}

func newLink(h *head, op flow.Op) *link {
	l := &link{head: h, op: op}
	if a, ok := op.(interface{ attach(*stage) }); ok {
		a.attach(h.st)
	}
	if j, ok := op.(*joinOp); ok {
		l.flusher, _ = j.join.(flow.Flusher)
	} else {
		l.flusher, _ = op.(flow.Flusher)
	}
	if r, ok := op.(*routing); ok {
		r.link = l
	}
	l.lossy, _ = op.(flow.Lossy)
	l.limited, _ = op.(flow.Limited)
	if h.node.When == nil {
		l.columns, _ = op.(flow.ColumnOp)
	}
	l.emit, l.collect = l.give, l.keep
	if h.st.keyed {
		l.emit = l.stamp
	}
	if f, ok := op.(flow.Finished); ok && f.Finished() {
		l.done = true
	}
	return l
}

// chain composes operators, each with the next.
func chain(links []*link) {
	for i := 0; i+1 < len(links); i++ {
		links[i].after = links[i+1]
	}
}

// stamp is give within a group whose expressions name the key: also what an operator makes of many items has it.
func (l *link) stamp(it flow.Item) error {
	if it.Meta == nil {
		it.Meta = l.st.key
	}
	return l.give(it)
}

// give is the Emit of the operator.
func (l *link) give(it flow.Item) error {
	if l.down != nil {
		return l.down
	}
	var err error
	if next := l.after; next == nil {
		if err = l.st.send(it); err == nil {
			l.n.out++
			l.emitted++
			return nil
		}
		l.refused = true
	} else if next.done {
		l.refused, err = true, flow.Done
	} else {
		l.n.out++
		l.emitted++
		if err = next.process(it); err == nil {
			return nil
		}
	}
	l.down = err
	return err
}

// process takes one item through the operator and all that follow. Done says that no more is wanted.
func (l *link) process(it flow.Item) error {
	l.n.in++
	l.busy = true
	if l.node.When != nil || it.Meta != nil {
		if l.traced && isGone(it) {
			l.n.in--
			return l.settle(l.mark(it))
		}
		if passes, err := l.passes(it); err != nil {
			return l.recover(it, err)
		} else if passes {
			l.n.completed++
			return l.settle(l.give(it))
		}
	}
	l.emitted = 0
	err := l.op.Process(it, l.emit)
	if err == nil && l.down == nil {
		l.busy = false
		switch {
		case l.flusher == nil:
			if l.emitted > 0 {
				l.n.completed++
			} else if l.n.filtered++; l.traced {
				return l.settle(l.mark(it))
			}
		case l.emitted > 0:
			l.held++
			l.settled()
		default:
			l.held++
		}
		return nil
	}
	return l.stopAt(it, err)
}

// stopAt ends the link's work, after a Process that gave an error, or whose emit did.
func (l *link) stopAt(it flow.Item, err error) error {
	if err == errStopped {
		return l.settle(err)
	}
	if l.down == nil && !errors.Is(err, flow.Done) {
		return l.recover(it, err)
	}
	if !l.refused && (l.down == nil || l.down == flow.Done) {
		if l.emitted > 0 || l.flusher != nil {
			l.held++
			l.settled()
		} else {
			l.n.filtered++
		}
	}
	if l.down != nil {
		return l.settle(l.down)
	}
	return l.settle(flow.Done)
}

// settle ends the work on an item, and remembers that the link wants no more.
func (l *link) settle(err error) error {
	l.busy = false
	if err != nil {
		l.done = true
	}
	return err
}

// recover gives a failed item to the step's on_error.
func (l *link) recover(it flow.Item, err error) error {
	instead, has, err := l.catch(it, err)
	switch {
	case err != nil:
	case has:
		err = l.give(instead)
	case l.traced:
		err = l.mark(it)
	}
	return l.settle(err)
}

// flush lets the operator give what it holds; false says that the stage has been stopped.
func (l *link) flush(how ending) bool {
	if l.flusher == nil {
		return true
	}
	if how == drained && l.node.Component.Traits.Total {
		l.st.run.withhold(l.node)
		return true
	}
	l.busy = true
	var err error
	if g, ok := l.op.(interface{ end(ending, flow.Emit) error }); ok {
		err = g.end(how, l.emit)
	} else {
		err = l.flusher.Flush(l.emit)
	}
	l.busy = false
	if err == errStopped {
		return false
	}
	if l.down == nil && err != nil && !errors.Is(err, flow.Done) {
		l.n.spoil()
		l.st.net.fail(l.node, err)
		return false
	}
	if !l.refused {
		l.settled()
	}
	return l.down == nil || l.down == flow.Done
}

// settled gives the items that the operator held their fate.
func (l *link) settled() {
	if l.lossy != nil {
		lost := l.lossy.Dropped() - l.lost
		l.lost += lost
		l.n.dropped += lost
		l.held -= lost
	}
	l.n.completed += l.held
	l.held = 0
}

// tick lets an operator emit as time passes.
func (l *link) tick(op flow.Ticking) error {
	return l.release(func(emit flow.Emit) error { return op.Tick(now(), emit) })
}

// release lets an operator give what it holds before the end.
func (l *link) release(give func(flow.Emit) error) error {
	l.emitted = 0
	l.busy = true
	err := give(l.emit)
	if l.emitted > 0 {
		l.settled()
	}
	if l.down != nil {
		err = l.down
	} else if err != nil && !errors.Is(err, flow.Done) {
		l.st.net.fail(l.node, err)
		err = errStopped
	}
	return l.settle(err)
}

// joinOp makes an operator of a join; the stage sets the port before each item.
type joinOp struct {
	join flow.Join
	port int
}

func (j *joinOp) Process(it flow.Item, emit flow.Emit) error { return j.join.Process(j.port, it, emit) }

// portEnd tells a join that one of its inputs has ended.
func (l *link) portEnd(port int) {
	if l.done {
		return
	}
	_ = l.release(func(emit flow.Emit) error { return l.op.(*joinOp).join.End(port, emit) }) // it shows in done
}
