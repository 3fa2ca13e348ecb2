package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	exprlang "github.com/expr-lang/expr"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// machine compiles an expression for expr-lang's own machine, with the differences modelled; nil where it is ill typed.
func machine(src string) (*vm.Program, error) {
	env := types.Map{"it": types.Any, "acc": types.Any, "absent": types.Any}
	if _, err := exprlang.Compile(src, exprlang.Env(env), exprlang.Optimize(false)); err != nil {
		return nil, err
	}
	options := []exprlang.Option{exprlang.Env(env), exprlang.Optimize(false), exprlang.Patch(models{})}
	for _, d := range differences {
		options = append(options, exprlang.Function(modelName(d.name), func(args ...any) (any, error) { return d.model(args...) }))
	}
	return exprlang.Compile(src, options...)
}

// identical reports whether two values are the same, down to the kinds of numbers.
func identical(a, b value.Value) bool {
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false
	}
	switch a.Kind() {
	case value.Float:
		return a.Float() == b.Float() && math.Signbit(a.Float()) == math.Signbit(b.Float()) || math.IsNaN(a.Float()) && math.IsNaN(b.Float())
	case value.List:
		for i := range a.List() {
			if !identical(a.List()[i], b.List()[i]) {
				return false
			}
		}
		return true
	case value.Object:
		for i, key := range a.Shape().Keys() {
			if x, ok := b.Field(key); !ok || !identical(a.At(i), x) {
				return false
			}
		}
		return true
	}
	return value.Equal(a, b)
}

// against compares the closures with the machine on the items.
func against(t rapid.TB, src string, items []value.Value) {
	program, illTyped := machine(src)
	e, problems := Compile(src, Env{Vars: []string{"acc"}})
	if illTyped != nil {
		return // and the checker is the same for both
	}
	var eval func(*flow.Scope) (value.Value, error)
	var test func(*flow.Scope) (bool, error)
	if problems == nil {
		eval, test = flow.Func(e), flow.Test(e)
	} else {
		for _, p := range problems {
			if strings.Contains(p.Message, "has no field") || strings.Contains(p.Message, "cannot be used with") || strings.Contains(p.Message, "` takes ") {
				return // what inference found, which the machine does not know
			}
			if !strings.HasPrefix(p.Message, "this is the same for every item, and fails") {
				t.Fatalf("%s: only this package refuses it: %s", src, p.Message)
			}
		}
		eval = func(*flow.Scope) (value.Value, error) { return value.Value{}, fmt.Errorf("%s", problems[0].Message) }
	}
	scope := &flow.Scope{Vars: make([]value.Value, 1)}
	for i, item := range items {
		acc := items[len(items)-1-i]
		want, wantErr := vm.Run(program, map[string]any{"it": item.ToGo(), "acc": acc.ToGo(), "absent": absent})
		scope.It, scope.Vars[0] = item, acc
		got, err := eval(scope)
		said := fmt.Sprintf("%s\n it   %s\n acc  %s\n got  %s, %v\n want %v, %v", src, item.Text(), acc.Text(), got.Text(), err, want, wantErr)
		if (err != nil) != (wantErr != nil) || err == nil && !identical(got, value.FromGo(want)) {
			t.Fatal(said)
		}
		if err != nil && (strings.Contains(err.Error(), "%!(") || flow.ErrorType(err) != "expression" && problems == nil) {
			t.Fatalf("a failure that is none of an expression's: %v\n%s", err, said)
		}
		if test != nil {
			ok, testErr := test(scope)
			if (testErr != nil) != (err != nil || got.Kind() != value.Bool) || testErr == nil && ok != got.Bool() {
				t.Fatalf("as a condition: %v, %v\n%s", ok, testErr, said)
			}
		}
	}
}

func property(t *rapid.T) {
	g := generator{t: t}
	src := g.any(4)
	var items []value.Value
	for range rapid.IntRange(1, 4).Draw(t, "items") {
		items = append(items, g.item())
	}
	against(t, src, items)
}

func TestAgainstExprLang(t *testing.T) { rapid.Check(t, property) }

func FuzzAgainstExprLang(f *testing.F) { f.Fuzz(rapid.MakeFuzz(property)) }

