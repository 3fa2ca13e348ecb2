package codec

import (
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// TestTexts writes items. A failure stands in brackets where the text would.
func TestTexts(t *testing.T) {
	listed := Encoding{Format: "csv", Header: value.FromGo([]string{"b", "a"})}
	csv := Encoding{Format: "csv", Header: value.OfBool(true)}
	bare := Encoding{Format: "csv", Header: value.OfBool(false)}
	for _, c := range []struct {
		name  string
		enc   Encoding
		items string // JSON
		want  string
	}{
		{"a value a line", Encoding{Format: "jsonl"}, `[{"b":1.10,"a":"x\ny"},null,[1, 2]]`, "{\"b\":1.10,\"a\":\"x\\ny\"}\nnull\n[1,2]\n"},
		{"a list", Encoding{Format: "json"}, `[{"a":1},2]`, "[\n{\"a\":1},\n2\n]\n"},
		{"an empty list", Encoding{Format: "json"}, `[]`, "[]\n"},
		{"lines", Encoding{Format: "lines"}, `["a",1.0,{"b":null},"","x\ny"]`, "a\n1.0\n{\"b\":null}\n\n[the text has a line end in it, and the format is lines]"},
		{"bytes", Encoding{Format: "bytes"}, `["a\n",1]`, "a\n1"},
		{"a header and rows", csv, `[{"a":1,"b":"x"},{"a":2,"b":null}]`, "a,b\n1,x\n2,\n"},
		{"fields in another order", csv, `[{"a":1,"b":2},{"b":3,"a":4},{"b":5},{}]`, "a,b\n1,2\n4,3\n,5\n,\n"},
		{"a field that is no column", csv, `[{"a":1},{"a":2,"c":3},{"a":4}]`, "a\n1\n[the field `c` is no column: they are a]4\n"},
		{"quotes", csv, `[{"a":"1,2","b":"say \"x\"","c":"p\nq","d":" s","e":"\r"}]`, "a,b,c,d,e\n\"1,2\",\"say \"\"x\"\"\",\"p\nq\",\" s\",\"\r\"\n"},
		{"values in cells", csv, `[{"a":[1,"x"],"b":{"c":null},"d":true,"e":1.10}]`, "a,b,d,e\n\"[1,\"\"x\"\"]\",\"{\"\"c\"\":null}\",true,1.10\n"},
		{"one empty cell", csv, `[{"a":null},{"a":""},{"a":0}]`, "a\n\"\"\n\"\"\n0\n"},
		{"columns that are listed", listed, `[{"a":1,"b":2},{"a":3},{"c":4},[5,6],[7]]`, "b,a\n2,1\n,3\n[the field `c` is no column: they are b, a]5,6\n[the item is a list of 1, and the columns are b, a]"},
		{"columns that are listed, and no items", listed, `[]`, "b,a\n"},
		{"no header", bare, `[{"a":1,"b":2},{"b":3}]`, "1,2\n,3\n"},
		{"lists", csv, `[[1,"x"],[2],[],{"a":1}]`, "1,x\n2\n[the item is an empty list, and a row has one cell at least][the item is an object, and the first was a list of cells]"},
		{"what is no row", csv, `[1,{},{"a":1},"x"]`, "[the item is an int, and a row of csv is an object, or a list of cells][the item is an empty object, and a row has one cell at least]a\n1\n[the item is a string, and a row of csv is an object, or a list of cells]"},
		{"tabs", Encoding{Format: "tsv", Header: value.OfBool(true)}, `[{"a":"1,2","b":"3\t4"}]`, "a\tb\n1,2\t\"3\t4\"\n"},
		{"another delimiter", Encoding{Format: "csv", Header: value.OfBool(true), Delimiter: ";"}, `[{"a":"1,2","b":"3;4"}]`, "a;b\n1,2;\"3;4\"\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			items, err := value.DecodeJSON([]byte(c.items))
			if err != nil {
				t.Fatal(err)
			}
			w := NewWriter(c.enc)
			for _, v := range items.List() {
				if err := w.Append(flow.Item{Value: v}); err != nil {
					if flow.ErrorType(err) != "encode" {
						t.Error(flow.ErrorType(err))
					}
					w.Buf = append(w.Buf, "["+err.Error()+"]"...)
				}
			}
			if w.End(); string(w.Buf) != c.want {
				t.Errorf("got\n%s\nwant\n%s", w.Buf, c.want)
			}
		})
	}
}

// TestResume goes on with what is there.
func TestResume(t *testing.T) {
	for _, c := range []struct {
		name       string
		header     value.Value
		there, add string
		want       string
	}{
		{"the columns are those of the file", value.OfBool(true), "b,a\n1,2\n", `{"a":3,"b":4}`, "4,3\n"},
		{"a field that the file has not", value.OfBool(true), "b,a\n1,2\n", `{"c":3}`, "the field `c` is no column: they are b, a"},
		{"a file of white space", value.OfBool(true), "\n", `{"a":3}`, "a\n3\n"},
		{"no header", value.OfBool(false), "1,2\n", `{"c":3}`, "3\n"},
		{"the same columns", value.FromGo([]string{"b", "a"}), "b,a\n", `{"a":3}`, ",3\n"},
		{"other columns", value.FromGo([]string{"a", "b"}), "b,a\n", ``, "in.csv has the columns b, a, and `header` says a, b"},
		{"a broken header", value.OfBool(true), "\"b\"x,a\n", ``, "the header of the file that is to be added to: in.csv:1:4: 'x' after a cell in quotes, where the delimiter is due"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := Resume(Encoding{Format: "csv", Header: c.header}, "in.csv", strings.NewReader(c.there))
			if err == nil {
				var v value.Value
				if v, err = value.DecodeJSON([]byte(c.add)); err != nil {
					t.Fatal(err)
				}
				err = w.Append(flow.Item{Value: v})
			}
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = string(w.Buf)
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	w, err := Resume(Encoding{Format: "jsonl"}, "in.jsonl", strings.NewReader("no JSON"))
	if err != nil || w.Append(flow.Item{}) != nil || string(w.Buf) != "null\n" {
		t.Error(err)
	}
}
