package operators

import (
	"fmt"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// onlyResult is the expression of an aggregate that is one call.
type onlyResult struct{}

func (onlyResult) Eval(s *flow.Scope) (value.Value, error) { return s.Vars[0], nil }
func (onlyResult) String() string                          { return "items" }

// wholeItem is the expression `it`.
type wholeItem struct{}

func (wholeItem) Eval(s *flow.Scope) (value.Value, error) { return s.It, nil }
func (wholeItem) String() string                          { return "it" }

// windower puts items into windows. Of event time, the watermark says which windows have ended.
type windower struct {
	*groups
	opt       *windowOptions
	span      func(t int64) (start, end int64, every int64)
	open      *openWindows
	watermark int64 // no item before it is waited for; in nanoseconds of Unix time
	begun     bool
	late      flow.Emit // nil: late items fail
	seen      flow.Seen // the item at work
	args      []value.Value
	batch     batch // of one item
}

func (w *windower) Beside(_ string, emit flow.Emit) { w.late = emit }

// spans gives the function for the windows that a time is in: the first of them, and how far the next is, 0 for none.
func spans(o *windowOptions) func(t int64) (start, end, every int64) {
	size, every := int64(o.Size), int64(o.Every)
	switch o.Kind {
	case "session":
		gap := int64(o.Gap)
		return func(t int64) (int64, int64, int64) { return t, t + gap, 0 }
	case "sliding":
		return func(t int64) (int64, int64, int64) {
			first := floor(t-size, every) + every
			return first, first + size, every
		}
	}
	return func(t int64) (int64, int64, int64) {
		start := floor(t, size)
		return start, start + size, 0
	}
}

// floor rounds down to a multiple.
func floor(t, unit int64) int64 {
	r := t % unit
	if r < 0 {
		r += unit
	}
	return t - r
}

func (w *windower) Process(it flow.Item, emit flow.Emit) error {
	v, err := w.opt.Time.Eval(w.scope.Set(it))
	if err != nil {
		return err
	}
	t, err := instantOf(v)
	if err != nil {
		return flow.Typed("expression", fmt.Errorf("%s: %w", w.opt.Time, err))
	}
	taken, err := w.put(it, t)
	if err != nil {
		return err
	}
	if !taken {
		return w.tooLate(it, t)
	}
	if mark := t - int64(w.opt.Lateness); !w.begun || mark > w.watermark {
		w.watermark, w.begun = mark, true
	}
	return w.close(w.watermark, emit)
}

func (w *windower) tooLate(it flow.Item, t int64) error {
	if w.late != nil {
		return w.late(it)
	}
	behind := time.Duration(w.watermark + int64(w.opt.Lateness) - t)
	return flow.Typed("late", fmt.Errorf("the item comes %v after another that is later, and its window has ended: raise `lateness`, read the output `late`, or let `on_error` say what becomes of it", behind))
}

// put puts an item into the windows that it belongs to, and reports whether any of them is still open.
func (w *windower) put(it flow.Item, t int64) (taken bool, err error) {
	w.seen.Reset()
	if err := w.look(it, &w.seen); err != nil {
		return false, err
	}
	_, w.args = w.of(&w.seen, 0)
	start, end, every := w.span(t)
	for {
		if w.opt.Kind == "session" {
			start, end = w.open.reach(w.seen.Key(0), start, end)
		}
		if !w.begun || end > w.watermark {
			taken = true
			if err := w.into(start, end, t); err != nil {
				return true, err
			}
		}
		if start += every; every == 0 || start > t {
			return taken, nil
		}
		end += every
	}
}

// into puts the item at work into a window.
func (w *windower) into(start, end, t int64) error {
	p, err := w.open.at(w.seen.Key(0), start, end, w.begin)
	if err != nil {
		return err
	}
	before := w.bytes
	defer func() { p.bytes += w.bytes - before }()
	if w.opt.Kind == "session" { // what it is made of is in order only when it has ended
		args, size := make([]value.Value, len(w.args)), int64(24*(len(w.args)+2))
		for i, v := range w.args {
			args[i] = v.Clone()
			size += int64(v.Size())
		}
		p.visits = append(p.visits, visit{t, args})
		return w.take(size)
	}
	return w.add(p, w.args)
}

// begin makes a pane of the key of the item at work.
func (w *windower) begin() (*pane, error) {
	number, held := w.groups.open()
	p := &pane{group: number}
	keys, _ := w.of(&w.seen, 0)
	for _, k := range keys {
		p.keys = append(p.keys, k.Clone())
	}
	p.bytes = paneBytes + int64(2*len(w.seen.Key(0))+24*len(keys))
	return p, w.take(held + p.bytes)
}

// add takes arguments into a window.
func (w *windower) add(p *pane, args []value.Value) error {
	b := &w.batch
	b.groups, b.args, b.held = append(b.groups[:0], uint32(p.group)), args, append(b.held[:0], 0)
	if _, err := w.groups.add(b); err != nil {
		return err
	}
	return w.take(b.held[0])
}

// close gives the windows that have ended by a time.
func (w *windower) close(now int64, emit flow.Emit) error {
	for p := w.open.first(); p != nil && p.end <= now; p = w.open.first() {
		w.open.remove(p)
		if err := w.tell(p, emit); err != nil {
			return err
		}
	}
	return nil
}

func (w *windower) tell(p *pane, emit flow.Emit) error {
	before := w.bytes
	slices.SortStableFunc(p.visits, func(a, b visit) int { return int(min(max(a.t-b.t, -1), 1)) })
	for _, v := range p.visits {
		if err := w.add(p, v.args); err != nil {
			return err
		}
	}
	told, slots, err := w.groups.tell(p.keys, p.group)
	w.groups.close(p.group)
	w.give(p.bytes + w.bytes - before)
	if err != nil {
		return err
	}
	slots[0], slots[1] = value.OfTime(time.Unix(0, p.start).UTC()), value.OfTime(time.Unix(0, p.end).UTC())
	return emit(flow.Item{Value: told})
}

func (w *windower) Flush(emit flow.Emit) error {
	defer w.Close()
	return w.close(1<<63-1, emit)
}

// clockWindower puts items into windows as they come.
type clockWindower struct{ *windower }

func (w *clockWindower) Process(it flow.Item, emit flow.Emit) error {
	now := time.Now().UnixNano()
	if err := w.close(now, emit); err != nil {
		return err
	}
	_, err := w.put(it, now)
	return err
}

func (w *clockWindower) Deadline() time.Time {
	if p := w.open.first(); p != nil {
		return time.Unix(0, p.end)
	}
	return time.Time{}
}

func (w *clockWindower) Tick(now time.Time, emit flow.Emit) error {
	return w.close(now.UnixNano(), emit)
}
