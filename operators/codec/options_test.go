package codec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow/value"
)

func TestGuesses(t *testing.T) {
	for name, want := range map[string]string{
		"a.jsonl": "jsonl", "a.ndjson": "jsonl", "a.json": "json", "a.csv": "csv", "a.tsv": "tsv", "a.tab": "tsv", "a.txt": "lines", "a.log": "lines",
		"A.CSV": "csv", "x/y.b.csv": "csv", "a.csv.gz": "csv gzip", "a.JSONL.GZ": "jsonl gzip", "a.gzip": " gzip", "a.json.zst": "json zstd", "a.txt.zstd": "lines zstd",
		"a": "", "": "", ".csv": "csv", "a.csv.bak": "", "a.gz": " gzip", "csv": "", "a.csv/b": "",
	} {
		e := Encoding{}.For(name)
		if got := strings.TrimRight(e.Format+" "+e.Compression, " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	e := Encoding{Format: "lines", Compression: "none"}.For("a.csv.gz")
	if e.Format != "lines" || e.Compression != "none" {
		t.Errorf("what is given is changed to %v", e)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	bounded := func(o *ReadOptions) { o.MaxItem = 0 }
	delimited := func(s string) func(*ReadOptions) { return func(o *ReadOptions) { o.Delimiter = s } }
	header := func(v any) func(*ReadOptions) { return func(o *ReadOptions) { o.Header = value.FromGo(v) } }
	for _, c := range []struct {
		name string
		o    *ReadOptions
		want string
	}{
		{"a.csv", reading(""), ""},
		{"a.csv", reading("", headless, inferring, semicolon), ""},
		{"a.csv", reading("", named("a", "b"), typed("b", "time")), ""},
		{"a.json", reading("", unsplit), ""},
		{"-", reading("csv", typed("a", "int")), ""},
		{"*", reading("", inferring, unsplit, headless), ""},
		{"a.jsonl", reading("", inferring), ""},
		{"a.txt", reading("", inferring), "infer: `infer` is of csv, tsv, jsonl and json, and the format is lines"},
		{"a.json", reading("", headless), "header: `header` is of csv and tsv, and the format is json"},
		{"a.log", reading("", semicolon), "delimiter: `delimiter` is of csv and tsv, and the format is lines"},
		{"a.log", reading("", typed("a", "int")), "types: `types` is of csv and tsv, and the format is lines"},
		{"a.csv", reading("", unsplit), "split: `split` is of json, and the format is csv"},
		{"a.csv", reading("", delimited(";;")), "delimiter: \";;\" is no delimiter of cells"},
		{"a.csv", reading("", delimited("é")), "delimiter: \"é\" is no delimiter of cells"},
		{"a.csv", reading("", delimited("\"")), "delimiter: \"\\\"\" is no delimiter of cells"},
		{"a.csv", reading("", header("a,b")), "header: the header is true, false, or a list of names"},
		{"a.csv", reading("", header([]any{})), "header: the header is true, false, or a list of names"},
		{"a.csv", reading("", header([]any{"a", 1})), "header: the header is true, false, or a list of names"},
		{"a.csv", reading("", named("a", "a")), "header: the column `a` stands twice in the header"},
		{"a.csv", reading("", headless, typed("a", "int")), "types: the columns have no names, as `header` is false"},
		{"a.csv", reading("", named("a"), typed("b", "int")), "types: there is no column `b`: the header has a"},
		{"a.csv", reading("", typed("a", "number", "b", "date")), "types: the column `a` cannot be of the type `number`\ntypes: the column `b` cannot be of the type `date`"},
		{"a.csv", reading("", bounded), "max_item: an item has some size"},
	} {
		var got []string
		c.o.CheckRead(func(option, message, _ string) { got = append(got, fmt.Sprintf("%s: %s", option, message)) }, c.name)
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s %+v: %s, want %s", c.name, *c.o, strings.Join(got, "\n"), c.want)
		}
	}
}
