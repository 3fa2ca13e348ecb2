package operators

import "github.com/flowrun/flowrun/flow"

// lookout takes items through a Keyed that does all by itself.
type lookout struct {
	seen flow.Seen
	item [1]flow.Item
	out  []flow.Item
}

// processAll is ProcessAll: Look, and Keep.
func (o *lookout) processAll(k flow.Keyed, items, out []flow.Item) (n int, _ []flow.Item, err error) {
	seen := &o.seen
	seen.Reset()
	n, err = k.Look(items, seen)
	seen.Ready()
	if kept, fault := k.Keep(seen, nil); fault != nil {
		n, err = kept, fault
	}
	if held, fault := flow.HoldAll(k, seen.Held[:n]); fault != nil {
		n, err = held, fault
	}
	for i, pass := range seen.Pass[:n] {
		if pass {
			out = append(out, items[i])
		}
	}
	return n, out, err
}

// process is Process.
func (o *lookout) process(k flow.Keyed, it flow.Item, emit flow.Emit) error {
	o.item[0] = it
	_, out, err := o.processAll(k, o.item[:], o.out[:0])
	if o.out = out; err != nil || len(out) == 0 {
		return err
	}
	return emit(it)
}

// kept gives how many items are to be kept, and position which of those seen the nth is.
func kept(seen *flow.Seen, which []int32) int {
	if which == nil {
		return seen.Len()
	}
	return len(which)
}

func position(which []int32, n int) int {
	if which == nil {
		return n
	}
	return int(which[n])
}
