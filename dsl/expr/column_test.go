package expr

import (
	"fmt"
	"math"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// forms are expressions that columns are computed by; %[1]s and %[2]s are numbers.
var forms = []string{
	"it == %[1]s", "it > %[1]s", "it %% %[1]s == %[2]s", "it %% %[1]s != %[2]s", "it * %[1]s < %[2]s", "it * %[1]s + %[2]s >= 0", "it + 1.5 > %[1]s",
	"it", "it + %[1]s", "it - %[1]s", "%[1]s + it", "it * %[1]s", "it * %[1]s + %[2]s", "it + %[1]s * it", "it %% %[1]s", "(it + %[1]s) * %[2]s",
	"it * it", "it - it", "it + it", "acc + it", "it + acc", "acc - it", "it - acc", "acc * it", "acc + it * it", "acc + acc", "acc + it.n", "acc.n + it",
	"it in [%[1]s, %[2]s, 3]", "it %% 10 in [1, 3, 7]", "it in 2..7 or it == %[1]s", "it ?? %[1]s", "+it - %[1]s", "let x = it * %[1]s; x %% 3 + x", "let x = 7 %% it; it > %[1]s ? x : 0", "let x = it; let y = x + %[1]s; y > x", "let x = 7 %% it; it + 1",
}

// foldings are expressions that make a state of the state before; %[1]s is an operand, %[2]s a condition.
var foldings = []string{
	"acc + %[1]s", "%[1]s + acc", "acc - (%[1]s)", "%[1]s - acc", "acc * (%[1]s)", "acc / (%[1]s)", "acc %% (%[1]s)", "(acc * 31 + %[1]s) %% 1000007", "acc + it * %[1]s - 1",
	"max(acc, %[1]s)", "min(acc, %[1]s)", "max(%[1]s, acc)", "min(%[1]s, acc, 3)", "%[1]s > acc ? %[1]s : acc", "acc >= %[1]s ? acc : %[1]s", "acc <= %[1]s ? %[1]s : acc",
	"%[1]s < acc ? acc : %[1]s", "%[2]s ? acc + %[1]s : acc", "%[2]s ? acc : %[1]s - acc", "%[2]s ? acc : max(acc, %[1]s)", "%[2]s ? %[1]s : acc", "%[1]s / acc", "%[2]s ? acc - it : acc",
	"acc == %[1]s ? acc : %[1]s", "acc > %[1]s ? it : acc", "acc * 0.5 + %[1]s",
}

// arithmeticOf draws arithmetic on the item.
func arithmeticOf(t *rapid.T, number func() string, depth int) string {
	switch kind := rapid.IntRange(0, 8).Draw(t, ""); {
	case depth == 0 || kind == 0:
		return "it"
	case kind == 1:
		return number()
	case kind == 2:
		return "-(" + arithmeticOf(t, number, depth-1) + ")"
	case kind == 3:
		f := rapid.SampledFrom([]string{"abs", "floor", "ceil", "round", "int", "float"}).Draw(t, "")
		return f + "(" + arithmeticOf(t, number, depth-1) + ")"
	case kind == 4:
		f := rapid.SampledFrom([]string{"min", "max", "bitand", "bitor", "bitxor", "bitnand"}).Draw(t, "")
		return f + "(" + arithmeticOf(t, number, depth-1) + ", " + arithmeticOf(t, number, depth-1) + ")"
	case kind == 5:
		return "(" + conditionOf(t, number, 1) + " ? " + arithmeticOf(t, number, depth-1) + " : " + arithmeticOf(t, number, depth-1) + ")"
	}
	op := rapid.SampledFrom([]string{"+", "-", "*", "%", "/", "**"}).Draw(t, "")
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

func TestColumnsDoWhatCallsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := generator{t: t}
		number := func() string {
			return rapid.SampledFrom([]string{"0", "5", "6", "-8", "12", "100", "-9223372036854775807", "4611686018427387904", "-0.5", "9.5", "1", "2", "3", "7", "-1", "10", "4294967296", "9223372036854775807", "0.5", "2.0", "1e300", "-0.0"}).Draw(t, "")
		}
		src := fmt.Sprintf(rapid.SampledFrom(forms).Draw(t, "form")+"%.0[1]s%.0[2]s", number(), number())
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			src = arithmeticOf(t, number, 3)
		case 1:
			src = conditionOf(t, number, 2)
		case 2:
			src = arithmeticOf(t, number, 1) + rapid.SampledFrom([]string{" % ", " - ", " * "}).Draw(t, "") + number() + rapid.SampledFrom([]string{" == ", " != ", " < ", " >= "}).Draw(t, "") + number()
		case 3:
			src = fmt.Sprintf(rapid.SampledFrom(foldings).Draw(t, "folding")+"%.0[1]s%.0[2]s", arithmeticOf(t, number, 1), conditionOf(t, number, 1))
		}
		e, problems := Compile(src, Env{Vars: []string{"acc"}})
		if problems != nil {
			return
		}
		scalar := func(float bool) value.Value {
			edge := rapid.IntRange(0, 9).Draw(t, "") == 0
			switch {
			case edge && float:
				return value.OfFloat(rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, math.MaxFloat64, 1 << 53}).Draw(t, ""))
			case edge:
				return value.OfInt(rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, 1<<32 - 1, 1 << 32, -1 << 32, 1<<53 + 1}).Draw(t, ""))
			case float:
				return value.OfFloat(float64(rapid.IntRange(-10, 40).Draw(t, "")) / 2)
			}
			return value.OfInt(int64(rapid.IntRange(-5, 20).Draw(t, "")))
		}
		float, mixed := rapid.Bool().Draw(t, "float"), rapid.IntRange(0, 3).Draw(t, "mixed") == 0
		items := make([]flow.Item, rapid.IntRange(0, 24).Draw(t, "items"))
		for i := range items {
			items[i].Value = scalar(float)
			if mixed && rapid.IntRange(0, 9).Draw(t, "") == 0 {
				items[i].Value = g.datum(1)
			}
		}
		first := scalar(rapid.Bool().Draw(t, "float acc"))
		type pass func(s *flow.Scope, items, out []flow.Item) (int, []flow.Item, error)
		check := func(what string, many pass, one func(*flow.Scope, flow.Item, []flow.Item) ([]flow.Item, error)) {
			s, u := &flow.Scope{Vars: []value.Value{first}}, &flow.Scope{Vars: []value.Value{first}}
			n, got, err := many(s, items, nil)
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
		filter := func(s *flow.Scope, it flow.Item, out []flow.Item) ([]flow.Item, error) {
			ok, err := flow.Bool(e, s)
			if ok {
				out = append(out, it)
			}
			return out, err
		}
		each := func(s *flow.Scope, it flow.Item, out []flow.Item) ([]flow.Item, error) {
			v, err := e.Eval(s)
			if err == nil {
				out = append(out, it.With(v))
			}
			return out, err
		}
		check("filter", flow.NewFilter(e).Items, filter)
		check("map", flow.NewMapper(e).Items, each)

		// column goes through the items that are a column, and leaves the rest to items.
		column := func(by func(flow.Column, *flow.Room) (int, flow.Column), rest pass) pass {
			return func(s *flow.Scope, items, out []flow.Item) (int, []flow.Item, error) {
				n, made := by(flow.ColumnOf(items, new(flow.Room)), new(flow.Room))
				for i := range made.Len() {
					out = append(out, flow.Item{Value: made.At(i, new(value.Slab))})
				}
				more, out, err := rest(s, items[n:], out)
				return n + more, out, err
			}
		}
		byFilter, byMap := flow.NewFilter(e), flow.NewMapper(e)
		check("filter of a column", column(byFilter.Column, byFilter.Items), filter)
		check("map of a column", column(byMap.Column, byMap.Items), each)

		acc, n, _ := flow.NewFolder(e).Items(first, items)
		in := flow.ColumnOf(items, new(flow.Room))
		last, states := flow.NewFolder(e).Scan(first, in, new(flow.Room))
		if states.Len() != n || !identical(last, acc) {
			t.Fatalf("scan of %s: %s after %d, not %s after %d", src, last.Text(), states.Len(), acc.Text(), n)
		}
		want := first
		for i, it := range items[:n] {
			v, err := e.Eval(&flow.Scope{It: it.Value, Vars: []value.Value{want}})
			if err != nil {
				t.Fatalf("fold of %s went on past %v", src, err)
			}
			if want = v; !identical(states.At(i, new(value.Slab)), want) {
				t.Fatalf("scan of %s: %s, not %s", src, states.At(i, new(value.Slab)).Text(), want.Text())
			}
		}
		if !identical(acc, want) {
			t.Fatalf("fold of %s: %s, not %s", src, acc.Text(), want.Text())
		}
	})
}

