package operators

import (
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// keyOf finds out the key of an item.
type keyOf struct {
	by    func(*flow.Scope) (value.Value, error) // nil: it is the item
	scope flow.Scope
}

func newKeyOf(by flow.Expr) keyOf {
	if by == nil {
		return keyOf{}
	}
	return keyOf{by: flow.Func(by)}
}

// append appends the key; of an item that fails, nothing.
func (k *keyOf) append(dst []byte, it flow.Item) (_ []byte, err error) {
	v := it.Value
	if k.by != nil {
		if v, err = k.by(k.scope.Set(it)); err != nil {
			return dst, err
		}
	}
	return value.AppendKey(dst, v), nil
}

// deduper lets items pass whose key is new, and remembers every key.
type deduper struct {
	holding
	keyOf
	table keyTable
	one   lookout
}

func newDeduper(memory *flow.Memory, by flow.Expr) *deduper {
	return &deduper{holding: holding{memory: memory}, keyOf: newKeyOf(by)}
}

// Look finds out the keys.
func (d *deduper) Look(items []flow.Item, seen *flow.Seen) (n int, err error) {
	for i := range items {
		if seen.Keys, err = d.append(seen.Keys, items[i]); err != nil {
			return i, err
		}
		seen.Add()
	}
	return len(items), nil
}

// Keep lets those pass that are new.
func (d *deduper) Keep(seen *flow.Seen, which []int32) (n int, err error) {
	count := kept(seen, which)
	for n := range count {
		i := position(which, n)
		if _, isNew := d.table.number(seen.Hash[i], seen.Key(i)); isNew {
			d.table.keep(seen.Key(i), nil)
			seen.Pass[i], seen.Held[i] = true, int64(len(seen.Key(i))+keyBytes)
		}
	}
	return count, nil
}

// Hold reserves memory.
func (d *deduper) Hold(bytes int64) error { return boundable(d.take(bytes)) }

// boundable says how the memory for keys can be bounded.
func boundable(err error) error {
	if err != nil {
		return fmt.Errorf("%w; `max_keys` and `ttl` bound the keys that it remembers", err)
	}
	return nil
}

func (d *deduper) Process(it flow.Item, emit flow.Emit) error { return d.one.process(d, it, emit) }

func (d *deduper) ProcessAll(items, out []flow.Item) (n int, _ []flow.Item, err error) {
	return d.one.processAll(d, items, out)
}