// generator draws expressions that are well formed, and mostly well typed.
type generator struct {
	t     *rapid.T
	loops int      // around
	acc   bool     // the innermost is a reduce
	lets  []string // in scope
	named int
}

func (g *generator) pick(from ...string) string { return rapid.SampledFrom(from).Draw(g.t, "") }

// one draws one of the ways to go on; at no depth left, one of the first few, which are leaves.
func (g *generator) one(depth, leaves int, ways ...func() string) string {
	if depth <= 0 {
		ways = ways[:leaves]
	}
	return ways[rapid.IntRange(0, len(ways)-1).Draw(g.t, "")]()
}

func (g *generator) any(d int) string {
	return g.one(d, 3,
		func() string { return g.leaf() },
		func() string { return "nil" },
		func() string { return g.pick("it", "acc") },
		func() string { return g.number(d) },
		func() string { return g.text(d) },
		func() string { return g.condition(d) },
		func() string { return g.list(d) },
		func() string { return g.object(d) },
		func() string { return g.mixed(d) },
	)
}

// leaf draws what stands in scope.
func (g *generator) leaf() string {
	leaves := []string{"it", "acc", "it.a", "it.b", "it.n", "it.f", "it.s", "it.xs", "it.o", "it.o.a", "it?.o?.b", `it["a"]`, "it.xs[0]"}
	leaves = append(leaves, g.lets...)
	if g.loops > 0 {
		leaves = append(leaves, "#", "#", "#index", "#.a")
	}
	if g.acc {
		leaves = append(leaves, "#acc")
	}
	return g.pick(leaves...)
}

func (g *generator) number(d int) string {
	return g.one(d, 3,
		func() string {
			return g.pick("0", "1", "2", "3", "7", "10", "-1", "(-2)", "100", "9223372036854775807", "(-9223372036854775807 - 1)", "4611686018427387904", "9007199254740993", "3037000500")
		},
		func() string {
			return g.pick("0.5", "1.0", "0.1", "2.5", "(-0.0)", "1e300", "9007199254740992.0", "9223372036854775807.0", "(-1.5)")
		},
		func() string { return g.leaf() },
		func() string {
			return fmt.Sprintf("(%s %s %s)", g.number(d-1), g.pick("+", "-", "*", "+", "-", "*", "/", "%", "**"), g.number(d-1))
		},
		func() string {
			return fmt.Sprintf("(%s %s %s)", g.leaf(), g.pick("+", "-", "*", "%"), g.pick("1", "2", "3", "-1", "0"))
		},
		func() string { return g.pick("-", "+") + "(" + g.number(d-1) + ")" },
		func() string {
			return fmt.Sprintf("%s(%s)", g.pick("abs", "ceil", "floor", "round", "int", "float", "bitnot"), g.number(d-1))
		},
		func() string {
			return fmt.Sprintf("%s(%s, %s)", g.pick("bitand", "bitor", "bitxor", "bitnand", "bitshl", "bitshr", "bitushr", "min", "max"), g.number(d-1), g.number(d-1))
		},
		func() string { return fmt.Sprintf("len(%s)", g.any(d-1)) },
		func() string { return fmt.Sprintf("%s(%s)", g.pick("int", "float"), g.text(d-1)) },
		func() string {
			return fmt.Sprintf("%s(%s)", g.pick("sum", "min", "max", "mean", "median", "count"), g.list(d-1))
		},
		func() string { return g.loop(d, g.pick("count", "findIndex", "findLastIndex"), g.condition) },
		func() string { return g.loop(d, "sum", g.number) },
		func() string {
			return fmt.Sprintf("%s(%s, %s)", g.pick("indexOf", "lastIndexOf"), g.text(d-1), g.text(d-1))
		},
	)
}

