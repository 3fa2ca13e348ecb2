package draw

import (
	"cmp"
	"strings"
)

// Text draws the boxes below one another, with the arrows as lines in columns at the left: an arrow runs in a column of its
// own from the box that it comes from to the one that it leads to.
func (d *Drawing) Text() string {
	t := &columns{d: d}
	for i := range d.Boxes {
		t.box(i)
	}
	return t.b.String()
}

// columns is a drawing of which some boxes are drawn.
type columns struct {
	d     *Drawing
	lanes []*Arrow // that run there now; nil: free
	b     strings.Builder
}

// row adds a line: a mark for each column, and text.
func (t *columns) row(mark func(col int) string, text string) {
	var line strings.Builder
	for col := range t.lanes {
		line.WriteString(mark(col))
	}
	t.b.WriteString(strings.TrimRight(line.String()+text, " ") + "\n")
}

// through marks what runs past.
func (t *columns) through(col int) string {
	if t.lanes[col] == nil {
		return "  "
	}
	return "│ "
}

// box draws a box, the lines that come into it, and those that go out.
func (t *columns) box(i int) {
	var in []int // columns
	for col, a := range t.lanes {
		if a != nil && a.To == i {
			in = append(in, col)
		}
	}
	at := 0
	switch {
	case len(in) == 0:
		at = t.free(0)
	case len(in) > 1:
		t.span(in, "┴─", "╯ ")
		fallthrough
	default:
		at = in[0]
	}
	var labels []string
	for _, col := range in {
		a := t.lanes[col]
		if label := t.label(a); label != "" && !t.beside(a) {
			labels = append(labels, label)
		}
		t.lanes[col] = nil
	}
	box := t.d.Boxes[i]
	text := box.Lines[0]
	if labels != nil {
		text += "  ← " + strings.Join(labels, ", ")
	}
	t.row(t.marked(at, "● "), text)
	var out []*Arrow
	for k := range t.d.Arrows {
		if t.d.Arrows[k].From == i {
			out = append(out, &t.d.Arrows[k])
		}
	}
	below := "  "
	if len(out) > 0 {
		below = "│ "
	}
	for _, line := range box.Lines[1:] {
		t.row(t.marked(at, below), line)
	}
	t.depart(at, out)
	for len(t.lanes) > 0 && t.lanes[len(t.lanes)-1] == nil {
		t.lanes = t.lanes[:len(t.lanes)-1]
	}
}

// depart lets arrows go out of the box in a column: the first goes on there, each of the others takes a column to the right.
func (t *columns) depart(at int, out []*Arrow) {
	var cols []int
	for k, a := range out {
		col := at
		if k > 0 {
			col = t.free(at + 1)
		}
		t.lanes[col] = a
		cols = append(cols, col)
	}
	switch {
	case len(cols) > 1:
		t.span(cols, "┬─", "╮ ")
	case len(cols) == 1 && t.beside(out[0]) && out[0].Note != "":
		t.row(t.through, "  "+out[0].Note)
	case len(cols) == 1:
		t.row(t.through, "")
	}
}

// free gives the first free column from one on, a new one where there is none.
func (t *columns) free(from int) int {
	for col := from; col < len(t.lanes); col++ {
		if t.lanes[col] == nil {
			return col
		}
	}
	for len(t.lanes) <= from {
		t.lanes = append(t.lanes, nil)
	}
	if t.lanes[len(t.lanes)-1] != nil {
		t.lanes = append(t.lanes, nil)
	}
	return len(t.lanes) - 1
}

// marked marks one column, and what runs past it.
func (t *columns) marked(at int, mark string) func(int) string {
	return func(col int) string {
		if col == at {
			return mark
		}
		return t.through(col)
	}
}

// span draws a line from the first of some columns over all of them to the last.
func (t *columns) span(cols []int, between, last string) {
	mine := map[int]bool{}
	for _, col := range cols {
		mine[col] = true
	}
	first, end := cols[0], cols[len(cols)-1]
	for _, col := range cols {
		end = max(end, col)
	}
	t.row(func(col int) string {
		switch {
		case col == first:
			return "├─"
		case col == end:
			return last
		case col < first || col > end:
			return t.through(col)
		case mine[col]:
			return between
		case t.lanes[col] != nil:
			return "┼─"
		}
		return "──"
	}, "")
}

// beside reports whether the note of an arrow stands beside its line: where it is the only one of its two boxes. Else it stands
// beside the box that it leads to.
func (t *columns) beside(a *Arrow) bool {
	from, to := 0, 0
	for _, b := range t.d.Arrows {
		if b.From == a.From {
			from++
		}
		if b.To == a.To {
			to++
		}
	}
	return a.Label == "" && from == 1 && to == 1
}

// label says what an arrow is, to the box that it leads to.
func (t *columns) label(a *Arrow) string {
	from := cmp.Or(a.Of, t.d.Boxes[a.From].Name)
	switch {
	case a.Label != "" && a.Note != "":
		return a.Label + " of " + from + " (" + a.Note + ")"
	case a.Label != "":
		return a.Label + " of " + from
	case a.Note != "":
		return a.Note + " of " + from
	}
	return ""
}
