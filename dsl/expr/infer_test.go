package expr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Each line is an expression and the type of what it gives, or the problem after `?` with the text that it is about.
// `it` is {id: int, name: string, price: float, tags: list of string, at: time, left: duration, o?: {a: int}, n: int or null,
// any: any}, and `acc` an int.
const inferences = `
it.id                                  | int
it.id + 1                              | int
it.id * 1.5                            | float
it.id / 2                              | float
it.price % 2                           | ? % : ` + "`%` cannot be used with a float and an int" + `
it.name + "x"                          | string
it.any + 1                             | int or float
it.name == 1                           | bool
it.tags[0]                             | string
it.name[1:]                            | string
it.tags[1:]                            | list of string
it.o?.a                                | int or null
(it.id > 1 ? {a: {b: 1}} : null)?.a.b  | int or null
it.o.a                                 | int
it.n ?? 0                              | int
it.n ?? "x"                            | int or string
it.any ?? 1                            | anything but null
acc + it.id                            | int
it.id > 1 ? "a" : nil                  | string or null
[1, "a", nil]                          | list of int or string or null
[]                                     | list
1..3                                   | list of int
{a: it.id, b: {c: it.name}}            | {a: int, b: {c: string}}
{a: 1, (it.name): 2}                   | object
map(it.tags, len(#))                   | list of int
map(it.tags, ({t: #, i: #index}))      | list of {t: string, i: int}
filter(it.tags, # != "")               | list of string
find(it.tags, # != "")                 | string or null
findIndex(it.tags, # != "")            | int or null
reduce(it.tags, #acc + len(#), 0)      | int or float
reduce(it.tags, # + #acc, "")          | string
sum(it.tags, len(#))                   | int
groupBy(it.tags, #)                    | object
sortBy(it.tags, #)                     | list of string
first(it.tags)                         | string or null
concat(it.tags, [1])                   | list of int or string
min(it.id, 2)                          | int
max(it.id, it.price)                   | int or float
split(it.name, ",")                    | list of string
it.at.Year()                           | int
it.at - it.at                          | duration
it.at + it.left                        | time
it.left * 2                            | duration
let x = it.name; x + x                 | string
merge(it.o ?? {}, {b: "x"})            | {a?: int, b: string}
merge(it, {id: "x"}).id                | string
-it.id                                 | int
not (it.id > 1)                        | bool
meta.index                             | int
params.n                               | int
it.nam                                 | ? nam : the item has no field ` + "`nam`: did you mean `name`?" + `
it?.nam                                | ? nam : the item has no field ` + "`nam`: did you mean `name`?" + `
it.zzz                                 | ? zzz : the item has no field ` + "`zzz`: it has id, name, price, tags, at, left, o, n, any" + `
it.o.b                                 | ? b : it.o has no field ` + "`b`: it has a" + `
it.name.x                              | ? x : it.name is a string, and has no field ` + "`x`" + `
it.any.x.y                             | any
it.name + 1                            | ? + : ` + "`+` cannot be used with a string and an int" + `
it.name < it.id                        | ? < : ` + "`<` cannot be used with a string and an int" + `
filter(it.tags, .x)                    | ? x : # is a string, and has no field ` + "`x`" + `
map([{a: 1}], .b)                      | ? b : # has no field ` + "`b`: it has a" + `
{a: 1}.b                               | ? b : {a: 1} has no field ` + "`b`: it has a" + `
`

func TestInference(t *testing.T) {
	field := func(name string, t flow.Type) flow.Member { return flow.Member{Name: name, Type: t} }
	item := flow.ObjectOf(true, field("id", integer), field("name", str), field("price", float), field("tags", flow.ListOf(str)),
		field("at", instant), field("left", span),
		flow.Member{Name: "o", Type: flow.ObjectOf(true, field("a", integer)), Optional: true},
		field("n", integer.Or(null)), field("any", flow.Any))
	env := Env{
		Params: value.OfPairs("n", value.OfInt(1)), Vars: []string{"acc"},
		Types: map[string]flow.Type{"it": item, "acc": integer},
	}
	for _, line := range strings.Split(strings.TrimSpace(inferences), "\n") {
		at := strings.LastIndex(line, "| ")
		src, want := strings.TrimSpace(line[:at]), strings.TrimSpace(line[at+2:])
		got := ""
		if e, problems := Compile(src, env); problems != nil {
			p := problems[0]
			got = fmt.Sprintf("? %s : %s", src[p.Start:p.End], p.Message)
			if p.Code == "FR402" {
				got += ": " + p.Help
			}
		} else {
			got = TypeOf(e).String()
		}
		if got != want {
			t.Errorf("%s\n got  %s\n want %s", src, got, want)
		}
	}
}

