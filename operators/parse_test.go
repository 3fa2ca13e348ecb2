package operators

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// through gives what an operator makes of one value.
func through(op flow.Op, v value.Value) (out value.Value, err error) {
	err = op.Process(flow.Item{Value: v}, func(it flow.Item) error { out = it.Value; return nil })
	return out, err
}

func TestParseReadsWhatFormatWrites(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("ab \"\\,;=\n\t"))))
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(text, 1, 5).Draw(t, "cells")
		list, b := make([]value.Value, len(cells)), value.Builder{}
		for i, c := range cells {
			c = strings.ReplaceAll(c, "\r", "") // CSV has one line end
			list[i] = value.OfString(c)
			b.Set(strings.Repeat("k", i+1), list[i])
		}
		object := b.Value()
		for as, v := range map[string]value.Value{"csv": value.OfList(list), "key_value": object, "json": object} {
			line, err := through(newFormatter(&formatOptions{As: as, Delimiter: ";"}), v)
			if err != nil {
				t.Fatal(as, err)
			}
			p := newParser(&parseOptions{As: as, Delimiter: ";"})
			for range 2 { // a parser keeps nothing of one text for the next
				back, err := through(p, line)
				if err != nil || !value.Equal(back, v) {
					t.Fatalf("%s: %q gives %s, not %s: %v", as, line.Str(), back.Text(), v.Text(), err)
				}
			}
		}
	})
}

func TestTextThatIsNoSuchThing(t *testing.T) {
	for _, c := range []struct {
		opt        parseOptions
		text, want string
	}{
		{parseOptions{As: "json"}, `{"a": 1`, "column 8: the text ends where `,` or `}` is due"},
		{parseOptions{As: "json"}, `[1] 2`, `column 5: '2' after the value`},
		{parseOptions{As: "csv", Delimiter: ","}, "a\nb", "the text has more than one row"},
		{parseOptions{As: "csv", Delimiter: ","}, `"a`, `column 3: extraneous or missing " in quoted-field`},
		{parseOptions{As: "csv", Delimiter: ",", Columns: []string{"a"}}, "1,2", "the row has 2 cells, and there are 1 columns"},
		{parseOptions{As: "csv", Delimiter: ","}, "", "the text is empty"},
		{parseOptions{As: "regexp", Pattern: "^(a)$"}, "b", `"b" does not match the pattern`},
		{parseOptions{As: "key_value"}, `a="b`, "a: a quote is not closed"},
		{parseOptions{As: "key_value"}, `=b`, `a key is due where "=b" begins`},
	} {
		p := newParser(&c.opt)
		_, err := through(p, value.OfString(c.text))
		if err == nil || err.Error() != c.want || flow.ErrorType(err) != "parse" {
			t.Errorf("%s of %q: %v (%s), want %s", c.opt.As, c.text, err, flow.ErrorType(err), c.want)
		}
		good := map[string]string{"json": "[1]", "csv": "1", "regexp": "a", "key_value": "a=b"}[c.opt.As]
		if _, err := through(p, value.OfString(good)); err != nil {
			t.Errorf("%s of %q, after a failure: %v", c.opt.As, good, err)
		}
	}
	if _, err := through(newParser(&parseOptions{As: "json", place: place{Field: "x"}}), value.OfInt(1)); err == nil || err.Error() != "the item has no field `x`" {
		t.Error(err)
	}
	if _, err := through(newParser(&parseOptions{As: "json"}), value.OfInt(1)); err == nil || err.Error() != "it is an int, and no text" {
		t.Error(err)
	}
}

func TestColumnsHaveNamesOfTheirOwn(t *testing.T) {
	var said []string
	o := &parseOptions{As: "csv", Delimiter: ",", Columns: []string{"a", "b", "a"}}
	o.Check(func(option, message, _ string) { said = append(said, option+": "+message) })
	if got := strings.Join(said, "; "); got != "columns: the column `a` stands there twice" {
		t.Error(got)
	}
}
