package codec

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// reading gives the options of a file with the format.
func reading(format string, changes ...func(*ReadOptions)) *ReadOptions {
	o := &ReadOptions{Encoding: Encoding{Format: format, Header: value.OfBool(true)}, Split: true, MaxItem: 1 << 20}
	for _, change := range changes {
		change(o)
	}
	return o
}

func headless(o *ReadOptions)  { o.Header = value.OfBool(false) }
func inferring(o *ReadOptions) { o.Infer = 100 }
func semicolon(o *ReadOptions) { o.Delimiter = ";" }

func named(names ...string) func(*ReadOptions) {
	return func(o *ReadOptions) { o.Header = value.FromGo(names) }
}

func typed(pairs ...string) func(*ReadOptions) {
	return func(o *ReadOptions) {
		o.Types = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			o.Types[pairs[i]] = pairs[i+1]
		}
	}
}

// TestTables reads tables. What is wanted begins with the line of each item; a failure follows the text that is no item.
func TestTables(t *testing.T) {
	for _, c := range []struct {
		name string
		o    *ReadOptions
		in   string
		want []string
	}{
		{"a header and rows", reading("csv"), "a,b\n1,2\n3,4\n", []string{`2 {"a":"1","b":"2"}`, `3 {"a":"3","b":"4"}`}},
		{"no last line end", reading("csv"), "a,b\n1,2", []string{`2 {"a":"1","b":"2"}`}},
		{"line ends of Windows", reading("csv"), "a,b\r\n1,2\r\n", []string{`2 {"a":"1","b":"2"}`}},
		{"a byte order mark", reading("csv"), "\ufeffa\n1\n", []string{`2 {"a":"1"}`}},
		{"a quoted header after a mark", reading("csv"), "\ufeff\"a\"\n1\n", []string{`2 {"a":"1"}`}},
		{"a mark that is text", reading("csv"), "a\n\ufeff\n", []string{"2 {\"a\":\"\ufeff\"}"}},
		{"UTF-16", reading("csv"), "\xff\xfea\x00\n\x00", []string{"in:1:1: the file is UTF-16: make it UTF-8, as `iconv -f UTF-16 -t UTF-8` does"}},
		{"bytes that are no UTF-8", reading("csv"), "a\ncaf\xe9\xff\n", []string{"2 {\"a\":\"caf\ufffd\ufffd\"}"}},
		{"quotes", reading("csv"), "a,b\n\"1,2\",\"say \"\"x\"\"\"\n", []string{`2 {"a":"1,2","b":"say \"x\""}`}},
		{"lines within quotes", reading("csv"), "a,b\n\"x\n\ny\",\"p\r\nq\"\n5,6\n", []string{`2 {"a":"x\n\ny","b":"p\r\nq"}`, `6 {"a":"5","b":"6"}`}},
		{"empty cells", reading("csv"), "a,b,c\n,,\n\"\",,\"\"\n", []string{`2 {"a":"","b":"","c":""}`, `3 {"a":"","b":"","c":""}`}},
		{"empty lines", reading("csv"), "\n\na\n\n1\r\n\r\n\"\"\n", []string{`5 {"a":"1"}`, `7 {"a":""}`}},
		{"spaces stay", reading("csv"), "a, b\n 1 , 2\n", []string{`2 {"a":" 1 "," b":" 2"}`}},
		{"nothing", reading("csv"), "", nil},
		{"a header alone", reading("csv"), "a,b\n", nil},
		{"a short row", reading("csv"), "a,b\n1\n3,4\n", []string{`2 "1" in:2: the row has 1 cell, and the header 2`, `3 {"a":"3","b":"4"}`}},
		{"a long row", reading("csv"), "a,b\n1,2,3\n3,4\n", []string{`2 "1,2,3" in:2: the row has 3 cells, and the header 2`, `3 {"a":"3","b":"4"}`}},
		{"a short row of lines", reading("csv"), "a,b\n\"1\n2\"\n3,4\n", []string{`2 "\"1\n2\"" in:2: the row has 1 cell, and the header 2`, `4 {"a":"3","b":"4"}`}},
		{"a quote within a cell", reading("csv"), "a,b\n1,5\" disk\n3,4\n", []string{`2 "1,5\" disk" in:2:4: a quote within a cell: put the cell in quotes, and double the quote`, `3 {"a":"3","b":"4"}`}},
		{"text after quotes", reading("csv"), "a,b\n\"1\"x,2\n3,4\n", []string{`2 "\"1\"x,2" in:2:4: 'x' after a cell in quotes, where the delimiter is due`, `3 {"a":"3","b":"4"}`}},
		{"a quote that stays open", reading("csv"), "a,b\n\"1,2\n3,4\n", []string{`in:2: the file ends within a cell in quotes, which began here or in a line after`}},
		{"a broken header", reading("csv"), "a,\"b\"x\n1,2\n", []string{`in:1:6: 'x' after a cell in quotes, where the delimiter is due`}},
		{"a column twice", reading("csv"), "a,b,a\n1,2,3\n", []string{"in:1: the header names the column `a` twice: name the columns by `header: [...]`, and leave the first row out by a `skip` step"}},
		{"no header", reading("csv", headless), "1,2\n3\n", []string{`1 ["1","2"]`, `2 ["3"]`}},
		{"names", reading("csv", named("x", "y")), "1,2\n3\n", []string{`1 {"x":"1","y":"2"}`, `2 "3" in:2: the row has 1 cell, and the header 2`}},
		{"another delimiter", reading("csv", semicolon), "a;b\n1,5;\"2;\"\n", []string{`2 {"a":"1,5","b":"2;"}`}},
		{"tabs", reading("tsv"), "a\tb\n1,\t\"2\t3\"\n", []string{`2 {"a":"1,","b":"2\t3"}`}},
		{"types", reading("csv", typed("i", "int", "f", "float", "b", "bool", "t", "time", "d", "duration", "s", "string")),
			"i,f,b,t,d,s,z\n007,1.10,TRUE,2024-02-29,1h30m,1,2\n,,,,,,\n",
			[]string{`2 {"i":7,"f":1.10,"b":true,"t":"2024-02-29T00:00:00Z","d":"1h30m0s","s":"1","z":"2"}`, `3 {"i":null,"f":null,"b":null,"t":null,"d":null,"s":"","z":""}`}},
		{"times", reading("csv", typed("t", "time")), "t\n2024-02-29T12:30:00.5+01:00\n2024-02-29T12:30:00\n2024-02-29 12:30:00Z\n2024-02-29 12:30:00.25\n2024-02-29 12:30\n2024-02-29T12:30-05:00\nnoon\n",
			[]string{`2 {"t":"2024-02-29T12:30:00.5+01:00"}`, `3 {"t":"2024-02-29T12:30:00Z"}`, `4 {"t":"2024-02-29T12:30:00Z"}`, `5 {"t":"2024-02-29T12:30:00.25Z"}`, `6 {"t":"2024-02-29T12:30:00Z"}`, `7 {"t":"2024-02-29T12:30:00-05:00"}`,
				"8 \"noon\" in:8: the cell \"noon\" of the column `t` is no time"}},
		{"floats keep their text", reading("csv", typed("f", "float")), "f\n5\n1.0\n12345678901234567890\n9007199254740993\n+.5\n1e400\nx\n",
			[]string{`2 {"f":5}`, `3 {"f":1.0}`, `4 {"f":12345678901234567890}`, `5 {"f":9007199254740993}`, `6 {"f":0.5}`, `7 {"f":1e400}`, "8 \"x\" in:8: the cell \"x\" of the column `f` is no float"}},
		{"ints are of 64 bits", reading("csv", typed("i", "int")), "i\n9223372036854775807\n9223372036854775808\n1.0\n",
			[]string{`2 {"i":9223372036854775807}`, "3 \"9223372036854775808\" in:3: the cell \"9223372036854775808\" of the column `i` is no int", "4 \"1.0\" in:4: the cell \"1.0\" of the column `i` is no int"}},
		{"types of what is not there", reading("csv", typed("x", "int")), "a,b\n1,2\n", []string{"in:1: `types` names the column `x`, and the header has a, b"}},
		{"types are inferred", reading("csv", inferring), "i,f,b,id,d,e,m\n1,1.5,true,007,2024-01-01,,1\n-2,2,False,1,2024-01-02,,x\n,,,,,,\n",
			[]string{`2 {"i":1,"f":1.5,"b":true,"id":"007","d":"2024-01-01","e":"","m":"1"}`, `3 {"i":-2,"f":2,"b":false,"id":"1","d":"2024-01-02","e":"","m":"x"}`, `4 {"i":null,"f":null,"b":null,"id":"","d":"","e":"","m":""}`}},
		{"types beat what is inferred", reading("csv", inferring, typed("a", "string")), "a,b\n1,2\n", []string{`2 {"a":"1","b":2}`}},
		{"types of lists are inferred", reading("csv", inferring, headless), "1,x\n2\n", []string{`1 [1,"x"]`, `2 [2]`}},
		{"a wrong row in the sample", reading("csv", inferring, typed("b", "int")), "a,b\n1,2\n\"x\"y,1\n3,4\n",
			[]string{`2 {"a":1,"b":2}`, `3 "\"x\"y,1" in:3:4: 'y' after a cell in quotes, where the delimiter is due`, `4 {"a":3,"b":4}`}},
		{"an open quote in the sample", reading("csv", inferring), "a\n1\n\"2\n", []string{`2 {"a":1}`, `in:3: the file ends within a cell in quotes, which began here or in a line after`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := readWhole(strings.NewReader(c.in), c.o); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestTypesAreThoseOfTheSample reads a cell that is not of the type that the rows before it had.
func TestTypesAreThoseOfTheSample(t *testing.T) {
	in := "n\n" + strings.Repeat("1\n", 100) + "1.5\n"
	got := readWhole(strings.NewReader(in), reading("csv", inferring))
	if want := "102 \"1.5\" in:102: the cell \"1.5\" of the column `n` is no int: the first 100 rows were; write `types: {n: string}`"; got[len(got)-1] != want {
		t.Errorf("%s\nwant\n%s", got[len(got)-1], want)
	}
	got = readWhole(strings.NewReader(in), reading("csv", inferring, headless, func(o *ReadOptions) { o.Header = value.OfBool(false) }))
	if want := "1 [\"n\"]"; got[0] != want {
		t.Error(got[0])
	}
	got = readWhole(strings.NewReader(in[2:]), reading("csv", inferring, headless))
	if want := `101 "1.5" in:101: the cell "1.5" of column 1 is no int: the first 100 rows were; leave ` + "`infer` out"; got[len(got)-1] != want {
		t.Errorf("%s\nwant\n%s", got[len(got)-1], want)
	}
}

// TestNamesChangeNoCell reads rows as objects, which stay the lines they are, and as lists, which are taken apart.
func TestNamesChangeNoCell(t *testing.T) {
	pieces := []string{"a", "1", "longer than others", ",", ",", ",", ",", "\n", "\n", "\r\n", "\"\"", "\"x\"", "\"p,\"\"q\"\"\"", ",\"x\ny\",", ",\"x\r\ny\"\r\n", "\"", "\r", " ", "é"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces[:rapid.IntRange(11, len(pieces)).Draw(t, "pieces")]), 0, 200).Draw(t, "text"), "")
		names := []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(t, "names")]
		text = strings.ReplaceAll(text, ",", rapid.SampledFrom([]string{",", ";"}).Draw(t, "delimiter"))
		change := func(o *ReadOptions) {
			if strings.Contains(text, ";") {
				o.Delimiter = ";"
			}
		}
		var want []string
		for _, row := range readWhole(strings.NewReader(text), reading("csv", headless, change)) {
			line, cells, _ := strings.Cut(row, " ")
			v, err := value.DecodeJSON([]byte(cells))
			if err != nil {
				want = append(want, row)
				continue
			}
			if v.Len() != len(names) {
				want = append(want, line)
				continue
			}
			want = append(want, line+" "+value.OfShape(value.NewShape(names), v.List()).Text())
		}
		for _, read := range []func(io.Reader, *ReadOptions) []string{readWhole, readInBlocks} {
			got := read(strings.NewReader(text), reading("csv", named(names...), change))
			for i, row := range got {
				if strings.Contains(row, "and the header") {
					got[i], _, _ = strings.Cut(row, " ")
				}
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Fatalf("%q:\n%s\nwant\n%s", text, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	})
}

// TestRowsWithoutNamesAreOfAnyWidth reads tables without a header, and each row of them taken apart.
func TestRowsWithoutNamesAreOfAnyWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SampledFrom([]string{"", "1", "007", "2.50", "true", "x", `"y,""z"""`, "\"two\nlines\"", `"wrong`, `q"`})
		widest := rapid.SampledFrom([]int{1, 3, 20}).Draw(t, "widest")
		text := ""
		for range rapid.IntRange(1, 120).Draw(t, "rows") {
			width := rapid.OneOf(rapid.Just(widest), rapid.IntRange(1, widest)).Draw(t, "width")
			text += strings.Join(rapid.SliceOfN(cell, width, width).Draw(t, "row"), ",") + rapid.SampledFrom([]string{"\n", "\r\n", "\n\n", ""}).Draw(t, "end")
		}
		o := reading("csv", headless)
		o.Infer = flow.Sample(rapid.IntRange(0, 3).Draw(t, "infer"))
		o.MaxItem = 100
		rows, err := Open("in", strings.NewReader(text), o, true)
		if err != nil {
			t.Fatal(err)
		}
		apart, _ := Open("in", strings.NewReader(text), o, true)
		apart.table.others = 1000
		for n := 0; ; n++ {
			got, err := rows.Next()
			want, wantErr := apart.Next()
			if fmt.Sprint(err) != fmt.Sprint(wantErr) || !value.Equal(got.Value, want.Value) || err == nil && got.Meta.Line != want.Meta.Line {
				t.Fatalf("row %d of %q is %s, %v, not %s, %v", n, text, got.Value.Text(), err, want.Value.Text(), wantErr)
			}
			if d := (*DecodeError)(nil); err == io.EOF || errors.As(err, &d) && d.Final {
				return
			}
		}
	})
}

