package expr

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// TestPartsAreThoseOfTheList compares what is asked of a split text with the same of the list that splitting it to the end gives.
func TestPartsAreThoseOfTheList(t *testing.T) {
	eval := func(t *rapid.T, src string, it value.Value) string {
		e, problems := Compile(src, Env{})
		if problems != nil {
			t.Fatal(src, problems)
		}
		v, err := e.Eval(&flow.Scope{It: it})
		if err != nil {
			return strings.ReplaceAll(err.Error(), ", -1)", ")")
		}
		return v.Text()
	}
	text := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "/", "//", "é", "-", "ab"}), 0, 8), func(parts []string) string { return strings.Join(parts, "") })
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.Map(text, value.OfString), rapid.SampledFrom([]value.Value{{}, value.OfInt(1)})).Draw(t, "s")
		sep := rapid.SampledFrom([]value.Value{value.OfString("/"), value.OfString("//"), value.OfString("é"), value.OfString(""), value.OfInt(1), {}}).Draw(t, "sep")
		it := value.OfPairs("s", s, "sep", sep)
		if s.IsString() && sep.IsString() {
			if got, want := eval(t, "split(it.s, it.sep)", it), eval(t, "split(it.s, it.sep, 100)", it); got != want {
				t.Fatalf("split of %s by %s is %s, want %s", s.Text(), sep.Text(), got, want)
			}
		}
		for _, form := range []string{
			fmt.Sprintf("split(it.s, it.sep%%s)[%d]", rapid.IntRange(-4, 5).Draw(t, "k")), "len(split(it.s, it.sep%s))",
			"map([it.s, it.s], len(split(#, it.sep%s)))", "map([it.s], split(#, it.sep%s)[1])",
		} {
			got, want := eval(t, fmt.Sprintf(form, ""), it), eval(t, fmt.Sprintf(form, ", -1"), it)
			if got != want {
				t.Fatalf("%s of %s and %s is %s, want %s", form, s.Text(), sep.Text(), got, want)
			}
		}
	})
}
