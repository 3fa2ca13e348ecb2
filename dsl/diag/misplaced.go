package diag

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/dsl/lazy"
)

// misplaced reports the line that does not line up with those around it, and whether there is one. The YAML library tells
// where it gave up, which may be far below.
func (t *traps) misplaced() bool {
	all := t.rows.repairs()
	if len(all) == 0 {
		return false
	}
	slices.SortStableFunc(all, func(a, b repair) int { return cmp.Compare(a.cost, b.cost) })
	best := all[0]
	line := t.file.Pos(t.rows[best.row].start).Line
	for _, r := range all {
		if r.row != best.row && r.cost <= best.cost+alike && r.what == move && best.what == move {
			t.eitherOf(t.rows[min(best.row, r.row)], t.rows[max(best.row, r.row)])
			return true
		}
	}
	at := t.rows[best.row]
	place := t.lineRange(line)
	text := t.src[place.Start.Offset:place.End.Offset]
	switch best.what {
	case colon:
		word := bytes.TrimLeft(text, "- ")
		key := firstWord().Find(word)
		if m := unspaced().FindSubmatch(word); m != nil {
			t.report(place, "FR101", fmt.Sprintf("a space is missing after `%s:`", m[1]), fmt.Sprintf("write `%s: %s`", m[1], m[2]))
			break
		}
		t.missingColon(place, key)
	case dash:
		t.report(place, "FR101", "a list goes on below, and this is no item of it", "begin the item by `- `")
	case parent:
		t.report(place, "FR101", fmt.Sprintf("this line is indented by %s, and there is no key above that it belongs to", columns(at.lead)), "write that key above it, or indent it less")
	default:
		t.report(place, "FR101", fmt.Sprintf("this line is indented by %s, and lines up with nothing there", columns(at.lead)), "indent it by "+columns(at.lead+best.by))
	}
	return true
}

func (t *traps) missingColon(place Range, key []byte) {
	t.report(place, "FR101", fmt.Sprintf("a colon is missing after `%s`", key), fmt.Sprintf("write `%s: `", key))
}

// alike is by how much a change may cost more and be as likely.
const alike = 4

// eitherOf reports two lines, one of which is indented wrongly.
func (t *traps) eitherOf(a, b row) {
	place := t.lineRange(t.file.Pos(a.start).Line)
	place.End = t.lineRange(t.file.Pos(b.start).Line).End
	lower := t.file.Pos(b.start).Line
	t.report(place, "FR101", fmt.Sprintf("this line is indented by %s, and line %d by %s: they do not line up", columns(a.lead), lower, columns(b.lead)), "indent one of them as the other, or further where it belongs to it")
}

var firstWord = lazy.Regexp(`^\S+`)

func columns(n int) string {
	switch n {
	case 0:
		return "no spaces"
	case 1:
		return "1 space"
	}
	return fmt.Sprintf("%d spaces", n)
}