// FuzzCSV holds the reader against encoding/csv: the same rows up to the first that is wrong, which is the same. A line
// end of Windows within quotes stays as it is here, and is a plain one there.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"a\r\nb\",\"\"\"\"\n", "a\"b\n", "\"a\"b\n", "\"a\n", "\n\r\n\r", "a,\r,b\r\n", ",\n\"\"\n", "\xff,\"\xc3\n\xa9\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if n, err := new(input).byteOrder([]byte(in)); n > 0 || err != nil {
			return // a mark at the beginning is none there
		}
		theirs := csv.NewReader(strings.NewReader(in))
		theirs.FieldsPerRecord = -1
		rd, err := Open("in", strings.NewReader(in), reading("csv", headless), false)
		if err != nil {
			t.Fatal(err)
		}
		for {
			row, wantErr := theirs.Read()
			it, err := rd.Next()
			if (err == nil) != (wantErr == nil) || (err == io.EOF) != (wantErr == io.EOF) {
				t.Fatalf("%s %v, and encoding/csv says %q %v", it.Value.Text(), err, row, wantErr)
			}
			if err != nil {
				return
			}
			var cells []value.Value
			for _, c := range row {
				cells = append(cells, value.OfString(text([]byte(c))))
			}
			if got := strings.ReplaceAll(it.Value.Text(), `\r\n`, `\n`); got != value.OfList(cells).Text() {
				t.Fatalf("%s, and encoding/csv says %s", got, value.OfList(cells).Text())
			}
		}
	})
}

