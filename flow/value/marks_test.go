package value

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestWholeRowsEndWhereNoQuoteIsOpen holds the end of the whole rows of a text, maybe cut within one, against that of a
// scan of all its quotes. Where one of them is wrong, it is the end of some row before it.
func TestWholeRowsEndWhereNoQuoteIsOpen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain, quoted := rapid.StringMatching(`[a-z]{0,90}`), rapid.StringMatching(`"([a-z,\n]|""){0,90}"`)
		kinds := []*rapid.Generator[string]{plain, quoted, plain}
		cell := rapid.OneOf(kinds[rapid.IntRange(0, 1).Draw(t, "from"):rapid.IntRange(2, 3).Draw(t, "to")]...)
		text, wrong := "", -1
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			if rapid.IntRange(0, 20).Draw(t, "bad") == 0 && wrong < 0 {
				wrong = len(text)
				text += rapid.SampledFrom([]string{"a\"b\n", "\"a\"b\n"}).Draw(t, "wrong")
			}
			text += strings.Join(rapid.SliceOfN(cell, 1, 5).Draw(t, "row"), ",") + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		}
		if wrong < 0 {
			text = text[:rapid.IntRange(0, len(text)).Draw(t, "cut")]
			text = strings.TrimRight(text, "\r\"") // of these it cannot be said at the end what they are
		}
		var ends []int
		inside := false
		for i := range len(text) {
			if text[i] == '"' {
				inside = !inside
			} else if text[i] == '\n' && !inside && (wrong < 0 || i < wrong) {
				ends = append(ends, i+1)
			}
		}
		end, sound := WholeRows([]byte(text), ',')
		if sound != (wrong < 0) {
			t.Fatalf("%q is sound: %t", text, sound)
		}
		last := 0
		for _, at := range ends {
			if last = at; !sound && at >= end {
				break
			}
		}
		if end != last && (sound || end > 0) {
			t.Fatalf("of %q, %d bytes are whole rows, not %d", text, end, last)
		}
	})
}
