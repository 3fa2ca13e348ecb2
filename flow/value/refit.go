package value

import "unsafe"

// refit makes rows of rows: of the same text, with other columns, and with values of their own beside the cells. Nothing
// is allocated for a row alone. It serves one goroutine at a time.
type refit struct {
	from *lot // the rows of which
	lot  *lot // rows of this are made; nil where none are
	own  int  // how many of its own values are taken
	rows int  // for how many rows own values were made at once
}

// begin makes ready for the rows of a lot, which become rows with these columns; nil: they cannot.
func (r *refit) begin(from *lot, become *Columns) {
	r.from = from
	if become == nil {
		r.lot = nil
		return
	}
	lot := &lot{of: become, text: from.text, ends: from.ends, own: from.own}
	if become.fresh > 0 {
		if lot.own = nil; r.lot != nil && r.lot.of == become {
			lot.own = r.lot.own
		} else {
			r.own = 0
		}
	}
	r.lot = lot
}

// row gives what a row of the lot becomes, and those of its own values that it did not have, null, to be filled before
// anybody else sees it.
func (r *refit) row(v Value) (out Value, set []Value) {
	l := r.lot
	out = Value{kind: row, p: unsafe.Pointer(l), n: v.n}
	if l.of.fresh == 0 {
		return out, nil
	}
	n := l.of.own
	if r.own+n > len(l.own) {
		r.rows = max(min(2*r.rows+1, slabSlots/n), 1)
		again := *l
		again.own = make([]Value, r.rows*n)
		l, r.lot, r.own = &again, &again, 0
		out.p = unsafe.Pointer(l)
	}
	own := l.own[r.own : r.own+n : r.own+n]
	out.n = v.n&(1<<ownShift-1) | uint64(r.own)<<ownShift
	r.own += n
	had := n - l.of.fresh
	if had > 0 {
		before, at := v.rowOf()
		copy(own, before.own[at.own():][:had])
	}
	return out, own[had:]
}
