package operators

import (
	"container/list"
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type distinctOptions struct {
	By      flow.Expr     `flow:"by,short" doc:"What must be different; the item itself unless given."`
	MaxKeys int           `flow:"max_keys" doc:"How many keys to remember: past it the one seen longest ago is forgotten, and may pass again."`
	TTL     time.Duration `flow:"ttl" doc:"How long a key is remembered after it passed."`
}

func (o *distinctOptions) Check(report func(option, message, help string)) {
	if o.MaxKeys < 0 {
		report("max_keys", "there are no fewer than no keys", "write 1 or more, or leave it out for no bound")
	}
	if o.TTL < 0 {
		report("ttl", "a time cannot be less than none", "write a duration such as 1h, or leave it out for no end")
	}
}

// Grows reports whether it remembers every key for ever.
func (o *distinctOptions) Grows() bool { return o.MaxKeys == 0 && o.TTL == 0 }

func distinct() *flow.Component {
	return &flow.Component{
		Name: "distinct", Also: []string{"uniq", "unique", "dedup", "dedupe"}, Group: "identity", Traits: flow.Traits{Single: true, Keeps: true},
		Doc:   "Lets an item pass whose key was not seen before. It remembers every key, within the run's memory, unless bounded.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *distinctOptions, env *flow.Env) (flow.Op, error) {
			return &deduper{opt: o, holding: holding{memory: env.Memory}, seen: map[string]*list.Element{}}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{u: a, n: 1}, {u: b, n: 2}, {u: a, n: 3}]}\nsteps:\n  - distinct: it.u\n  - map: it.n\n", Output: "1\n2\n",
		}},
	}
}

type deduper struct {
	holding
	opt   *distinctOptions
	scope flow.Scope
	key   []byte
	seen  map[string]*list.Element
	order list.List // of *seenKey, the one seen longest ago first
}

type seenKey struct {
	key string
	at  time.Time // when it passed
}

const keyOverhead = 128 // bytes of bookkeeping for a key, about

func (d *deduper) Process(it flow.Item, emit flow.Emit) error {
	switch isNew, err := d.isNew(it); {
	case flow.IsFatal(err): // the memory
		return fmt.Errorf("%w; `max_keys` and `ttl` bound the keys that it remembers", err)
	case err != nil || !isNew:
		return err
	}
	return emit(it)
}

// isNew reports whether an item's key was not seen before, and remembers it.
func (d *deduper) isNew(it flow.Item) (bool, error) {
	v := it.Value
	if d.opt.By != nil {
		var err error
		if v, err = d.opt.By.Eval(d.scope.Set(it)); err != nil {
			return false, err
		}
	}
	var now time.Time
	if d.opt.TTL > 0 {
		now = time.Now()
	}
	d.key = value.AppendKey(d.key[:0], v)
	if e := d.seen[string(d.key)]; e != nil {
		if k := e.Value.(*seenKey); d.opt.TTL == 0 || now.Sub(k.at) < d.opt.TTL {
			d.order.MoveToBack(e)
			return false, nil
		}
		d.forget(e)
	}
	if err := d.take(int64(len(d.key)) + keyOverhead); err != nil {
		return false, err
	}
	k := &seenKey{string(d.key), now}
	d.seen[k.key] = d.order.PushBack(k)
	if d.opt.MaxKeys > 0 && d.order.Len() > d.opt.MaxKeys {
		d.forget(d.order.Front())
	}
	return true, nil
}

func (d *deduper) forget(e *list.Element) {
	k := d.order.Remove(e).(*seenKey)
	delete(d.seen, k.key)
	d.give(int64(len(k.key)) + keyOverhead)
}
