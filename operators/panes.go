package operators

import (
	"cmp"
	"container/heap"

	"github.com/flowrun/flowrun/flow/value"
)

// pane is the items of one key in one window.
type pane struct {
	group      int
	keys       []value.Value
	start, end int64
	key        string
	seq        int64   // in the order in which they were opened
	visits     []visit // of a session: the items, in the order in which they came
	bytes      int64
	index      int // in the heap
}

// paneBytes is what a pane takes beside its key.
const paneBytes = 160

// visit is an item of a session: when it happened, and the arguments of its aggregates.
type visit struct {
	t    int64
	args []value.Value
}

// openWindows is the panes that have not ended: found by key, and by what ends first.
type openWindows struct {
	groups *groups
	heap   []*pane
	byKey  map[string][]*pane
	next   int64
}

func (o *openWindows) Len() int { return len(o.heap) }
func (o *openWindows) Less(i, j int) bool {
	a, b := o.heap[i], o.heap[j]
	return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.start, b.start), cmp.Compare(a.seq, b.seq)) < 0
}
func (o *openWindows) Swap(i, j int) {
	o.heap[i], o.heap[j] = o.heap[j], o.heap[i]
	o.heap[i].index, o.heap[j].index = i, j
}
func (o *openWindows) Push(x any) {
	p := x.(*pane)
	p.index = len(o.heap)
	o.heap = append(o.heap, p)
}
func (o *openWindows) Pop() any {
	p := o.heap[len(o.heap)-1]
	o.heap[len(o.heap)-1] = nil
	o.heap = o.heap[:len(o.heap)-1]
	return p
}

// first gives the pane that ends first; nil if there is none.
func (o *openWindows) first() *pane {
	if len(o.heap) == 0 {
		return nil
	}
	return o.heap[0]
}

// at gives the pane of a key and a window, and makes it if there is none.
func (o *openWindows) at(key []byte, start, end int64, begin func() (*pane, error)) (*pane, error) {
	for _, p := range o.byKey[string(key)] {
		if p.start == start && p.end == end {
			return p, nil
		}
	}
	p, err := begin()
	if err != nil {
		return nil, err
	}
	p.start, p.end, p.key, p.seq = start, end, string(key), o.next
	o.next++
	if o.byKey == nil {
		o.byKey = map[string][]*pane{}
	}
	o.byKey[p.key] = append(o.byKey[p.key], p)
	heap.Push(o, p)
	return p, nil
}

// remove takes a pane out.
func (o *openWindows) remove(p *pane) {
	heap.Remove(o, p.index)
	all := o.byKey[p.key]
	for i := range all {
		if all[i] == p {
			all = append(all[:i], all[i+1:]...)
			break
		}
	}
	if len(all) == 0 {
		delete(o.byKey, p.key)
	} else {
		o.byKey[p.key] = all
	}
}

// reach makes one session of all of a key that a span touches and the span itself, and gives its bounds. A session ends
// before its end, so that two that only meet are two.
func (o *openWindows) reach(key []byte, start, end int64) (int64, int64) {
	var one *pane
	for i := 0; i < len(o.byKey[string(key)]); i++ {
		p := o.byKey[string(key)][i]
		if p.start >= end || start >= p.end {
			continue
		}
		start, end = min(start, p.start), max(end, p.end)
		if one == nil {
			one = p
			continue
		}
		one.visits = append(one.visits, p.visits...)
		one.bytes += p.bytes
		o.remove(p)
		o.groups.close(p.group)
		i--
	}
	if one != nil {
		one.start, one.end = start, end
		heap.Fix(o, one.index)
	}
	return start, end
}
