package value

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// rowsOf draws a text of rows, gives their objects, and those that are made of their values one by one.
func rowsOf(t *rapid.T, keys []string) (rows, plain []Value) {
	cell := rapid.SampledFrom([]string{"", "y", "12", `"q,""r"`, "\"s\r\nt\"", " é"})
	var texts []string
	for range rapid.IntRange(1, 20).Draw(t, "rows") {
		texts = append(texts, strings.Join(rapid.SliceOfN(cell, len(keys), len(keys)).Draw(t, "row"), ",")+rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end"))
	}
	cells := NewCells(NewColumns(NewShape(keys), ',', []*CellType{nil, counted, named, nil}))
	data := []byte(strings.Join(texts, ""))
	from := 0
	for _, text := range texts {
		v, end, _, ok := cells.Row(data, from)
		if !ok {
			t.Fatalf("%q is no row", text)
		}
		from = end
		b := Builder{}
		for i, key := range keys {
			b.Set(key, v.At(i))
		}
		rows, plain = append(rows, v), append(plain, b.Value())
	}
	return rows, plain
}

// sameRow holds a row, and what comes of it, against an object that was made of values.
func sameRow(t *rapid.T, got, want Value) {
	p := new(Packer)
	packed, _ := p.Unpack(p.Pack(nil, got))
	for what, got := range map[string]Value{"row": got, "clone": got.Clone(), "packed": packed} {
		if !Equal(got, want) || !equalKeys(got, want) || string(AppendJSON(nil, got)) != string(AppendJSON(nil, want)) || got.Len() != want.Len() || len(got.Slots()) != want.Len() {
			t.Fatalf("the %s is %s, not %s", what, got.Text(), want.Text())
		}
		for i, key := range want.Shape().Keys() {
			x, ok := got.Field(key)
			if y, _ := NewFinder(key).In(got); !ok || !Equal(x, want.At(i)) || !Equal(x, y) || !Equal(x, got.At(i)) {
				t.Fatalf("the %s has %s at %s, not %s", what, x.Text(), key, want.At(i).Text())
			}
		}
	}
	if got.Size() < want.Size()-24*want.Len() {
		t.Fatalf("the row is of %d, and as values of %d", got.Size(), want.Size())
	}
	sameCells(t, got, want)
}

// sameCells holds the text of a row against the values of an object.
func sameCells(t *rapid.T, got, want Value) {
	line, ok := got.Line(',')
	if !ok {
		t.Fatalf("%s is no row", got.Text())
	}
	for slot := 0; slot < want.Len(); slot++ {
		n := line.Run(slot)
		if n == 0 {
			if !Equal(line.Own(slot), want.At(slot)) {
				t.Fatalf("%s has %s of its own in slot %d", want.Text(), line.Own(slot).Text(), slot)
			}
			continue
		}
		var cells []string
		for k := range n {
			cells = append(cells, line.Cell(slot+k))
		}
		if text := strings.Join(cells, ","); text != line.Text(slot, n) {
			t.Fatalf("%d cells from %d on are %q, not %q", n, slot, line.Text(slot, n), text)
		}
		if x := want.At(slot); x.IsString() && !strings.HasPrefix(cells[0], `"`) && !strings.EqualFold(x.Str(), cells[0]) {
			t.Fatalf("the cell of slot %d is %q, not %q", slot, cells[0], x.Str())
		}
	}
}

// TestPickedFieldsAreThoseOfTheRow takes fields of rows under other names, beside others that are set, and of what was made
// so once more, by turns of one slab.
func TestPickedFieldsAreThoseOfTheRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := []string{"a", "b", "c", "d"}
		rows, plain := rowsOf(t, keys)
		var slab Slab
		type made struct{ got, want Value }
		all := make([]made, len(rows))
		for i := range rows {
			all[i] = made{rows[i], plain[i]}
		}
		lacking := NewPick(NewShape([]string{"z"}), []string{"none"})
		for step := range rapid.IntRange(1, 3).Draw(t, "steps") {
			names := rapid.SliceOfN(rapid.SampledFrom(append(keys, "")), 1, 6).Draw(t, "names")
			if step > 0 && len(keys) == 1 {
				names[0] = keys[0]
			}
			became := []string{"p", "q", "r", "s", "t", "u"}[:len(names)]
			pick := NewPick(NewShape(became), names)
			for i := range all {
				m := &all[i]
				got, set, ok := pick.Of(m.got, &slab)
				_, _, no := lacking.Of(m.got, &slab)
				_, _, object := pick.Of(m.want, &slab)
				if !ok || no || object {
					t.Fatal("a row is picked, and nothing else")
				}
				b := Builder{}
				for k, name := range names {
					x, _ := m.want.Field(name)
					if name == "" {
						x = OfString(fmt.Sprint("set ", i, k))
						set[0], set = x, set[1:]
					}
					b.Set(became[k], x)
				}
				m.got, m.want = got, b.Value()
			}
			keys = became
		}
		for _, m := range all { // after all of them: none has written over another
			sameRow(t, m.got, m.want)
		}
	})
}

// TestPatchedRowsAreThoseOfPlainOnes sets, keeps and drops fields of rows, and picks some of the result.
func TestPatchedRowsAreThoseOfPlainOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, plain := rowsOf(t, []string{"a", "key", "c", "b"})
		for _, step := range rapid.SliceOfN(changes(), 1, 4).Draw(t, "steps") {
			for i := range rows {
				got, set, ok := step.patch.Of(rows[i])
				if !ok || len(set) != step.n {
					t.Fatal("a row is not patched")
				}
				for k := range set {
					set[k] = OfInt(int64(k))
				}
				rows[i], plain[i] = got, step.plain(plain[i])
			}
		}
		for i := range rows {
			if plain[i].Len() > 0 {
				sameRow(t, rows[i], plain[i])
			} else if rows[i].Len() > 0 || rows[i].Text() != "{}" {
				t.Fatalf("%s is not empty", rows[i].Text())
			}
		}
	})
}
