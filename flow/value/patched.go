package value

import (
	"strings"
	"sync/atomic"
	"unsafe"
)

// patched is an object that has fields of a record, and some of its own.
type patched struct {
	of   *fields
	plan *plan
	own  []Value
	done atomic.Pointer[object] // what somebody asked for: the shape, the values, or both
}

// plan says where the fields of a patched object come from.
type plan struct {
	shape *Shape   // nil where the record has none
	from  []int32  // the slots of the record, or ^n of the n-th own value
	own   []string // the keys of the own values, where there is no shape
}

// len gives the number of fields. Without a plan, an object has those of the record.
func (a *patched) len() int {
	if a.plan == nil {
		return int(a.of.n)
	}
	return len(a.plan.from)
}

// keys gives the shape, if there is one.
func (a *patched) keys() *Shape {
	if a.plan == nil {
		return a.of.shape
	}
	return a.plan.shape
}

// appendFrom appends where some of the fields come from.
func (a *patched) appendFrom(dst []int32, first, end int) []int32 {
	if a.plan != nil {
		return append(dst, a.plan.from[first:end]...)
	}
	for i := first; i < end; i++ {
		dst = append(dst, int32(i))
	}
	return dst
}

// find gives where an object without a shape has a key, looking from about a slot on; -1 where it has none.
func (a *patched) find(key string, about int) int {
	if a.plan == nil {
		return a.of.find(key, about)
	}
	if a.plan.shape != nil {
		return a.plan.shape.Slot(key)
	}
	starts, escaped := a.of.places(), strings.IndexByte(key, '\\') >= 0
	for i, from := range a.plan.from {
		if from < 0 && a.plan.own[^from] == key || from >= 0 && (!escaped && a.of.follows(key, int(starts[from])) || a.of.odd && a.of.key(int(starts[from])) == key) {
			return i
		}
	}
	return -1
}

// key gives the key of a field.
func (a *patched) key(slot int) string {
	if a.plan.shape != nil {
		return a.plan.shape.keys[slot]
	}
	if from := a.plan.from[slot]; from < 0 {
		return a.plan.own[^from]
	} else {
		return a.of.key(a.of.start(int(from)))
	}
}

func (a *patched) at(slot int) Value {
	if o := a.done.Load(); o != nil && o.slots != nil {
		return o.slots[slot]
	}
	if from := a.plan.from[slot]; from < 0 {
		return a.own[^from]
	} else {
		return a.of.at(int(from))
	}
}

// all gives the values of all fields, and keeps them.
func (a *patched) all() []Value {
	o := a.done.Load()
	if o != nil && o.slots != nil {
		return o.slots
	}
	made := &object{slots: make([]Value, a.len())}
	for i := range made.slots {
		made.slots[i] = a.at(i)
	}
	if o != nil {
		made.shape = o.shape
	}
	a.done.Store(made)
	return made.slots
}

// shape gives the shape, which is made when somebody asks where the record has none.
func (a *patched) shape() *Shape {
	if a.plan.shape != nil {
		return a.plan.shape
	}
	o := a.done.Load()
	if o != nil && o.shape != nil {
		return o.shape
	}
	keys := make([]string, a.len())
	for i := range keys {
		keys[i] = a.key(i)
	}
	made := &object{shape: shapeOf(keys)}
	if o != nil {
		made.slots = o.slots
	}
	a.done.Store(made)
	return made.shape
}

