package expr

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// forms are expressions that loops of their own go through ints with; %[1]s and %[2]s are ints.
var forms = []string{
	"it == %[1]s", "it > %[1]s", "it %% %[1]s == %[2]s", "it %% %[1]s != %[2]s", "it * %[1]s < %[2]s", "it * %[1]s + %[2]s >= 0", "it + 1.5 > %[1]s",
	"it", "it + %[1]s", "it - %[1]s", "%[1]s + it", "it * %[1]s", "it * %[1]s + %[2]s", "it + %[1]s * it", "it %% %[1]s", "(it + %[1]s) * %[2]s",
	"it * it", "it - it", "it + it", "acc + it", "it + acc", "acc - it", "it - acc", "acc * it", "acc + it * it", "acc + acc", "acc + it.n", "acc.n + it",
}

// arithmeticOf draws arithmetic on the item.
func arithmeticOf(t *rapid.T, number func() string, depth int) string {
	switch kind := rapid.IntRange(0, 5).Draw(t, ""); {
	case depth == 0 || kind == 0:
		return "it"
	case kind == 1:
		return number()
	case kind == 2:
		return "-(" + arithmeticOf(t, number, depth-1) + ")"
	}
	op := rapid.SampledFrom([]string{"+", "-", "*", "%"}).Draw(t, "")
	return "(" + arithmeticOf(t, number, depth-1) + ") " + op + " (" + arithmeticOf(t, number, depth-1) + ")"
}

// conditionOf draws a condition on arithmetic.
func conditionOf(t *rapid.T, number func() string, depth int) string {
	switch kind := rapid.IntRange(0, 4).Draw(t, ""); {
	case depth == 0 || kind < 2:
		op := rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="}).Draw(t, "")
		return arithmeticOf(t, number, 2) + " " + op + " " + arithmeticOf(t, number, 1)
	case kind == 2:
		return "not (" + conditionOf(t, number, depth-1) + ")"
	}
	op := rapid.SampledFrom([]string{"&&", "||"}).Draw(t, "")
	return "(" + conditionOf(t, number, depth-1) + ") " + op + " (" + conditionOf(t, number, depth-1) + ")"
}

func TestLoopsDoWhatCallsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := generator{t: t}
		number := func() string {
			return rapid.SampledFrom([]string{"0", "1", "2", "3", "7", "-1", "10", "4294967296", "9223372036854775807"}).Draw(t, "")
		}
		src := fmt.Sprintf(rapid.SampledFrom(forms).Draw(t, "form")+"%.0[1]s%.0[2]s", number(), number())
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			src = arithmeticOf(t, number, 3)
		case 1:
			src = conditionOf(t, number, 2)
		}
		e, problems := Compile(src, Env{Vars: []string{"acc"}})
		if problems != nil {
			return
		}
		items := make([]flow.Item, rapid.IntRange(0, 8).Draw(t, "items"))
		for i := range items {
			items[i].Value = value.OfInt(int64(rapid.IntRange(-5, 20).Draw(t, "")))
			if rapid.IntRange(0, 9).Draw(t, "") == 0 {
				items[i].Value = value.OfInt(rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, 1<<32 - 1, 1 << 32, -1 << 32}).Draw(t, ""))
			}
			if rapid.IntRange(0, 9).Draw(t, "") == 0 {
				items[i].Value = g.datum(1)
			}
		}
		first := value.OfInt(int64(rapid.IntRange(-3, 3).Draw(t, "first")))
		check := func(what string, loop flow.Loop, one func(*flow.Scope, flow.Item, []flow.Item) ([]flow.Item, error)) {
			s, u := &flow.Scope{Vars: []value.Value{first}}, &flow.Scope{Vars: []value.Value{first}}
			n, got, err := loop.Items(s, items, nil)
			var want []flow.Item
			done, failed := 0, error(nil)
			for _, it := range items {
				if want, failed = one(u.Set(it), it, want); failed != nil {
					break
				}
				done++
			}
			if n != done || fmt.Sprint(err) != fmt.Sprint(failed) || len(got) != len(want) {
				t.Fatalf("%s of %s: %d of %d, %v, not %d, %v", what, src, n, len(items), err, done, failed)
			}
			for i := range got {
				if !identical(got[i].Value, want[i].Value) {
					t.Fatalf("%s of %s: %s, not %s", what, src, got[i].Value.Text(), want[i].Value.Text())
				}
			}
		}
		check("filter", flow.FilterLoop(e), func(s *flow.Scope, it flow.Item, out []flow.Item) ([]flow.Item, error) {
			ok, err := flow.Bool(e, s)
			if ok {
				out = append(out, it)
			}
			return out, err
		})
		check("map", flow.MapLoop(e), func(s *flow.Scope, it flow.Item, out []flow.Item) ([]flow.Item, error) {
			v, err := e.Eval(s)
			if err == nil {
				out = append(out, it.With(v))
			}
			return out, err
		})

		ints := flow.Ints(items, make([]int64, flow.Column))
		columns := e.(flow.Columnar).Columns()
		if columns.Map != nil {
			out := make([]int64, len(ints))
			n := columns.Map(ints, out)
			for i, x := range out[:n] {
				if v, err := e.Eval(&flow.Scope{It: items[i].Value}); err != nil || !identical(v, value.OfInt(x)) {
					t.Fatalf("%s of %d: %d, not %s, %v", src, ints[i], x, v.Text(), err)
				}
			}
			if n < len(ints) {
				if v, err := e.Eval(&flow.Scope{It: items[n].Value}); err == nil {
					t.Fatalf("%s of %d was left out, and is %s", src, ints[n], v.Text())
				}
			}
		}
		if columns.Test != nil {
			out := make([]bool, len(ints))
			for i, ok := range out[:columns.Test(ints, out)] {
				if want, err := flow.Bool(e, &flow.Scope{It: items[i].Value}); err != nil || ok != want {
					t.Fatalf("%s of %d: %t, not %t, %v", src, ints[i], ok, want, err)
				}
			}
		}
		if columns.Fold != nil {
			acc, n := columns.Fold(first.Int(), ints)
			want := first
			for _, it := range items[:n] {
				v, err := e.Eval(&flow.Scope{It: it.Value, Vars: []value.Value{want}})
				if err != nil {
					t.Fatalf("fold of %s went on past %v", src, err)
				}
				want = v
			}
			if !identical(value.OfInt(acc), want) {
				t.Fatalf("fold of %s: %d, not %s", src, acc, want.Text())
			}
		}
	})
}