// TestColumnsAreComputed makes sure that the expressions which columns are for are computed by them.
func TestColumnsAreComputed(t *testing.T) {
	ints, floats := flow.IntColumn([]int64{1, 2, 3}), flow.FloatColumn([]float64{1, 2.5, 3})
	objects := flow.Column{Kind: value.Object, Shape: value.NewShape([]string{"a", "b"}), Fields: []flow.Column{ints, floats}}
	for src, columns := range map[string][]flow.Column{
		"it % 2 == 0": {ints}, "it * 3 + 1": {ints, floats}, "-it": {ints, floats}, "it / 2": {ints, floats}, "it * 1.5": {ints, floats}, "it > 2 && it * it < 7.5": {ints, floats},
		"not (it == 2)": {ints, floats}, "acc + it": {ints, floats}, "acc - it * 2": {ints, floats}, "max(acc, it)": {ints, floats}, "it > acc ? it : acc": {ints, floats},
		"it % 2 == 0 ? acc + it : acc": {ints}, "it > 2 ? acc + it : acc": {ints, floats}, "(acc * 31 + it) % 1000": {ints}, "it % 2 == 0 ? it : -it": {ints}, "it > 2 ? 1 : 0": {ints, floats},
		"abs(it) + max(it, 2) - min(it, 1, 7)": {ints}, "floor(it) + ceil(it * 0.5) + round(it)": {ints, floats}, "int(it)": {ints, floats}, "float(it)": {ints, floats}, "it ** 2": {ints, floats}, "bitand(it, 1) == 0": {ints}, "let x = it * 2; x + 1": {ints, floats},
		"{a: it, b: it > 2, k: 'x', q: {c: it * 2}}": {ints, floats}, "{c: it.a, it: it}": {objects}, "it.a + it.b > 2": {objects}, "acc + it.a": {objects}, "it.b": {objects},
		"it in [1, 2, 3]": {ints}, "it % 10 in [1, 3, 7]": {ints}, "it % 3 == 1": {ints}, "it > 1 and it % 2 == 0 or it < 0": {ints}, "it ?? 0": {ints, floats},
	} {
		e, problems := Compile(src, Env{Vars: []string{"acc"}})
		if problems != nil {
			t.Fatal(problems)
		}
		for _, in := range columns {
			filtered, _ := flow.NewFilter(e).Column(in, new(flow.Room))
			mapped, _ := flow.NewMapper(e).Column(in, new(flow.Room))
			acc := in.At(0, new(value.Slab))
			if in.Kind == value.Object {
				acc = value.OfInt(0)
			}
			_, folded := flow.NewFolder(e).Column(acc, in)
			if max(filtered, mapped, folded) != 3 {
				t.Errorf("%s is not computed for %v", src, in)
			}
		}
	}
}