func TestInferenceIsNeverWrong(t *testing.T) {
	for range 20 {
		rapid.Check(t, func(t *rapid.T) {
			g := generator{t: t}
			src := g.any(4)
			var items []value.Value
			var it flow.Type
			for i := range rapid.IntRange(1, 4).Draw(t, "items") {
				items = append(items, g.item())
				if i == 0 {
					it = flow.TypeOf(items[0])
				}
				it = it.Or(flow.TypeOf(items[i]))
			}
			e, problems := Compile(src, Env{Vars: []string{"acc"}, Types: map[string]flow.Type{"it": it, "acc": it}})
			if problems != nil { // a field that the items do not have
				if e, problems = Compile(src, Env{Vars: []string{"acc"}}); problems != nil {
					return
				}
			}
			for i, item := range items {
				v, err := e.Eval(&flow.Scope{It: item, Vars: []value.Value{items[len(items)-1-i]}})
				if err == nil && TypeOf(e).Fault(v) != "" {
					t.Fatalf("%s gives %s, which is not of %s\n it  %s: %s", src, v.Text(), TypeOf(e), item.Text(), it)
				}
			}
		})
	}
}

// A field of what is null for every item is wrong, unless it may be that nobody comes there.
func TestFieldsOfNull(t *testing.T) {
	env := Env{Types: map[string]flow.Type{"it": flow.ObjectOf(true, flow.Member{Name: "a", Type: null}, flow.Member{Name: "xs", Type: flow.ListOf(null)})}}
	for src, wrong := range map[string]bool{
		"it.a.b": true, "it.a.b + 1": true, "it.a.b ?? 1": true, "it.xs[0].b": true, "it.a?.b": false, "it.a?.b.c": false,
		"it.a != null and it.a.b > 1": false, "it.a == null or it.a.b": false, "it.a ? it.a.b : 1": false, "map(it.xs, .b)": false, "it.a": false,
	} {
		_, problems := Compile(src, env)
		if (len(problems) > 0) != wrong {
			t.Errorf("%s: %v", src, problems)
		}
	}
}

// What the checker refuses as an argument is refused by an evaluation, too.
func TestFunctionsTakeWhatTheyTake(t *testing.T) {
	calls := map[string]string{
		"trimPrefix": "%s(it, 'x')", "trimSuffix": "%s(it, 'x')", "split": "%s(it, 'x')", "splitAfter": "%s(it, 'x')", "replace": "%s(it, 'x', 'y')", "repeat": "%s(it, 2)",
		"indexOf": "%s(it, 'x')", "lastIndexOf": "%s(it, 'x')", "hasPrefix": "%s(it, 'x')", "hasSuffix": "%s(it, 'x')",
		"map": "%s(it, 1)", "filter": "%s(it, true)", "find": "%s(it, true)", "findLast": "%s(it, true)", "findIndex": "%s(it, true)", "findLastIndex": "%s(it, true)",
		"all": "%s(it, true)", "any": "%s(it, true)", "none": "%s(it, true)", "one": "%s(it, true)", "count": "%s(it, true)", "reduce": "%s(it, 1, 1)", "groupBy": "%s(it, 1)", "sortBy": "%s(it, 1)",
	}
	for name, of := range takes {
		form := calls[name]
		if form == "" {
			form = "%s(it)"
		}
		e, problems := Compile(fmt.Sprintf(form, name), Env{})
		if problems != nil {
			t.Fatalf("%s: %v", name, problems)
		}
		for _, v := range []value.Value{
			value.OfBool(true), value.OfInt(1), value.OfFloat(1.5), value.OfString("x"), value.OfBytes([]byte("x")), value.OfTime(time.Unix(0, 0)), value.OfDuration(1),
			value.OfList(nil), value.OfList([]value.Value{value.OfInt(1)}), value.OfPairs("a", value.OfInt(1)),
		} {
			if got, err := e.Eval(&flow.Scope{It: v}); err == nil && of.Fault(v) != "" {
				t.Errorf("%s of %s gives %s", e, flow.Describe(v), got.Text())
			}
		}
	}
}