func (g *generator) text(d int) string {
	return g.one(d, 2,
		func() string {
			return g.pick(`""`, `"a"`, `"b"`, `"ab"`, `"äö€"`, `" x "`, `"12"`, `"1.5"`, `"a,b"`, `"A"`, `"日本"`, `"YWI="`, `"nan"`, "`{\"a\":1}`")
		},
		func() string { return g.pick("it.s", "it.a", "acc", "it.o.s") },
		func() string { return fmt.Sprintf("(%s + %s)", g.text(d-1), g.text(d-1)) },
		func() string {
			return fmt.Sprintf("%s(%s)", g.pick("upper", "lower", "trim", "toBase64", "fromBase64", "trimPrefix"), g.text(d-1))
		},
		func() string {
			return fmt.Sprintf("%s(%s, %s)", g.pick("trim", "trimPrefix", "trimSuffix"), g.text(d-1), g.text(d-1))
		},
		func() string { return fmt.Sprintf("%s(%s)", g.pick("string", "type", "toJSON"), g.any(d-1)) },
		func() string { return fmt.Sprintf("replace(%s, %s, %s)", g.text(d-1), g.text(d-1), g.text(d-1)) },
		func() string { return fmt.Sprintf("replace(%s, %s, %s, 1)", g.text(d-1), g.text(d-1), g.text(d-1)) },
		func() string { return fmt.Sprintf("repeat(%s, %s)", g.text(d-1), g.pick("0", "2", "-1", "it.n % 3")) },
		func() string { return fmt.Sprintf("join(%s, %s)", g.list(d-1), g.text(d-1)) },
		func() string { return g.slice(g.text(d-1), d) },
		func() string { return fmt.Sprintf("(%s)[%s]", g.text(d-1), g.pick("0", "1", "-1", "it.n")) },
	)
}

func (g *generator) slice(of string, d int) string {
	return fmt.Sprintf("(%s)[%s:%s]", of, g.pick("", "0", "1", "-2", "5", "it.n"), g.pick("", "1", "2", "-1", "9", "it.n"))
}

func (g *generator) condition(d int) string {
	return g.one(d, 3,
		func() string { return g.pick("true", "false") },
		func() string { return g.pick("it.b", "it.a", "acc") },
		func() string {
			return fmt.Sprintf("(%s %s %s)", g.leaf(), g.pick("==", "!=", "<", "<=", ">", ">="), g.pick("0", "1", "2", "0.5", `"a"`, `""`, "nil", "true"))
		},
		func() string {
			return fmt.Sprintf("(%s %s %s)", g.number(d-1), g.pick("==", "!=", "<", "<=", ">", ">="), g.number(d-1))
		},
		func() string {
			return fmt.Sprintf("(%s %s %s)", g.text(d-1), g.pick("==", "!=", "<", "<=", ">", ">="), g.text(d-1))
		},
		func() string { return fmt.Sprintf("(%s %s %s)", g.any(d-1), g.pick("==", "!="), g.any(d-1)) },
		func() string {
			return fmt.Sprintf("(%s %s %s)", g.condition(d-1), g.pick("and", "or", "&&", "||"), g.condition(d-1))
		},
		func() string { return g.pick("not ", "!") + "(" + g.condition(d-1) + ")" },
		func() string {
			return fmt.Sprintf("(%s %s %s)", g.text(d-1), g.pick("contains", "startsWith", "endsWith", "not contains"), g.text(d-1))
		},
		func() string {
			return fmt.Sprintf("(%s matches %s)", g.text(d-1), g.pick(`"^a"`, `"[ab]+"`, `"ö.$"`, `"("`, "it.s"))
		},
		func() string {
			return fmt.Sprintf("%s(%s, %s)", g.pick("hasPrefix", "hasSuffix"), g.text(d-1), g.text(d-1))
		},
		func() string { return fmt.Sprintf("(%s %s %s)", g.any(d-1), g.pick("in", "not in"), g.list(d-1)) },
		func() string { return fmt.Sprintf(`(%s in ["a", "b", "äö€"])`, g.any(d-1)) },
		func() string { return fmt.Sprintf("(%s in %s)", g.text(d-1), g.object(d-1)) },
		func() string { return g.loop(d, g.pick("all", "any", "none", "one"), g.condition) },
	)
}

