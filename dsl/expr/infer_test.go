package expr

import (
	"fmt"
	"strings"
	"testing"

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
				if err == nil && !TypeOf(e).Has(v) {
					t.Fatalf("%s gives %s, which is not of %s\n it  %s: %s", src, v.Text(), TypeOf(e), item.Text(), it)
				}
			}
		})
	}
}
