package operators

import (
	"fmt"
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// streams joins two inputs of which neither ends first. An item is kept until nothing can come any more that happened
// within its time: what has come of the other input says how far that is.
type streams struct {
	lookup
	holding
	unheld bool // see flow.Env
	sides  [2]side
}

// side is one of the inputs: what is kept of it.
type side struct {
	queue []*waiting // in the order in which they came
	byKey map[string][]*waiting
	until int64 // nothing that happened before will come, but late
	ended bool
}

// waiting is an item that is kept.
type waiting struct {
	item  flow.Item
	t     int64
	key   string
	keyed bool // it has a key
	met   bool // it had a match
	gone  bool
	bytes int64
}

func newStreams(o *joinOptions, env *flow.Env) *streams {
	s := &streams{lookup: newLookup(o), holding: holding{memory: env.Memory}, unheld: env.Unheld}
	for i := range s.sides {
		s.sides[i] = side{byKey: map[string][]*waiting{}, until: math.MinInt64 / 2}
	}
	return s
}

// ahead is how many items of an input may wait for the other one to come to their time.
const ahead = 10_000

// Wants holds up an input that is ahead of the other one by more than the time that items are kept for, once many of its
// items wait: so two long files need little memory, though one is read faster. Where that might keep the other one from
// coming, the run's memory is the only bound.
func (s *streams) Wants(port int) bool {
	mine, other := &s.sides[port], &s.sides[1-port]
	return s.unheld || other.ended || len(mine.queue) < ahead || mine.until <= other.until+int64(s.opt.Within)
}

func (s *streams) Process(port int, it flow.Item, emit flow.Emit) error {
	w := &waiting{item: it, t: time.Now().UnixNano()}
	if s.opt.Time != nil {
		v, err := s.opt.Time.Eval(s.scope.Set(it))
		if err != nil {
			return err
		}
		if w.t, err = instantOf(v); err != nil {
			return flow.Typed("expression", fmt.Errorf("%s: %w", s.opt.Time, err))
		}
	}
	of := s.opt.On.It
	if port == otherPort {
		of = s.opt.On.Other
	}
	key, keyed, err := s.keyOf(it, of)
	if err != nil {
		return err
	}
	w.key, w.keyed = string(key), keyed
	if err := s.meet(port, w, emit); err != nil {
		return err
	}
	if err := s.keep(port, w); err != nil {
		return err
	}
	mine := &s.sides[port]
	if mine.until = max(mine.until, w.t); s.opt.Time == nil {
		s.sides[1-port].until = w.t
	}
	return s.expire(emit)
}

// meet gives an item with all that has come of the other input and belongs to it.
func (s *streams) meet(port int, w *waiting, emit flow.Emit) error {
	if !w.keyed {
		return nil
	}
	for _, o := range s.sides[1-port].byKey[w.key] {
		if d := w.t - o.t; o.gone || d > int64(s.opt.Within) || d < -int64(s.opt.Within) {
			continue
		}
		it, other := w, o
		if port == otherPort {
			it, other = o, w
		}
		matches, err := s.matches(it.item, other.item.Value)
		if err != nil {
			return err
		}
		if !matches {
			continue
		}
		if it.met, other.met = true, true; s.opt.Kind == "anti" {
			continue
		}
		if err := s.giveWith(it.item, other.item.Value, emit); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps an item, if anything can come that belongs to it.
func (s *streams) keep(port int, w *waiting) error {
	w.item.Value = w.item.Value.Clone()
	w.bytes = int64(w.item.Value.Size() + len(w.key) + keyOverhead)
	if err := s.take(w.bytes); err != nil {
		return err
	}
	mine := &s.sides[port]
	mine.queue = append(mine.queue, w)
	if w.keyed {
		mine.byKey[w.key] = append(mine.byKey[w.key], w)
	}
	return nil
}

// expire lets go of the items that nothing more can belong to. Done says that nothing more can come of it.
func (s *streams) expire(emit flow.Emit) error {
	for port := range s.sides {
		mine, other := &s.sides[port], &s.sides[1-port]
		for len(mine.queue) > 0 && (other.ended || mine.queue[0].t < other.until-int64(s.opt.Within)) {
			w := mine.queue[0]
			mine.queue[0] = nil // the memory of the queue stays
			mine.queue = mine.queue[1:]
			if err := s.drop(port, w, emit); err != nil {
				return err
			}
		}
	}
	if items := &s.sides[itemsPort]; items.ended && len(items.queue) == 0 {
		return flow.Done
	}
	return nil
}

// drop lets go of an item, and gives it alone where it had no match and that is wanted.
func (s *streams) drop(port int, w *waiting, emit flow.Emit) error {
	w.gone = true
	s.give(w.bytes)
	if mine := &s.sides[port]; w.keyed {
		all := mine.byKey[w.key]
		for len(all) > 0 && all[0].gone {
			all = all[1:]
		}
		if mine.byKey[w.key] = all; len(all) == 0 {
			delete(mine.byKey, w.key)
		}
	}
	if port == otherPort || w.met || s.opt.Kind == "inner" {
		return nil
	}
	return s.giveWith(w.item, value.Value{}, emit)
}

func (s *streams) End(port int, emit flow.Emit) error {
	s.sides[port].ended = true
	return s.expire(emit)
}

// clockStreams joins by when items come: they are let go of as time passes.
type clockStreams struct{ *streams }

func (s *clockStreams) Deadline() time.Time {
	first := int64(math.MaxInt64)
	for i := range s.sides {
		if q := s.sides[i].queue; len(q) > 0 {
			first = min(first, q[0].t)
		}
	}
	if first == math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, first).Add(s.opt.Within + 1)
}

func (s *clockStreams) Tick(now time.Time, emit flow.Emit) error {
	for i := range s.sides {
		s.sides[i].until = now.UnixNano()
	}
	return s.expire(emit)
}

// Flush has nothing to give: the ends of the inputs have let go of everything.
func (s *streams) Flush(flow.Emit) error { return nil }