func (g *generator) list(d int) string {
	return g.one(d, 3,
		func() string { return g.pick("it.xs", "it.xs", "it.o.xs", "acc") },
		func() string { return g.pick("[]", "[1, 2, 3]", `["b", "a"]`, "[1, 1.0, nil]", "[it]") },
		func() string { return g.pick("1..3", "0..it.n", "3..1", "it.a..2") },
		func() string { return fmt.Sprintf("[%s, %s]", g.any(d-1), g.any(d-1)) },
		func() string {
			return fmt.Sprintf("%s(%s)", g.pick("sort", "reverse", "uniq", "flatten", "concat"), g.list(d-1))
		},
		func() string { return fmt.Sprintf(`sort(%s, %s)`, g.list(d-1), g.pick(`"asc"`, `"desc"`, "it.s")) },
		func() string { return fmt.Sprintf("concat(%s, %s)", g.list(d-1), g.list(d-1)) },
		func() string { return fmt.Sprintf("take(%s, %s)", g.list(d-1), g.pick("0", "1", "2", "-1", "it.n")) },
		func() string {
			return fmt.Sprintf("%s(%s, %s)", g.pick("split", "splitAfter"), g.text(d-1), g.text(d-1))
		},
		func() string {
			return fmt.Sprintf("split(%s, %s, %s)", g.text(d-1), g.text(d-1), g.pick("0", "1", "2", "-1"))
		},
		func() string { return fmt.Sprintf("sort(keys(%s))", g.object(d-1)) },
		func() string { return g.loop(d, "map", g.any) },
		func() string { return g.loop(d, "filter", g.condition) },
		func() string { return g.loop(d, "sortBy", g.any) },
		func() string { return g.slice(g.list(d-1), d) },
		func() string { return fmt.Sprintf("(%s | map(%s))", g.list(d-1), g.within(d, g.any)) },
	)
}

func (g *generator) object(d int) string {
	return g.one(d, 2,
		func() string { return g.pick("it", "it.o", "it", "acc") },
		func() string { return g.pick("{}", "({a: 1})", `{a: nil, "a b": it}`) },
		func() string { return fmt.Sprintf("{a: %s, b: %s}", g.any(d-1), g.any(d-1)) },
		func() string { return fmt.Sprintf("{(%s): %s}", g.any(d-1), g.any(d-1)) },
		func() string { return "fromPairs(sort(toPairs(" + g.loop(d, "groupBy", g.any) + ")))" },
		func() string { return fmt.Sprintf("fromPairs([[%s, %s]])", g.text(d-1), g.any(d-1)) },
		func() string { return fmt.Sprintf("fromPairs(toPairs(%s))", g.object(d-1)) },
		func() string { return fmt.Sprintf("fromJSON(%s)", g.text(d-1)) },
	)
}

// mixed draws what can give anything.
func (g *generator) mixed(d int) string {
	return g.one(d, 1,
		func() string { return g.leaf() },
		func() string { return fmt.Sprintf("(%s ? %s : %s)", g.condition(d-1), g.any(d-1), g.any(d-1)) },
		func() string {
			return fmt.Sprintf("(if %s { %s } else { %s })", g.condition(d-1), g.any(d-1), g.any(d-1))
		},
		func() string { return fmt.Sprintf("(%s ?? %s)", g.any(d-1), g.any(d-1)) },
		func() string { return fmt.Sprintf("%s(%s)", g.pick("first", "last"), g.any(d-1)) },
		func() string { return fmt.Sprintf("get(%s, %s)", g.any(d-1), g.pick("0", "-1", "9", `"a"`, "it.n")) },
		func() string { return fmt.Sprintf("(%s)[%s]", g.list(d-1), g.number(d-1)) },
		func() string {
			return fmt.Sprintf("(%s)%s", g.object(d-1), g.pick(".a", "?.a", "?.a.b", `["b"]`, "?.o?.a", ".o.a", "?.xs[0]", "?.xs?.[0]"))
		},
		func() string { return g.loop(d, g.pick("find", "findLast"), g.condition) },
		func() string {
			g.named++
			name := "v" + strconv.Itoa(g.named)
			first := g.any(d - 1)
			g.lets = append(g.lets, name)
			then := g.any(d - 1)
			g.lets = g.lets[:len(g.lets)-1]
			return fmt.Sprintf("(let %s = %s; %s)", name, first, then)
		},
		func() string { return fmt.Sprintf("(%s; %s)", g.any(d-1), g.any(d-1)) },
		func() string {
			list := g.list(d - 1)
			first := g.pick(", "+g.number(0), ", []", "")
			outer := g.acc
			g.acc = true
			body := g.within(d, g.any)
			g.acc = outer
			return fmt.Sprintf("reduce(%s, %s%s)", list, body, first)
		},
		func() string { return fmt.Sprintf("duration(%s)", g.pick(`"1h"`, `"90s"`, `"-5ms"`, `"x"`, "it.s")) },
		func() string {
			return fmt.Sprintf("(duration(%s) %s %s)", g.pick(`"1h"`, `"-5ms"`), g.pick("+", "-", "*", "/", "<", "=="), g.any(d-1))
		},
	)
}

