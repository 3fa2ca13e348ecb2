package operators

import (
	"container/list"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// forgetter lets items pass whose key it does not remember, which is so for some of the keys and for some time. Which of them
// depends on all items.
type forgetter struct {
	holding
	keyOf
	opt   *distinctOptions
	key   []byte // of the item at work
	seen  map[string]*list.Element
	order list.List // of *seenKey, the one seen longest ago first
}

type seenKey struct {
	key string
	at  time.Time // when it passed
}

const keyOverhead = 128 // bytes of bookkeeping for a key, about

func (f *forgetter) Process(it flow.Item, emit flow.Emit) error {
	isNew, err := f.isNew(it)
	if err != nil || !isNew {
		return err
	}
	return emit(it)
}

// isNew reports whether an item's key is not remembered, and remembers it.
func (f *forgetter) isNew(it flow.Item) (_ bool, err error) {
	if f.key, err = f.append(f.key[:0], it); err != nil {
		return false, err
	}
	var now time.Time
	if f.opt.TTL > 0 {
		now = time.Now()
	}
	if e := f.seen[string(f.key)]; e != nil {
		if k := e.Value.(*seenKey); f.opt.TTL == 0 || now.Sub(k.at) < f.opt.TTL {
			f.order.MoveToBack(e)
			return false, nil
		}
		f.forget(e)
	}
	if err := boundable(f.take(int64(len(f.key)) + keyOverhead)); err != nil {
		return false, err
	}
	k := &seenKey{string(f.key), now}
	f.seen[k.key] = f.order.PushBack(k)
	if f.opt.MaxKeys > 0 && f.order.Len() > f.opt.MaxKeys {
		f.forget(f.order.Front())
	}
	return true, nil
}

func (f *forgetter) forget(e *list.Element) {
	k := f.order.Remove(e).(*seenKey)
	delete(f.seen, k.key)
	f.give(int64(len(k.key)) + keyOverhead)
}
