package value

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPickedFieldsAreThoseOfTheRow takes fields of rows under other names, and of what was made so once more.
func TestPickedFieldsAreThoseOfTheRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := []string{"a", "b", "c", "d"}
		cell := rapid.SampledFrom([]string{"", "y", "12", `"q,""r"`, "\"s\r\nt\"", " é"})
		var rows []string
		for range rapid.IntRange(1, 20).Draw(t, "rows") {
			rows = append(rows, strings.Join(rapid.SliceOfN(cell, 4, 4).Draw(t, "row"), ",")+rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end"))
		}
		names := rapid.SliceOfN(rapid.SampledFrom(keys), 1, 6).Draw(t, "names")
		first := NewPick(NewShape([]string{"p", "q", "r", "s", "t", "u"}[:len(names)]), names)
		second := NewPick(NewShape([]string{"z"}), []string{"p"})
		lacking := NewPick(NewShape([]string{"z"}), []string{"e"})
		cells := NewCells(NewColumns(NewShape(keys), ',', []int{1}, counted{}))
		data := []byte(strings.Join(rows, ""))
		var one, two Slab
		from := 0
		for _, text := range rows {
			v, last, ok := cells.Row(data, from, from+bytes.IndexByte(data[from:], '\n'))
			if !ok {
				t.Fatalf("%q is no row", text)
			}
			from = last + 1
			var slots []Value
			for _, name := range names {
				x, _ := v.Field(name)
				slots = append(slots, x)
			}
			got, ok := first.Of(v, &one)
			again, ok2 := second.Of(got, &two)
			_, ok3 := lacking.Of(v, &two)
			_, ok4 := first.Of(got.Clone(), &one)
			if !ok || !ok2 || ok3 || ok4 {
				t.Fatal("a row is picked, and again, and no other")
			}
			p := new(Packer)
			packed, _ := p.Unpack(p.Pack(nil, got))
			for what, pair := range map[string][2]Value{
				"pick": {got, OfShape(first.shape, slots)}, "clone": {got.Clone(), OfShape(first.shape, slots)}, "packed": {packed, OfShape(first.shape, slots)},
				"second": {again, OfShape(second.shape, slots[:1])}, "second clone": {again.Clone(), OfShape(second.shape, slots[:1])},
			} {
				got, want := pair[0], pair[1]
				if !Equal(got, want) || string(AppendJSON(nil, got)) != string(AppendJSON(nil, want)) || got.Len() != want.Len() || len(got.Slots()) != want.Len() || got.Size() < 24 {
					t.Fatalf("the %s of %q is %s, not %s", what, text, got.Text(), want.Text())
				}
			}
			line, ok := got.Line(',')
			if !ok || line.Whole {
				t.Fatal("a pick is no whole line")
			}
			whole, _ := v.Line(',')
			for i, name := range names {
				if at := strings.Index("abcd", name); line.Cell(i) != whole.Cell(at) {
					t.Fatalf("cell %d of %q is %q", i, text, line.Cell(i))
				}
			}
		}
	})
}