// cells draws text with everything in it that tables treat specially.
func cells() *rapid.Generator[string] {
	return rapid.OneOf(rapid.StringOf(rapid.SampledFrom([]rune("ab ,;\t\"\r\n\ufeff\ufffdé"))), rapid.String())
}

// TestTablesReadWhatTheyWrote writes rows and reads them back.
func TestTablesReadWhatTheyWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 4).Draw(t, "width")
		row := rapid.SliceOfN(cells(), width, width)
		o := reading(rapid.SampledFrom([]string{"csv", "tsv"}).Draw(t, "format"))
		o.Delimiter = rapid.SampledFrom([]string{"", ";", " "}).Draw(t, "delimiter")
		o.Header = value.OfBool(rapid.Bool().Draw(t, "header"))
		names := rapid.SliceOfNDistinct(cells(), width, width, func(s string) string { return s }).Draw(t, "names")
		w := NewWriter(o.Encoding)
		var want []value.Value
		for _, cells := range rapid.SliceOfN(row, 1, 5).Draw(t, "rows") {
			v := value.FromGo(cells)
			if o.Header.Bool() {
				b := value.Builder{}
				for i, name := range names {
					b.Set(name, value.OfString(cells[i]))
				}
				v = b.Value()
			}
			want = append(want, v)
			if err := w.Append(flow.Item{Value: v}); err != nil {
				t.Fatal(err)
			}
		}
		got := values(t, string(w.Buf), o)
		if !value.Equal(value.OfList(got), value.OfList(want)) {
			t.Fatalf("%q is read as %s, not %s", w.Buf, value.OfList(got).Text(), value.OfList(want).Text())
		}
	})
}

