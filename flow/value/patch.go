package value

import (
	"slices"
	"unsafe"
)

// Patch makes objects that are others but for some fields, of objects that still are text. What stays the same stays text:
// it is neither read nor copied before it is written. A Patch serves one goroutine at a time.
type Patch struct {
	_     pinned
	names []string
	how   how

	last  origin // of the object before, and what became of it
	plan  *plan
	plans map[origin]*plan
	about []int // where objects without a shape had the names
	at    []int // where the object at work has them

	made  []patched // what is left of what was made at once
	loose []plan
	from  []int32
	own   []Value
	lot   int

	rows    refit                 // of objects that are rows
	columns map[*Columns]*Columns // what became of theirs
}

// how says what a Patch does with the fields that it names.
type how uint8

const (
	sets how = iota
	keeps
	drops
)

// origin is what objects have in common of which the same becomes: their shape, or the plan by which they were made.
type origin struct {
	shape *Shape
	plan  *plan
}

// maxPlans bounds how many origins a Patch remembers.
const maxPlans = 1024

// NewSet gives a patch that sets fields: in their place where they are there, else last. The names must be distinct.
func NewSet(names []string) *Patch { return newPatch(names, sets) }

// NewKeep gives a patch that keeps the fields of these names and no others, or drops them.
func NewKeep(names []string, keep bool) *Patch {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if keep {
		return newPatch(names, keeps)
	}
	return newPatch(names, drops)
}

func newPatch(names []string, how how) *Patch {
	return &Patch{names: names, how: how, about: make([]int, len(names)), at: make([]int, len(names)), plans: map[origin]*plan{}}
}

// Of gives what an object becomes and, of a patch that sets fields, their values in the order of the names, null, to be
// filled before anybody else sees it. It reports false where v is no object that still is text.
func (p *Patch) Of(v Value) (out Value, set []Value, ok bool) {
	if v.kind == unreadObject {
		v = v.read()
	}
	if v.kind == row {
		out, set = p.row(v)
		return out, set, true
	}
	var base patched
	var from origin
	switch v.kind {
	case record:
		base.of = (*fields)(v.p)
		from.shape = base.of.shape
	case altered:
		a := (*patched)(v.p)
		base.of, base.plan, base.own = a.of, a.plan, a.own
		from.plan = a.plan
	default:
		return Value{}, nil, false
	}
	if len(p.made) == 0 {
		p.lot = min(2*p.lot+1, slabSize)
		p.made = make([]patched, p.lot)
	}
	a := &p.made[0]
	p.made = p.made[1:]
	a.of, a.own = base.of, base.own
	if base.keys() == nil {
		a.plan = p.planOf(&base, nil)
	} else if from != p.last {
		p.last, p.plan = from, p.known(from, &base)
	}
	if a.plan == nil {
		a.plan = p.plan
	}
	if p.how == sets {
		a.own, set = p.room(base.own)
	}
	return Value{kind: altered, p: unsafe.Pointer(a), n: uint64(len(a.plan.from))}, set, true
}

// room gives the own values of an object and those that are set besides.
func (p *Patch) room(own []Value) (all, set []Value) {
	n := len(own) + len(p.names)
	if len(p.own) < n {
		p.own = make([]Value, p.lot*n)
	}
	all, p.own = p.own[:n:n], p.own[n:]
	return all, all[copy(all, own):]
}

// known gives the plan of objects of an origin that has a shape.
func (p *Patch) known(from origin, base *patched) *plan {
	made := p.plans[from]
	if made == nil {
		if len(p.plans) == maxPlans {
			clear(p.plans)
		}
		made = p.planOf(base, base.keys())
		p.plans[from] = made
	}
	return made
}

// planOf makes the plan of what becomes of an object with a shape, or without.
func (p *Patch) planOf(base *patched, shape *Shape) *plan {
	n := base.len()
	for k, name := range p.names {
		if shape != nil {
			p.at[k] = shape.Slot(name)
		} else if p.at[k] = base.find(name, p.about[k]); p.at[k] >= 0 {
			p.about[k] = p.at[k]
		}
	}
	if len(p.loose) == 0 {
		p.loose = make([]plan, p.lot)
	}
	if room := n + len(p.names); len(p.from) < room {
		p.from = make([]int32, p.lot*room)
	}
	made, from := &p.loose[0], p.from[:0]
	p.loose = p.loose[1:]
	var keys []string
	switch p.how {
	case sets:
		from = base.appendFrom(from, 0, n)
		keys = slices.Clip(shape.Keys())
		for k, at := range p.at {
			if own := ^int32(len(base.own) + k); at >= 0 {
				from[at] = own
			} else {
				from, keys = append(from, own), append(keys, p.names[k])
			}
		}
	case keeps:
		slices.Sort(p.at)
		for _, at := range p.at {
			if at >= 0 {
				from = base.appendFrom(from, at, at+1)
			}
		}
	case drops:
		slices.Sort(p.at)
		next := 0
		for _, at := range p.at {
			if at >= 0 {
				from = base.appendFrom(from, next, at)
				next = at + 1
			}
		}
		from = base.appendFrom(from, next, n)
	}
	p.from = p.from[len(from):]
	made.from = slices.Clip(from)
	switch {
	case shape == nil && p.how == sets && len(base.own) == 0:
		made.own = p.names
	case shape == nil && p.how == sets:
		made.own = append(slices.Clip(base.plan.own), p.names...)
	case shape == nil && base.plan != nil:
		made.own = base.plan.own
	case p.how == sets && len(keys) == n:
		made.shape = shape
	case p.how == sets:
		made.shape = shapeOf(keys)
	case shape != nil:
		made.shape = shapeOf(p.remaining(shape))
	}
	return made
}

// remaining gives the keys of a shape that stay.
func (p *Patch) remaining(s *Shape) (keys []string) {
	for _, key := range s.keys {
		if slices.Contains(p.names, key) == (p.how == keeps) {
			keys = append(keys, key)
		}
	}
	return keys
}

// row is Of of a row.
func (p *Patch) row(v Value) (out Value, set []Value) {
	from, _ := v.rowOf()
	if p.rows.from != from {
		p.rows.begin(from, p.become(from.of))
	}
	return p.rows.row(v)
}

// become gives the columns of what becomes of rows with others.
func (p *Patch) become(of *Columns) *Columns {
	made := p.columns[of]
	if made == nil {
		if p.columns == nil || len(p.columns) == maxPlans {
			p.columns = map[*Columns]*Columns{}
		}
		made = p.columnsOf(of)
		p.columns[of] = made
	}
	return made
}

func (p *Patch) columnsOf(of *Columns) *Columns {
	var keys []string
	cells := []int{}
	for i, key := range of.shape.keys {
		if p.how == sets || slices.Contains(p.names, key) == (p.how == keeps) {
			keys, cells = append(keys, key), append(cells, of.cell(i))
		}
	}
	if p.how != sets {
		return of.with(shapeOf(keys), cells, 0)
	}
	for k, name := range p.names {
		own := ^(of.own + k)
		if at := of.shape.Slot(name); at >= 0 {
			cells[at] = own
		} else {
			keys, cells = append(keys, name), append(cells, own)
		}
	}
	if len(keys) == len(of.shape.keys) {
		return of.with(of.shape, cells, len(p.names))
	}
	return of.with(shapeOf(keys), cells, len(p.names))
}
