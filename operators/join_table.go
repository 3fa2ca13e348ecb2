package operators

import (
	"fmt"
	"hash/maphash"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// table joins items with the rows of an input that is read first.
type table struct {
	lookup
	holding
	rows   rows
	loaded bool
	prober flow.Op // of the goroutine that loads, where that looks items up, too
}

func newTable(o *joinOptions, memory *flow.Memory) *table {
	t := &table{lookup: newLookup(o), holding: holding{memory: memory}, rows: rows{seed: maphash.MakeSeed()}}
	t.prober = t.Prober()
	return t
}

func (t *table) Wants(port int) bool { return port == otherPort || t.loaded }

func (t *table) Process(port int, it flow.Item, emit flow.Emit) error {
	if port == otherPort {
		return t.load(it)
	}
	return t.prober.Process(it, emit)
}

// load keeps a row.
func (t *table) load(it flow.Item) error {
	key, ok, err := t.keyOf(it, t.opt.On.Other)
	if err != nil || !ok {
		return err
	}
	v := it.Value.Clone()
	if err := t.take(int64(v.Size()+len(key)) + rowBytes); err != nil {
		return fmt.Errorf("%w; the input that `with` names is kept, and should be the smaller one", err)
	}
	t.rows.add(key, v)
	return nil
}

func (t *table) End(port int, _ flow.Emit) error {
	if port == otherPort {
		t.loaded = true
		return nil
	}
	t.Close()
	return flow.Done
}

// Prober looks items up in the table, which does not change any more.
func (t *table) Prober() flow.Op { return &prober{lookup: newLookup(t.opt), rows: &t.rows} }

// prober looks up items of the first input.
type prober struct {
	lookup
	rows *rows
}

func (p *prober) Process(it flow.Item, emit flow.Emit) error {
	key, ok, err := p.keyOf(it, p.opt.On.It)
	if err != nil {
		return err
	}
	found := false
	if ok {
		for r := p.rows.first(key); r != nil; r = p.rows.after(r) {
			matches, err := p.matches(it, r.value)
			if err != nil {
				return err
			}
			if !matches {
				continue
			}
			if found = true; p.opt.Kind == "anti" {
				break
			}
			if err := p.giveWith(it, r.value, emit); err != nil {
				return err
			}
		}
	}
	if found || p.opt.Kind == "inner" {
		return nil
	}
	return p.giveWith(it, value.Value{}, emit)
}

// rows are values by their keys: those of one key in the order in which they came.
type rows struct {
	seed maphash.Seed
	keys keyTable
	ends series[rowEnds] // of the rows of each key
	all  series[tableRow]
}

type tableRow struct {
	value value.Value
	next  int // of the same key, from 1; 0: none
}

type rowEnds struct{ first, last int }

const rowBytes = keyBytes + 48 // what a row takes beside its value and its key

func (r *rows) add(key []byte, v value.Value) {
	at := r.all.n
	*r.all.add() = tableRow{value: v}
	n, isNew := r.keys.number(maphash.Bytes(r.seed, key), key)
	if isNew {
		r.keys.keep(key, nil)
		*r.ends.add() = rowEnds{at, at}
		return
	}
	ends := r.ends.at(n)
	r.all.at(ends.last).next = at + 1
	ends.last = at
}

// first gives the first row of a key; nil if there is none.
func (r *rows) first(key []byte) *tableRow {
	n := r.keys.find(maphash.Bytes(r.seed, key), key)
	if n < 0 {
		return nil
	}
	return r.all.at(r.ends.at(n).first)
}

// after gives the next row of the same key; nil if there is none.
func (r *rows) after(x *tableRow) *tableRow {
	if x.next == 0 {
		return nil
	}
	return r.all.at(x.next - 1)
}
