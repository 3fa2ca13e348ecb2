package value

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// counted reads cells as numbers. Text of digits is exact.
var counted = &CellType{
	Check: func(cell string) (sound, exact bool) {
		n, err := strconv.Atoi(cell)
		return cell != "x", cell == "" || err == nil && strconv.Itoa(n) == cell
	},
	Read: func(cell string, exact bool) Value {
		n, err := strconv.Atoi(cell)
		if exact && cell != "" && err != nil {
			panic(cell)
		}
		if cell == "" {
			return Value{}
		}
		return OfInt(int64(n))
	},
}

// named reads cells as text that is written in capitals; those in capitals are exact.
var named = &CellType{
	Check:  func(cell string) (sound, exact bool) { return true, cell != "" && strings.ToUpper(cell) == cell },
	Read:   func(cell string, _ bool) Value { return OfString(strings.ToUpper(cell)) },
	Quoted: true,
}

// cellsOf splits a row by encoding/csv; nil where it is wrong.
func cellsOf(text string, comma byte) []string {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = rune(comma), -1
	all, err := r.ReadAll()
	if err != nil || len(all) != 1 {
		return nil
	}
	return all[0]
}

// lastOf gives the field that a finder finds, or the last element of a list.
func lastOf(v Value, f *Finder) Value {
	x, ok := f.In(v)
	if !ok {
		x = v.Index(v.Len() - 1)
	}
	return x
}

// TestQuotesStandAnywhere has quotes at each distance from the beginning of a text, where they may be and where not.
func TestQuotesStandAnywhere(t *testing.T) {
	for n := range 200 {
		for text, want := range map[string]bool{
			strings.Repeat("x", n) + ",\"y\"\n":                         true,
			strings.Repeat("x", n) + ",\"y\"\r\n":                       true,
			strings.Repeat("x", n) + "\"y\",\n":                         n == 0,
			strings.Repeat("x", n) + ",\"y\"z\n":                        false,
			"\"" + strings.Repeat("x", n) + "\"\"y\",\n":                true,
			"\"" + strings.Repeat(",\n", n) + "\"\"\",\n":               true,
			"\"" + strings.Repeat("x", n) + "\"\ry,\n":                  false,
			strings.Repeat("\"\"", n) + ",\n":                           true,
			strings.Repeat("x,", n%2) + strings.Repeat("\"", n) + ",\n": n%2 == 0,
		} {
			cells := NewCells(NewColumns(NewShape([]string{"a", "b"}), ',', make([]*CellType, 2)))
			_, _, _, ok := cells.Row([]byte(text), 0)
			if ok != want {
				t.Errorf("%q is a row of two cells: %t", text, ok)
			}
		}
	}
}

