package expr

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// TestRowsGiveWhatTheirValuesGive makes objects of rows of several tables in turn, which still are text, and of the same
// values; so too of what was made, once all of it is.
func TestRowsGiveWhatTheirValuesGive(t *testing.T) {
	const text = "1,x,\"a,\"\"b\"\"\"\n2,,é\n,007,\"\"\n"
	var rows []value.Value
	for _, names := range [][]string{{"n", "s", "q"}, {"q", "n", "other"}, nil} {
		var shape *value.Shape // of none, rows are lists
		if names != nil {
			shape = value.NewShape(names)
		}
		cells := value.NewCells(value.NewColumns(shape, ',', make([]*value.CellType, 3)))
		for from := 0; from < len(text); {
			v, end, _, ok := cells.Row([]byte(text), from)
			if !ok {
				t.Fatalf("%q is no row", text[from:])
			}
			rows, from = append(rows, v), end
		}
	}
	for _, src := range []string{
		`{a: it.n, b: it.s}`, `{a: it.n + "!", b: it.s, c: 1, d: it.q}`, `{a: it.q, b: {c: it.n, d: it.s + "", e: {f: it.q, g: 2}}, h: it.n}`,
		`{a: map(1..3, ({b: it.n, c: #, d: it.q})), e: it.s}`, `{a: it.n, b: it["q"], c: it}`, `{a: it.n, b: int(it.s)}`, `it.q`,
		`{a: it[0], b: it[-1] + "", c: it[1:], n: len(it), m: map(it, # + "")}`, `it[3]`, `it["n"]`, `it[2] + it[0]`,
	} {
		e, problems := Compile(src, Env{})
		if problems != nil {
			t.Fatalf("%s: %+v", src, problems)
		}
		var scope, plain flow.Scope
		var got, want []value.Value
		for i := range 4 * len(rows) {
			row := rows[i*4%len(rows)] // of each table in turn
			x, err := e.Eval(scope.Set(flow.Item{Value: row}))
			y, wantErr := e.Eval(plain.Set(flow.Item{Value: valuesOf(row)}))
			if fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Fatalf("%s of %s fails with %v, not %v", src, row.Text(), err, wantErr)
			}
			if err == nil {
				got, want = append(got, x), append(want, y)
			}
		}
		for range 2 {
			for i := range got {
				if got[i].Text() != want[i].Text() || !value.Equal(got[i], want[i]) {
					t.Fatalf("%s is %s, not %s", src, got[i].Text(), want[i].Text())
				}
			}
			if strings.HasPrefix(src, "{") {
				src = `{z: it.a, y: it.b, x: 1}`
				again, _ := Compile(src, Env{})
				for i := range got {
					got[i], _ = again.Eval(scope.Set(flow.Item{Value: got[i]}))
					want[i], _ = again.Eval(plain.Set(flow.Item{Value: want[i]}))
				}
			}
		}
	}
}

// valuesOf makes an object, or a list, of the values of a row.
func valuesOf(row value.Value) value.Value {
	if row.Kind() == value.List {
		return value.OfList(row.List())
	}
	return value.OfShape(row.Shape(), row.Slots())
}
