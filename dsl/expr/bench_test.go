package expr

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

const record = `{"id":1,"user":"user-42","ts":"2024-05-06T07:08:09Z","amount":62.5,"tags":["a","b"],"nested":{"a":{"b":7}},"status":"ok"}`

// Each is an expression as a pipeline's inner loop has it.
var benchmarks = []struct{ name, src, item string }{
	{"Even", `it % 2 == 0`, `12`},
	{"Linear", `it * 3 + 1`, `12`},
	{"Condition", `it.status == "ok" && it.amount > 50`, record},
	{"Mapping", `{id: it.id, user: it.user, double: it.amount * 2, k: "x"}`, record},
	{"Sum", `acc + it`, `12`},
	{"Path", `it.nested.a.b`, record},
	{"Fields", `it.id * it.nested.a.b - it.id`, record},
	{"Choice", `it.amount > 50 ? "large" : "small"`, record},
	{"Default", `(it.missing ?? 0) + it.id`, record},
	{"Member", `it.status in ["ok", "done", "new"]`, record},
	{"Text", `it.user startsWith "user-" && len(it.user) < 10`, record},
	{"Loop", `count(it.tags, # == "b") == 1`, record},
	{"SumOfSquares", `sum(1..100, # * #)`, `null`},
	{"Upper", `upper(it.status) + "!"`, record},
}

func scopeOf(b testing.TB, item string) *flow.Scope {
	return &flow.Scope{It: decode(b, item), Vars: []value.Value{value.OfInt(7)}}
}

func BenchmarkEval(b *testing.B) {
	for _, x := range benchmarks {
		b.Run(x.name, func(b *testing.B) {
			e, problems := Compile(x.src, Env{Vars: []string{"acc"}})
			if problems != nil {
				b.Fatal(problems)
			}
			s := scopeOf(b, x.item)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Eval(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFunc(b *testing.B) {
	for _, x := range benchmarks {
		b.Run(x.name, func(b *testing.B) {
			e, _ := Compile(x.src, Env{Vars: []string{"acc"}})
			eval := flow.Func(e)
			s := scopeOf(b, x.item)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := eval(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTest(b *testing.B) {
	for _, x := range benchmarks {
		e, _ := Compile(x.src, Env{Vars: []string{"acc"}})
		test := flow.Test(e)
		s := scopeOf(b, x.item)
		if _, err := test(s); err != nil {
			continue
		}
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := test(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNothing is what a call of a function alone takes here, to judge the others by.
func BenchmarkNothing(b *testing.B) {
	nothing := flow.Func(Const(value.OfInt(1)))
	s := scopeOf(b, `1`)
	for b.Loop() {
		if _, err := nothing(s); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkColumns is of 256 ints at once, in columns and by calls.
func BenchmarkColumns(b *testing.B) {
	items := make([]flow.Item, 256)
	for i := range items {
		items[i].Value = value.OfInt(int64(i))
	}
	out := make([]flow.Item, 0, len(items))
	s := &flow.Scope{Vars: []value.Value{value.OfInt(0)}}
	compile := func(src string) flow.Expr {
		e, problems := Compile(src, Env{Vars: []string{"acc"}})
		if problems != nil {
			b.Fatal(problems)
		}
		return e
	}
	filter, each, fold := compile("it % 2 == 0"), compile("it * 3 + 1"), compile("acc + it")
	byFilter, byMap, byFold := flow.NewFilter(filter), flow.NewMapper(each), flow.NewFolder(fold)
	column, room := flow.ColumnOf(items, new(flow.Room)), new(flow.Room)
	test, eval, next := flow.Test(filter), flow.Func(each), flow.Func(fold)
	for name, run := range map[string]func(){
		"FilterItems":  func() { _, _, _ = byFilter.Items(s, items, out) },
		"MapItems":     func() { _, _, _ = byMap.Items(s, items, out) },
		"FilterColumn": func() { _, _ = byFilter.Column(column, room) },
		"MapColumn":    func() { _, _ = byMap.Column(column, room) },
		"FoldColumn":   func() { _, _ = byFold.Column(value.OfInt(0), column) },
		"FilterCalls": func() {
			kept := out
			for _, it := range items {
				if ok, _ := test(s.Set(it)); ok {
					kept = append(kept, it)
				}
			}
		},
		"MapCalls": func() {
			made := out
			for _, it := range items {
				v, _ := eval(s.Set(it))
				made = append(made, it.With(v))
			}
		},
		"FoldCalls": func() {
			for _, it := range items {
				s.Vars[0], _ = next(s.Set(it))
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				run()
			}
		})
	}
}
