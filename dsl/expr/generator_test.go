package expr

import (
	"fmt"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

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