// clone gives the same object in memory of its own.
func (a *patched) clone() *patched {
	out := &patched{of: &fields{odd: a.of.odd}, plan: &plan{shape: a.plan.shape, from: make([]int32, len(a.plan.from))}}
	text, starts := []byte{'{'}, []uint32(nil)
	for i, from := range a.plan.from {
		if from < 0 {
			out.plan.from[i] = ^int32(len(out.own))
			out.own = append(out.own, a.own[^from].Clone())
			if a.plan.shape == nil {
				out.plan.own = append(out.plan.own, strings.Clone(a.plan.own[^from]))
			}
			continue
		}
		if len(starts) > 0 {
			text = append(text, ',')
		}
		start, end := a.of.start(int(from)), a.of.end(int(from))
		out.plan.from[i] = int32(len(starts))
		text = append(appendString(text, a.key(i)), ':')
		starts = append(starts, uint32(len(text)))
		text = append(text, a.of.text[start:end]...)
	}
	out.of.text, out.of.starts, out.of.n = string(append(text, '}')), unsafe.SliceData(starts), uint32(len(starts))
	return out
}

// size estimates the bytes of text and of values, but for what is in those of its own.
func (a *patched) size() int {
	kept := 0
	for _, from := range a.plan.from {
		if from >= 0 {
			kept++
		}
	}
	return len(a.plan.from)*24 + len(a.of.text)/max(int(a.of.n), 1)*kept
}

// appendJSON appends the object as AppendJSON does, with the values that still are text as they were. Fields that follow
// each other there, too, and have no space between, are copied at once.
func (a *patched) appendJSON(dst []byte) []byte {
	of, from := a.of, a.plan.from
	dst = append(dst, '{')
	for i := 0; i < len(from); i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		slot := int(from[i])
		if slot < 0 {
			dst = AppendJSON(append(appendString(dst, a.key(i)), ':'), a.own[^slot])
			continue
		}
		begin := of.head(slot)
		if begin < 0 {
			dst, begin = append(appendString(dst, a.key(i)), ':'), of.start(slot)
		}
		end := of.comma(slot + 1)
		for end >= 0 && i+1 < len(from) && int(from[i+1]) == slot+1 {
			i, slot = i+1, slot+1
			end = of.comma(slot + 1)
		}
		if end < 0 {
			end = of.end(slot)
		}
		dst = append(dst, of.text[begin:end]...)
	}
	return append(dst, '}')
}

// head gives where the key of a field begins; negative where anything but a colon is between it and the value, or it is
// not written as it reads.
func (f *fields) head(slot int) int {
	start := f.start(slot)
	if f.text[start-1] != ':' || f.text[start-2] != '"' {
		return -1
	}
	at := start - 3
	if f.shape != nil {
		if at -= len(f.shape.keys[slot]); at < 1 || f.text[at] != '"' || f.text[at-1] == '\\' {
			return -1
		}
		return at
	}
	for f.text[at] != '"' && f.text[at] != '\\' {
		at--
	}
	if f.text[at] == '\\' || f.text[at-1] == '\\' {
		return -1
	}
	return at
}

// comma gives where the comma stands that a field follows, and the one before it ends; negative where there is space
// around, or in the field before its value.
func (f *fields) comma(slot int) int {
	if slot >= int(f.n) || f.twice {
		return -1
	}
	if at := f.head(slot) - 1; at > 0 && f.text[at] == ',' && f.text[at-1] > ' ' {
		return at
	}
	return -1
}

// end gives where the value of a field ends: that is where the comma stands before the key that comes next.
func (f *fields) end(slot int) int {
	switch next := uint32(slot + 1); {
	case f.twice || f.shape == nil:
	case next == f.n:
		return back(f.text, len(f.text)-1)
	default:
		key := f.shape.keys[next]
		colon := back(f.text, f.start(slot+1)) - 1
		quote := back(f.text, colon) - 1
		if at := quote - len(key); at > 0 && f.text[at-1] == '"' && f.text[at:quote] == key {
			return back(f.text, back(f.text, at-1)-1)
		} // else the key is written with escapes
	}
	return skip(bytesOf(f.text), f.start(slot), 0)
}

// back gives where the white space before i begins, as far as it stays in the line.
func back(text string, i int) int {
	for i > 0 && (text[i-1] == ' ' || text[i-1] == '\r' || text[i-1] == '\t') {
		i--
	}
	return i
}
