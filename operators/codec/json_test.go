package codec

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func unsplit(o *ReadOptions) { o.Split = false }

// TestTextsOfValues reads what is no table. What is wanted begins with the line of each item.
func TestTextsOfValues(t *testing.T) {
	for _, c := range []struct {
		name string
		o    *ReadOptions
		in   string
		want []string
	}{
		{"a value a line", reading("jsonl"), "{\"a\":1}\n\n [2] \r\n\"x\"", []string{`1 {"a":1}`, `3 [2]`, `4 "x"`}},
		{"a mark", reading("jsonl"), "\ufeff1\n", []string{`1 1`}},
		{"a wrong line", reading("jsonl"), "1\n{\"a\":}\n3\n", []string{`1 1`, `2 "{\"a\":}" in:2:6: '}' where a value is due`, `3 3`}},
		{"two values in a line", reading("jsonl"), "1 2\n3\n", []string{`1 "1 2" in:1:3: '2' after the value`, `2 3`}},
		{"a half line", reading("jsonl"), "1\n{\"a\":", []string{`1 1`, "2 \"{\\\"a\\\":\" in:2:6: the last line is cut off: the text ends where a value is due"}},
		{"a half line that ends", reading("jsonl"), "{\"a\":\n1\n", []string{`1 "{\"a\":" in:1:6: the text ends where a value is due`, `2 1`}},
		{"no UTF-8", reading("jsonl"), "\"\xff\"\n", []string{"1 \"\ufffd\""}},
		{"values that come with space", reading("json"), "[{\"a\": 1, \"b\":[1, 2]} , {\n\"a\" : \"x \\\" y\",\r\n\"b\": [ 1 , 2 ]}, [ 1,\n\"\" ], \"\"]", []string{`1 {"a":1,"b":[1,2]}`, `1 {"a":"x \" y","b":[1,2]}`, `3 [1,""]`, `4 ""`}},
		{"what line ends part", reading("json"), "[{\"a\":1\n2}]", []string{"in:2:1: '2' where `,` or `}` is due"}},
		{"a word that a line end parts", reading("json"), "[{\"a\":tr\nue}]", []string{"in:1:9: '\\n' where true is due"}},
		{"a line end in a text", reading("json"), "[{\"a\":\"b\nc\"}]", []string{"in:1:9: the control character '\\n' in a string, where \\u000a is due"}},
		{"no UTF-8 in lines", reading("json"), "[{\"a\":\n\"\xff\"}]", []string{"1 {\"a\":\"\ufffd\"}"}},
		{"values", reading("json"), "1 {\"a\":\n2}[3,\n 4]\"x\"null[]", []string{`1 1`, `1 {"a":2}`, `2 3`, `3 4`, `3 "x"`, `3 null`}},
		{"a list", reading("json"), "\ufeff[\n  {\"a\":1},\n  [2]\n]\n", []string{`2 {"a":1}`, `3 [2]`}},
		{"a list as one", reading("json", unsplit), "[1,\n[2]] [3]", []string{`1 [1,[2]]`, `2 [3]`}},
		{"nothing", reading("json"), " \n", nil},
		{"an empty list", reading("json"), " [ ] ", nil},
		{"a wrong value", reading("json"), "{\"a\": 1} {\"b\": x}", []string{`1 {"a":1}`, `in:1:16: 'x' where a value is due`}},
		{"a wrong value in a later line", reading("json"), "[1,\n2,\n 3 4]", []string{`1 1`, `2 2`, `3 3`, "in:3:4: '4' where `,` or `]` is due"}},
		{"a comma too many", reading("json"), "[1,]", []string{`1 1`, `in:1:4: ']' where a value is due`}},
		{"a list without an end", reading("json"), "[1,\n2", []string{`1 1`, `2 2`, `in:2:2: the file ends within a list`}},
		{"a value without an end", reading("json"), "1\n{\"a\":\n[", []string{`1 1`, `in:3:2: the text ends where a value is due`}},
		{"a bracket too many", reading("json"), "[1]]", []string{`1 1`, `in:1:4: ']' where a value is due`}},
		{"UTF-16", reading("json"), "\xfe\xff\x00[", []string{"in:1:1: the file is UTF-16: make it UTF-8, as `iconv -f UTF-16 -t UTF-8` does"}},
		{"lines", reading("lines"), "a\n\n b \r\nc\xff", []string{`1 "a"`, `2 ""`, `3 " b "`, "4 \"c\ufffd\""}},
		{"bytes", reading("bytes"), "\xffa\n", []string{`1 "/2EK"`}},
		{"no bytes", reading("bytes"), "", []string{`1 ""`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{"at once": strings.NewReader(c.in), "byte by byte": iotest.OneByteReader(strings.NewReader(c.in))} {
				if got := readWhole(r, c.o); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
					t.Errorf("%s: got\n%s\nwant\n%s", how, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
			}
		})
	}
}

// TestValuesOfJSON reads values however they are arranged, and wherever the reads end.
func TestValuesOfJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.SampledFrom([]string{`1`, `-2.50`, `"a\"]}"`, `null`, `{"a":[{"b":"}"}]}`, `{}`, `"é\\"`, `{"long":"` + strings.Repeat("x", 50) + `"}`})
		space := rapid.SampledFrom([]string{" ", "\n", "\r\n\t"})
		var text, want []string
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			items := rapid.SliceOfN(one, 0, 4).Draw(t, "items")
			s := space.Draw(t, "space")
			if rapid.Bool().Draw(t, "a list") {
				text = append(text, "["+strings.Join(items, s+","+s)+"]"+s)
			} else {
				text = append(text, strings.Join(items, s)+s)
			}
			want = append(want, items...)
		}
		in := strings.Join(text, "")
		for how, r := range map[string]io.Reader{
			"at once": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in)), "in halves": iotest.HalfReader(strings.NewReader(in)),
		} {
			var got []string
			rd, err := Open("in", r, reading("json"), false)
			if err != nil {
				t.Fatal(err)
			}
			for {
				it, err := rd.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%q %s: %v", in, how, err)
				}
				got = append(got, string(value.AppendJSON(nil, it.Value)))
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Fatalf("%q %s: %s", in, how, strings.Join(got, "\n"))
			}
		}
	})
}

// pieces is a text that comes piece by piece; to wait for another one is an error.
type pieces []string

var errWaits = errors.New("it waits")

func (p *pieces) Read(b []byte) (int, error) {
	if len(*p) == 0 {
		return 0, errWaits
	}
	n := copy(b, (*p)[0])
	*p = (*p)[1:]
	return n, nil
}

// TestNothingIsWaitedFor holds that an item is given as soon as it is there.
func TestNothingIsWaitedFor(t *testing.T) {
	for format, in := range map[string]pieces{
		"jsonl": {"{\"a\":", "1}\n", "{"},
		"json":  {"{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "\"}"},
		"lines": {"a", "b", "\n"},
		"csv":   {"a,b\n", "\"1", "\n\",2\n"},
	} {
		for _, blocks := range []bool{false, true} {
			r := append(pieces(nil), in...)
			o := reading(format)
			if blocks && !o.Splits("in") {
				continue
			}
			rd, err := Open("in", &r, o, false)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			count := func(flow.Item) error { n++; return nil }
			if blocks {
				b, e := rd.NextBlock()
				if err = e; err == nil {
					err = b.Decode(count, nil)
				}
			} else {
				it, e := rd.Next()
				if err = e; err == nil {
					_ = count(it)
				}
			}
			if err != nil || n != 1 {
				t.Errorf("%s, blocks %v: %d items, %v", format, blocks, n, err)
			}
		}
	}
}
