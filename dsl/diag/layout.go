package diag

// row is a line that begins a key, an item or a value, as far as its indentation matters.
type row struct {
	start  int   // offset of the line
	lead   int   // columns before its text
	dashes []int // columns of those that begin items
	column int   // of what follows the dashes
	key    bool  // a key stands there
	open   bool  // its value is to come in the next lines
	text   bool  // its value is without quotes, and may go on in the next lines
	body   int   // columns before the block of text that is its value; 0 where it has none
}

// block is a mapping or a list whose entries stand in a column.
type block struct {
	column     int
	list       bool
	open, text bool // as of the row that its last entry begins in
}

// layout is the rows of a text, by which it is told where indentation went wrong.
type layout []row

// broken gives the first row that cannot stand where it does, the number of rows if there is none; and how many blocks are
// not indented by the unit.
func (l layout) broken(unit int) (at, odd int) {
	var open []block
	for i := range l {
		r := &l[i]
		for n := len(open); n > 1 && open[n-1].column > r.lead; n-- {
			open = open[:n-1]
		}
		ok := true
		for _, column := range r.dashes {
			if n := len(open); n > 0 && open[n-1].open && !open[n-1].list && column-open[n-1].column != unit && column != open[n-1].column {
				odd++
			}
			if open, ok = enter(open, column, true); !ok {
				return i, odd
			}
			open[len(open)-1].open = true // for what stands behind the dash
		}
		switch n := len(open); {
		case r.key:
			switch {
			case n == 0 && r.lead > 0:
				odd += 3
			case n > 0 && open[n-1].open && len(r.dashes) == 0 && r.column-open[n-1].column != unit:
				odd++
			}
			open, ok = enter(open, r.column, false)
		case len(r.dashes) == 0 && n > 0:
			b := &open[n-1]
			ok = b.column < r.column && (b.open || b.text && r.text)
		}
		if !ok {
			return i, odd
		}
		if n := len(open); n > 0 {
			open[n-1].open, open[n-1].text = r.open, r.text
		}
	}
	return len(l), odd
}

// enter adds an entry in a column to the blocks that are open, and reports whether it can stand there.
func enter(open []block, column int, list bool) ([]block, bool) {
	n := len(open)
	if n == 0 {
		return append(open, block{column: column, list: list}), true
	}
	b := &open[n-1]
	switch {
	case b.column > column:
		return open, false
	case b.column < column || list && !b.list: // a list may stand in the column of the key that it is for
		if !b.open {
			return open, false
		}
		b.open = false
		return append(open, block{column: column, list: list}), true
	case b.list && !list:
		if n == 1 || open[n-2].column != column {
			return open, false
		}
		return open[:n-1], true
	}
	return open, true
}

// unit gives the columns by which blocks are indented most often.
func (l layout) unit() int {
	steps := [9]int{2: 2} // as most do
	best := 2
	for i := 1; i < len(l); i++ {
		if by := l[i].lead - l[i-1].column; by > 0 && by < len(steps) {
			if steps[by]++; steps[by] > steps[best] {
				best = by
			}
		}
	}
	return best
}

// repair is one change to a row after which more of the text has its place.
type repair struct {
	row, by int
	what    change
	reaches int // the first row that cannot stand where it does then
	cost    int
}

type change int

const (
	move   change = iota
	colon         // one is missing
	dash          // one is missing
	parent        // what it belongs to is missing
)

// near is how many rows above the one that cannot stand where it does are looked at.
const near = 40

// repairs finds the row at which something is wrong, and what: of the changes after which the most of the text has its
// place, the least; and the least one in another row that is as good. Nothing where none helps.
func (l layout) repairs() (best []repair) {
	unit := l.unit()
	bad, _ := l.broken(unit)
	reaches := bad
	if bad == len(l) {
		return nil
	}
	try := func(r repair, changed layout) {
		odd := 0
		r.reaches, odd = changed.broken(unit)
		r.reaches += len(l) - len(changed)
		r.cost += 15*odd + bad - r.row
		if r.reaches < max(reaches, bad+1) {
			return
		}
		if r.reaches > reaches {
			best, reaches = nil, r.reaches
		}
		best = append(best, r)
	}
	with := func(r repair, changed row) {
		old := l[r.row]
		l[r.row] = changed
		try(r, l)
		l[r.row] = old
	}
	for i := bad; i >= max(bad-near, 0); i-- {
		r := l[i]
		for by := max(-2*unit, -r.lead); by <= 2*unit; by++ {
			if fix := (repair{row: i, by: by, what: move, cost: 10 * max(by, -by)}); by != 0 && r.body > 0 {
				moved := append(append(layout{}, l[:i]...), r.moved(by))
				try(fix, append(moved, l.below(i+1, r.lead+by)...))
			} else if by != 0 {
				with(fix, r.moved(by))
			}
		}
		if i > 0 && l[i-1].body > r.lead && (r.lead > 0 || !r.key) {
			inside := append(append(layout{}, l[:i]...), l.below(i+1, l[i-1].lead)...)
			try(repair{row: i, by: l[i-1].body - r.lead, what: move, cost: 8}, inside)
		}
		if !r.key && r.text {
			r.key = true
			with(repair{row: i, what: colon, cost: 8}, r)
			r.open, r.text = true, false
			with(repair{row: i, what: colon, cost: 8}, r)
		}
		if r = l[i]; r.key && len(r.dashes) == 0 && r.lead >= 2 {
			r.lead, r.dashes = r.lead-2, []int{r.lead - 2}
			with(repair{row: i, what: dash, cost: 28}, r)
		}
		for _, missing := range []row{
			{lead: l[i].lead - unit, column: l[i].lead - unit, key: true, open: true},
			{lead: l[i].lead - unit - 2, dashes: []int{l[i].lead - unit - 2}, column: l[i].lead - unit, key: true, open: true},
		} {
			if missing.lead >= 0 {
				cost := 40
				if i+1 < len(l) && l[i+1].lead == l[i].lead || i == bad && len(l[i].dashes) > 0 {
					cost = 22 // several lines belong to it, or it is a list
				}
				changed := append(append(append(layout{}, l[:i]...), missing), l[i:]...)
				try(repair{row: i, what: parent, cost: cost}, changed)
			}
		}
	}
	return best
}

// below gives the rows from one on that follow a text whose lines are indented by more than so many columns.
func (l layout) below(i, lead int) layout {
	for i < len(l) && l[i].lead > lead {
		i++
	}
	return l[i:]
}

// moved gives the row, further right or left.
func (r row) moved(by int) row {
	dashes := make([]int, len(r.dashes))
	for i, d := range r.dashes {
		dashes[i] = d + by
	}
	r.lead, r.column, r.dashes = r.lead+by, r.column+by, dashes
	return r
}