// TestLinesAreWrittenAsTheirCellsAre writes rows that were read, and what becomes of them with other fields or with values
// of their own, and the values of all this put together anew.
func TestLinesAreWrittenAsTheirCellsAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.SampledFrom([]string{"", "a", "b c", " d", "e ", "12", "-007", "1.50", `""`, `"f"`, `"g,h;i"`, "\"j\nk\"", "\"l\rm\"", "n\ro", `"p""q"`, `" "`, "\ufeff", "\"\ufeff\"", "true", "TRUE", "2024-01-01", "2024-02-30T00:00:00Z", "2024-02-29T00:00:00Z", "é"})
		width := rapid.IntRange(1, 3).Draw(t, "width")
		text := ""
		for range rapid.IntRange(1, 30).Draw(t, "rows") {
			text += strings.Join(rapid.SliceOfN(cell, width, width).Draw(t, "row"), ",") + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
		}
		names := []string{"a", "b", "c"}[:width]
		o := reading("csv", named(names...), typed("a", rapid.SampledFrom(cellTypes).Draw(t, "type")))
		rd, err := Open("in", strings.NewReader(text), o, false)
		if err != nil {
			t.Fatal(err)
		}
		e := Encoding{Format: "csv", Header: value.OfBool(rapid.Bool().Draw(t, "header")), Delimiter: rapid.SampledFrom([]string{"", ";"}).Draw(t, "delimiter")}
		lines, cells := NewWriter(e), NewWriter(e)
		set := value.NewSet([]string{rapid.SampledFrom([]string{"a", "b", "z"}).Draw(t, "set")})
		own := value.OfString(rapid.SampledFrom([]string{"", "own", "its, own"}).Draw(t, "own"))
		keep := value.NewKeep([]string{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "keep")}, rapid.Bool().Draw(t, "kept"))
		first, second := rapid.Bool().Draw(t, "first"), rapid.Bool().Draw(t, "second")
		for {
			it, err := rd.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				continue // a cell of another type
			}
			if v, values, ok := set.Of(it.Value); ok && first { // the first row of a file is an object of values
				values[0], it.Value = own, v
			}
			if v, _, ok := keep.Of(it.Value); ok && second {
				it.Value = v
			}
			again := value.OfShape(value.NewShape(it.Value.Shape().Keys()), it.Value.Slots())
			if err, other := lines.Append(it), cells.Append(it.With(again)); (err == nil) != (other == nil) {
				t.Fatal(err, other)
			}
		}
		if string(lines.Buf) != string(cells.Buf) {
			t.Fatalf("%q becomes\n%s\nand its cells\n%s", text, lines.Buf, cells.Buf)
		}
	})
}

// values reads the items of a text that has no fault.
func values(t rapid.TB, in string, o *ReadOptions) (out []value.Value) {
	t.Helper()
	rd, err := Open("in", strings.NewReader(in), o, false)
	if err != nil {
		t.Fatal(err)
	}
	for {
		it, err := rd.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, it.Value)
	}
}