// within draws the body of a loop.
func (g *generator) within(d int, body func(int) string) string {
	g.loops++
	defer func() { g.loops-- }()
	return body(d - 1)
}

func (g *generator) loop(d int, name string, body func(int) string) string {
	list, acc := g.list(d-1), g.acc
	g.acc = false
	defer func() { g.acc = acc }()
	does := g.within(d, body)
	if strings.HasPrefix(name, "findLast") {
		does = strings.ReplaceAll(does, "#index", "#") // which the model of it has not
	}
	return fmt.Sprintf("%s(%s, %s)", name, list, does)
}

// item draws an item: often an object with the fields that the expressions name.
func (g *generator) item() value.Value {
	if rapid.IntRange(0, 4).Draw(g.t, "") == 0 {
		return g.datum(2)
	}
	b := value.Builder{}
	for _, key := range []string{"a", "b", "f", "n", "o", "s", "xs"} { // in the order in which Go data is written
		if rapid.IntRange(0, 3).Draw(g.t, "") == 0 {
			continue
		}
		x := g.datum(2)
		if rapid.IntRange(0, 3).Draw(g.t, "") > 0 {
			switch key {
			case "n":
				x = value.OfInt(int64(rapid.IntRange(-2, 4).Draw(g.t, "")))
			case "f":
				x = g.float()
			case "s":
				x = value.OfString(g.string())
			case "b":
				x = value.OfBool(rapid.Bool().Draw(g.t, ""))
			case "xs":
				x = g.listOf(2)
			case "o":
				x = value.OfPairs("a", g.datum(1), "s", value.OfString(g.string()), "xs", g.listOf(1))
			}
		}
		b.Set(key, x)
	}
	return b.Value()
}

func (g *generator) string() string {
	return rapid.OneOf(rapid.SampledFrom([]string{"", "a", "ab", "b", "äö€", "12", " x", "a,b", "日本語", "\x00"}), rapid.StringN(0, 4, -1)).Draw(g.t, "")
}

func (g *generator) float() value.Value {
	f := rapid.OneOf(
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 0.5, 1, 2, -1.5, 1e300, -1e300, math.NaN(), math.Inf(1), math.Inf(-1), 1 << 53, 1 << 63, -1 << 63, math.SmallestNonzeroFloat64}),
		rapid.Float64(),
	).Draw(g.t, "")
	if text := string(value.AppendJSON(nil, value.OfFloat(f))); strings.ContainsAny(text, ".e") && rapid.Bool().Draw(g.t, "") {
		return value.OfNumber(text)
	}
	return value.OfFloat(f)
}

func (g *generator) listOf(d int) value.Value {
	items := make([]value.Value, rapid.IntRange(0, 4).Draw(g.t, ""))
	for i := range items {
		items[i] = g.datum(d - 1)
	}
	return value.OfList(items)
}

func (g *generator) datum(d int) value.Value {
	kinds := 6
	if d > 0 {
		kinds = 8
	}
	switch rapid.IntRange(0, kinds-1).Draw(g.t, "") {
	case 0:
		return value.Value{}
	case 1:
		return value.OfBool(rapid.Bool().Draw(g.t, ""))
	case 2:
		return value.OfInt(int64(rapid.IntRange(-3, 5).Draw(g.t, "")))
	case 3:
		return value.OfInt(rapid.OneOf(rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 1 << 53, 1<<53 + 1, 1 << 62, 3037000500}), rapid.Int64()).Draw(g.t, ""))
	case 4:
		return g.float()
	case 5:
		return value.OfString(g.string())
	case 6:
		return g.listOf(d)
	}
	return value.OfPairs("a", g.datum(d-1), "b", g.datum(d-1))
}