// TestColumnsOfObjects makes objects of numbers in a column, and computes with their fields, and does the same one by one.
func TestColumnsOfObjects(t *testing.T) {
	it, whole := regexp.MustCompile(`\bit\b`), regexp.MustCompile(`\bi\b`)
	rapid.Check(t, func(t *rapid.T) {
		number := func() string {
			return rapid.SampledFrom([]string{"0", "1", "2", "3", "-1", "9223372036854775807", "0.5", "-0.0"}).Draw(t, "")
		}
		compile := func(src string) flow.Expr {
			e, _ := Compile(src, Env{Vars: []string{"acc"}})
			return e
		}
		first := compile(fmt.Sprintf("{a: %s, b: it, k: 'x', three: 3, e: %s, q: {x: it, y: %s}}", arithmeticOf(t, number, 2), conditionOf(t, number, 1), arithmeticOf(t, number, 1)))
		src := rapid.SampledFrom([]string{"{a: %[1]s, b: i, c: i.k}", "{a: %[1]s, q: i.q}", "%[1]s", "%[1]s > 3", "acc + %[1]s", "max(acc, %[1]s)", "i.e ? acc + %[1]s : acc", "i.e && %[1]s > 3", "i"}).Draw(t, "second")
		src = it.ReplaceAllStringFunc(fmt.Sprintf(src+"%.0[1]s", arithmeticOf(t, number, 1)), func(string) string {
			return rapid.SampledFrom([]string{"it.a", "it.b", "it.q.x", "it.q.y", "it.three", "it", "it.none"}).Draw(t, "")
		})
		second := compile(whole.ReplaceAllString(src, "it"))
		if first == nil || second == nil {
			return
		}
		var in flow.Column
		n := rapid.IntRange(1, 12).Draw(t, "items")
		if rapid.Bool().Draw(t, "floats") {
			in = flow.FloatColumn(rapid.SliceOfN(rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Copysign(0, -1), 0, 1, 2.5, -7, 1 << 53}), n, n).Draw(t, ""))
		} else {
			in = flow.IntColumn(rapid.SliceOfN(rapid.SampledFrom([]int64{0, 1, 2, 3, 4, 5, 6, -7, math.MinInt64, math.MaxInt64}), n, n).Draw(t, ""))
		}
		slab := new(value.Slab)
		made, objects := flow.NewMapper(first).Column(in, new(flow.Room))
		items := make([]value.Value, made)
		for i := range items {
			want, err := first.Eval(&flow.Scope{It: in.At(i, slab)})
			if items[i] = objects.At(i, slab); err != nil || !identical(items[i], want) {
				t.Fatalf("%s of %s: %s, not %s, %v", first, in.At(i, slab).Text(), items[i].Text(), want.Text(), err)
			}
		}
		if made == 0 {
			return
		}
		mapped, values := flow.NewMapper(second).Column(objects, new(flow.Room))
		for i := range mapped {
			want, err := second.Eval(&flow.Scope{It: items[i]})
			if got := values.At(i, slab); err != nil || !identical(got, want) {
				t.Fatalf("%s of %s: %s, not %s, %v", second, items[i].Text(), got.Text(), want.Text(), err)
			}
		}
		filtered, kept := flow.NewFilter(second).Column(objects, new(flow.Room))
		at := 0
		for i := range filtered {
			ok, err := flow.Bool(second, &flow.Scope{It: items[i]})
			if err != nil || ok && !identical(kept.At(at, slab), items[i]) {
				t.Fatalf("filter %s of %s: %v, %v", second, items[i].Text(), ok, err)
			}
			if ok {
				at++
			}
		}
		if at != kept.Len() {
			t.Fatalf("filter %s keeps %d, not %d", second, kept.Len(), at)
		}
		acc := rapid.SampledFrom([]value.Value{value.OfInt(5), value.OfFloat(0.5)}).Draw(t, "acc")
		last, folded := flow.NewFolder(second).Column(acc, objects)
		for _, it := range items[:folded] {
			var err error
			if acc, err = second.Eval(&flow.Scope{It: it, Vars: []value.Value{acc}}); err != nil {
				t.Fatalf("fold of %s went on past %v", second, err)
			}
		}
		if folded > 0 && !identical(last, acc) {
			t.Fatalf("fold of %s: %s, not %s", second, last.Text(), acc.Text())
		}
	})
}
