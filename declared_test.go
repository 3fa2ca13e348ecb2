package flowrun_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/runtime"
)

// TestItemsAreAsDeclared: an item that is not of the schema fails, alone, whether items come one by one or in blocks.
func TestItemsAreAsDeclared(t *testing.T) {
	var in strings.Builder
	for i := range 30_000 {
		switch {
		case i%1000 == 7:
			in.WriteString("{\"id\":\"x\",\"o\":{\"tags\":[]}}\n")
		case i%1000 == 8:
			in.WriteString("{\"id\":1,\"o\":{\"tags\":[\"a\",1]}}\n")
		default:
			fmt.Fprintf(&in, "{\"id\":%d,\"extra\":true,\"o\":{\"tags\":[\"a\"]}}\n", i)
		}
	}
	for _, arrangement := range arrangements {
		got, rep := result(t, `
sources:
  in:
    stdin: {}
    schema: {id: int, user: string or null, o: {tags: [string]}}
    on_error: {to: bad}
steps:
  - {id: good, from: in, count: {}}
  - {id: bad, map: it.error.type + ' ' + it.error.message}
  - {id: kinds, aggregate: {by: {what: it}, values: {n: count()}}}
  - concat: [good, kinds]
`, runtime.Options{Plan: arrangement, Stdin: strings.NewReader(in.String())})
		want := `29940 {"what":"schema id is a string, and should be int","n":30} {"what":"schema o.tags[1] is an int, and should be string","n":30}`
		if got != want || rep.ExitCode != 3 {
			t.Errorf("%+v: %s, exit %d %s\nwant %s", arrangement, got, rep.ExitCode, rep.Error, want)
		}
	}
}

func TestAnItemThatIsNotAsDeclaredEndsTheRun(t *testing.T) {
	_, rep := result(t, `
source:
  items: [{a: 1}, {a: 1, b: 2.5}, {a: 1, b: 2}]
  schema: {a: int, b: float}
`, runtime.Options{})
	if rep.ExitCode != 1 || !strings.HasSuffix(rep.Error, "items: b is missing") {
		t.Errorf("exit %d %s", rep.ExitCode, rep.Error)
	}
}

func TestWhatStandsInPlaceOfAnUndeclaredItem(t *testing.T) {
	got, rep := result(t, `
source:
  items: [{a: 1}, {a: x}, {a: 3}]
  schema: {a: int}
  on_error: {value: "'none of ' + error.type"}
steps:
  - filter: type(it) == "string" or it.a > 1
`, runtime.Options{})
	if got != `"none of schema" {"a":3}` || rep.ExitCode != 3 {
		t.Errorf("%s, exit %d %s", got, rep.ExitCode, rep.Error)
	}
}
