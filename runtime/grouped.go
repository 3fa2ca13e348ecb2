package runtime

import (
	"container/list"
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// grouped is a step that runs steps of its own for each key, which only compute.
type grouped struct {
	nest  *nest
	bench *bench
	scope flow.Scope
	key   []byte
	byKey map[string]*member
	all   list.List // of *member, in the order in which they began
	order list.List // of *member, the one that got nothing for longest first
}

// member is the steps of one key.
type member struct {
	*inline
	key          string
	meta         *flow.Meta // with the key
	fed          time.Time  // when it got an item last
	began, place *list.Element
}

func (g *grouped) attach(s *stage) { g.bench = s.bench(g.nest) }

// Process gives an item to the steps of its key.
func (g *grouped) Process(it flow.Item, emit flow.Emit) error {
	v, err := g.nest.how.Key.Eval(g.scope.Set(it))
	if err != nil {
		return err
	}
	g.key = value.AppendKey(g.key[:0], v)
	m := g.byKey[string(g.key)]
	if m == nil {
		if m, err = g.begin(v, emit); err != nil {
			return err
		}
	}
	g.order.MoveToBack(m.place)
	if g.nest.how.Idle > 0 {
		m.fed = now()
	}
	if g.bench.st.keyed {
		it.Meta, g.bench.st.key = keyed(it.Meta, m.meta), m.meta
	}
	return m.process(it, emit)
}

// keyed gives an item's origin with the key of its group.
func keyed(old, key *flow.Meta) *flow.Meta {
	if old == nil {
		return key
	}
	m := *old
	m.Key = key.Key
	return &m
}

// begin makes the steps of a key.
func (g *grouped) begin(key value.Value, emit flow.Emit) (*member, error) {
	if most := g.nest.how.Max; most > 0 && len(g.byKey) >= most {
		if !g.nest.how.Evict {
			return nil, tooManyGroups(most)
		}
		if err := g.finish(g.order.Front().Value.(*member), complete, emit); err != nil {
			return nil, err
		}
	}
	in, err := g.bench.inline()
	if err != nil {
		return nil, err
	}
	m := &member{inline: in, key: string(g.key), meta: &flow.Meta{Key: key.Clone()}}
	m.began, m.place = g.all.PushBack(m), g.order.PushBack(m)
	g.byKey[m.key] = m
	return m, nil
}

func tooManyGroups(most int) error {
	return flow.Fatal(flow.Typed("groups", fmt.Errorf("there are more than the %d groups that there may be: raise `max_groups`, end idle ones by `idle`, or write `overflow: evict`", most)))
}

// finish ends a key with what it got.
func (g *grouped) finish(m *member, how ending, emit flow.Emit) error {
	g.all.Remove(m.began)
	g.order.Remove(m.place)
	delete(g.byKey, m.key)
	g.bench.st.key = m.meta
	err := m.flush(how, emit)
	for _, l := range m.links {
		if c, ok := l.op.(flow.Closer); ok {
			c.Close()
		}
	}
	return err
}

// Flush ends every key.
func (g *grouped) Flush(emit flow.Emit) error { return g.end(complete, emit) }

func (g *grouped) end(how ending, emit flow.Emit) error {
	for e := g.all.Front(); e != nil; e = g.all.Front() {
		if err := g.finish(e.Value.(*member), how, emit); err != nil {
			return err
		}
	}
	return nil
}

// timedGrouped is grouped where keys end that got nothing for too long.
type timedGrouped struct{ *grouped }

// Deadline is when the next key ends.
func (g *timedGrouped) Deadline() time.Time {
	if first := g.order.Front(); first != nil {
		return first.Value.(*member).fed.Add(g.nest.how.Idle)
	}
	return time.Time{}
}

// Tick ends the keys that got nothing for too long.
func (g *timedGrouped) Tick(now time.Time, emit flow.Emit) error {
	for e := g.order.Front(); e != nil; e = g.order.Front() {
		m := e.Value.(*member)
		if m.fed.Add(g.nest.how.Idle).After(now) {
			return nil
		}
		if err := g.finish(m, complete, emit); err != nil {
			return err
		}
	}
	return nil
}