// TestRowsAreWhatSplittingGives makes objects, or lists, of the rows of a text, wrong ones among them, and holds them against
// encoding/csv, which makes plain line ends of those of Windows within quotes.
func TestRowsAreWhatSplittingGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := []string{"a", "b\"", "c", "d", "e", "f", "g", "h", "i", "j"}[:rapid.IntRange(1, 10).Draw(t, "keys")]
		comma := rapid.SampledFrom([]byte(",;\t|")).Draw(t, "comma")
		kinds := []*rapid.Generator[string]{
			rapid.StringMatching(`[a-z0-9 \-]{0,20}`), rapid.SampledFrom([]string{"", "é", "\x01\x80", " ", "x"}),
			rapid.SampledFrom([]string{`""`, `"a ""b"" c"`, "\"two\nlines\"", "\"two\r\nlines\"", "\"" + string(rune(comma)) + "\"", `""""`, `"x"`}),
			rapid.SampledFrom([]string{`a"b`, `"a"b`, string(rune(comma)), "\"", "\r", "a\n"}),
		}
		cell := rapid.OneOf(kinds[:rapid.IntRange(1, 4).Draw(t, "kinds")]...)
		typed := []int{len(keys) / 2}
		types := make([]*CellType, len(keys))
		types[typed[0]] = counted
		shape, kind := NewShape(keys), Object
		if rapid.Bool().Draw(t, "lists") {
			shape, kind = nil, List
		}
		table := NewColumns(shape, comma, types)
		finder := NewFinder(keys[len(keys)-1])
		var data []byte
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		for range rapid.IntRange(1, 40).Draw(t, "rows") {
			row := rapid.SliceOfN(cell, len(keys), len(keys)).Draw(t, "row")
			data = append(append(data, strings.Join(row, string(rune(comma)))...), end...)
		}
		cells := NewCells(table)
		type made struct {
			v    Value
			text string
		}
		var rows []made
		for from := 0; from < len(data); {
			feed := from + bytes.IndexByte(data[from:], '\n')
			if rapid.IntRange(0, 40).Draw(t, "skip") == 0 { // as a reader does with what is no row here
				from = feed + 1
				continue
			}
			v, end, lines, ok := cells.Row(data, from)
			if !ok { // it is wrong, or encoding/csv has another number of cells, or the row goes on to the end of the text
				whole := cellsOf(string(data[from:feed+1]), comma)
				if len(whole) == len(keys) && whole[typed[0]] != "x" {
					t.Fatalf("%q is a row of %d, and was none", data[from:feed+1], len(keys))
				}
				from = feed + 1
				continue
			}
			if n := bytes.Count(data[from:end], lineEnd); n != lines {
				t.Fatalf("%q has %d line ends, not %d", data[from:end], n, lines)
			}
			rows = append(rows, made{v, string(data[from:end])})
			from = end
		}
		for _, r := range rows { // after all of them: none has written over another
			split := cellsOf(r.text, comma)
			if len(split) != len(keys) {
				t.Fatalf("%q is no row of %d", r.text, len(keys))
			}
			var slots []Value
			for slot, cell := range split {
				if slots = append(slots, OfString(cell)); slot == typed[0] {
					slots[slot] = counted.Read(cell, false)
				}
			}
			want, whole := OfList(slots), OfList(r.v.List())
			found := lastOf(r.v, finder)
			if kind == Object {
				want, whole = OfShape(NewShape(keys), slots), OfShape(shape, r.v.Slots())
			}
			p := new(Packer)
			packed, _ := p.Unpack(p.Pack(nil, r.v))
			for what, got := range map[string]Value{"row": r.v, "clone": r.v.Clone(), "packed": packed} {
				if text := strings.ReplaceAll(string(AppendJSON(nil, got)), `\r\n`, `\n`); text != string(AppendJSON(nil, want)) || got.Len() != len(keys) || got.Kind() != kind {
					t.Fatalf("the %s of %q is %s, not %s", what, r.text, text, want.Text())
				}
			}
			if !Equal(found, lastOf(whole, finder)) || r.v.Size() < len(r.text) {
				t.Fatalf("of %q, %s is found", r.text, found.Text())
			}
			if !Equal(r.v, whole) || Compare(whole, r.v) != 0 || string(AppendKey(nil, r.v)) != string(AppendKey(nil, whole)) || Rank(r.v) != Rank(whole) {
				t.Fatalf("%q is other than its values are", r.text)
			}
			line, ok := r.v.Line(comma)
			_, exact := counted.Check(split[typed[0]])
			if other, _ := r.v.Line(comma + 1); !ok || line.Exact != exact || other != (Line{}) || line.Text(0, len(keys)) != strings.TrimSuffix(strings.TrimSuffix(r.text, "\n"), "\r") {
				t.Fatalf("the line of %q is %q", r.text, line.Text(0, len(keys)))
			}
			for slot := range keys {
				got := line.Cell(slot)
				if strings.HasPrefix(got, `"`) {
					got = strings.ReplaceAll(got[1:len(got)-1], `""`, `"`)
				}
				if strings.ReplaceAll(got, "\r\n", "\n") != split[slot] {
					t.Fatalf("cell %d of %q is %q", slot, r.text, line.Cell(slot))
				}
			}
		}
	})
}
