package value

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRowsAreWhatSplittingGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}[:rapid.IntRange(1, 10).Draw(t, "keys")]
		comma := rapid.SampledFrom([]byte(",;\t|")).Draw(t, "comma")
		read := func(slot int, cell string) Value {
			n, _ := strconv.Atoi(cell)
			return OfInt(int64(n + slot))
		}
		typed := []int{len(keys) / 2}
		c := NewCells(NewShape(keys), comma, typed, read)
		finder := NewFinder(keys[len(keys)-1])
		var rows []Value
		var lines []string
		for range rapid.IntRange(1, 200).Draw(t, "rows") {
			line := rapid.StringOfN(rapid.SampledFrom([]rune(",;\t|-+aé1\"\x01\xad")), 0, 40, -1).Draw(t, "line")
			if rapid.IntRange(0, 2).Draw(t, "fits") > 0 {
				line = strings.Join(slices.Repeat([]string{strings.ReplaceAll(line, string(rune(comma)), "")}, len(keys)), string(rune(comma)))
			}
			parts := strings.Split(line, string(rune(comma)))
			v, ok := c.Row([]byte(line))
			if ok != (len(parts) == len(keys) && !strings.Contains(line, `"`)) {
				t.Fatalf("%q has %d cells of %d, and is a row: %t", line, len(parts), len(keys), ok)
			}
			if ok {
				rows, lines = append(rows, v), append(lines, line)
			}
		}
		for i, v := range rows { // after all of them: none has written over another
			var slots []Value
			for slot, cell := range strings.Split(lines[i], string(rune(comma))) {
				if slots = append(slots, OfString(cell)); slot == typed[0] {
					slots[slot] = read(slot, cell)
				}
				if got := c.Cell(v, slot); got != cell {
					t.Fatalf("cell %d of %q is %q", slot, lines[i], got)
				}
			}
			want := OfShape(NewShape(keys), slots)
			found, _ := finder.In(v)
			p := new(Packer)
			packed, _ := p.Unpack(p.Pack(nil, v))
			for what, got := range map[string]Value{"row": v, "clone": v.Clone(), "packed": packed} {
				if !Equal(got, want) || string(AppendJSON(nil, got)) != string(AppendJSON(nil, want)) || got.Len() != len(keys) || got.Kind() != Object {
					t.Fatalf("the %s of %q is %s, not %s", what, lines[i], got.Text(), want.Text())
				}
			}
			if !Equal(found, slots[len(keys)-1]) || !Equal(v.At(0), slots[0]) {
				t.Fatalf("of %q, %s and %s are found", lines[i], found.Text(), v.At(0).Text())
			}
		}
	})
}
