package expr

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func decode(t testing.TB, text string) value.Value {
	t.Helper()
	v, err := value.DecodeJSON([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// Each line is an expression, the item, and the result as JSON or the error after `!`.
const evaluations = `
it.a + 1                        | {"a":1}            | 2
it.a + 1.5                      | {"a":1}            | 2.5
it.a * it.a                     | {"a":4000000000}   | ! it.a * it.a overflows an int
it.a + 1                        | {"a":9223372036854775807} | ! it.a + 1 overflows an int
-it.a                           | {"a":3}            | -3
it.a / 2                        | {"a":3}            | 1.5
it.a / it.b                     | {"a":3,"b":0}      | ! it.b is 0, and nothing can be divided by it
it.a % 2                        | {"a":3}            | 1
it.a ** 2                       | {"a":3}            | 9
it.a                            | {"a":1.10}         | 1.10
it                              | {"b":12345678901234567890,"a":1.0} | {"b":12345678901234567890,"a":1.0}
it.a == 1                       | {"a":1.0}          | true
it.a == "1"                     | {"a":1}            | false
it.a == null                    | {}                 | true
it.a == nil                     | {}                 | true
it.a.b                          | {}                 | ! it.a is null, and has no field ` + "`b`" + `: write ` + "`?.`" + ` where it may be null
it.a?.b                         | {}                 | null
it?.a?.b.c                      | {}                 | null
it.a.b                          | {"a":"x"}          | ! it.a is a string, and has no field ` + "`b`" + `
it.a + 1                        | {}                 | ! it.a is null, and cannot be added in ` + "`it.a + 1`" + `: write ` + "`?? 0`" + ` or the like where it may be
(it.a ?? 0) + 1                 | {}                 | 1
it.a + 1                        | {"a":"x"}          | ! it.a is a string and 1 is an int: they cannot be added
it.a < 1                        | {"a":"x"}          | ! it.a is a string and 1 is an int: they cannot be compared
it.a < "y"                      | {"a":"x"}          | true
it.a + it.b                     | {"a":"x","b":"y"}  | "xy"
it.a and it.b                   | {"a":true,"b":1}   | ! it.b is an int, not a bool
it.a or it.b                    | {"a":true,"b":1}   | true
not it.a                        | {"a":false}        | true
it.a ? 1 : 2                    | {"a":false}        | 2
it.a in [1, 2]                  | {"a":2}            | true
"a" in it                       | {"a":2}            | true
it.a matches "^x+$"             | {"a":"xxx"}        | true
it.a contains "b"               | {"a":"abc"}        | true
it.a[0]                         | {"a":[1,2]}        | 1
it.a[-1]                        | {"a":[1,2]}        | 2
it.a[2]                         | {"a":[1,2]}        | ! the index 2 is out of range: it.a has 2 elements
it["a b"]                       | {"a b":1}          | 1
it.a[1:]                        | {"a":"äöü"}        | "öü"
it.a[:7]                        | {"a":"2024-05-01"} | "2024-05"
len(it.a)                       | {"a":"äöü"}        | 3
map(it.a, # * 2)                | {"a":[1,2]}        | [2,4]
map(it.a, {# * 2})              | {"a":[1,2]}        | [2,4]
map(it.a, ({x: #}))             | {"a":[1,2]}        | [{"x":1},{"x":2}]
filter(it.a, # > 1)             | {"a":[1,2]}        | [2]
filter(it.a, .x > 1)            | {"a":[{"x":1},{"x":2}]} | [{"x":2}]
map(it.a, #index)               | {"a":[5,6]}        | [0,1]
map(it.a, map(it.b, # + 1))     | {"a":[5,6],"b":[1]} | [[2],[2]]
reduce(it.a, #acc + #, 0)       | {"a":[5,6]}        | 11
sum(it.a)                       | {"a":[5,6]}        | 11
sum(it.a, .x)                   | {"a":[{"x":1.5}]}  | 1.5
count(it.a, # > 5)              | {"a":[5,6]}        | 1
all(it.a, # > 5)                | {"a":[5,6]}        | false
any(it.a, # > 5)                | {"a":[5,6]}        | true
none(it.a, # > 6)               | {"a":[5,6]}        | true
one(it.a, # > 5)                | {"a":[5,6]}        | true
find(it.a, # > 5)               | {"a":[5,6,7]}      | 6
findLast(it.a, # > 5)           | {"a":[5,6,7]}      | 7
findIndex(it.a, # > 5)          | {"a":[5,6,7]}      | 1
groupBy(it.a, .k)               | {"a":[{"k":"y"},{"k":"x"},{"k":"y"}]} | {"y":[{"k":"y"},{"k":"y"}],"x":[{"k":"x"}]}
sortBy(it.a, .k, "desc")        | {"a":[{"k":1},{"k":2}]} | [{"k":2},{"k":1}]
let x = it.a; x + x             | {"a":2}            | 4
{b: it.a, a: 1, "c d": null}    | {"a":2}            | {"b":2,"a":1,"c d":null}
it.a | upper()                  | {"a":"x"}          | "X"
upper(it.a)                     | {"a":1}            | ! upper(it.a): the argument is an int, not a string
int("12") + int(it.a)           | {"a":3.9}          | 15
int(it.a)                       | {"a":"x"}          | ! int(it.a): "x" is no int
float(it.a)                     | {"a":"1.5"}        | 1.5
string(it.a) + "!"              | {"a":[1,"x"]}      | "[1,\"x\"]!"
split(it.a, ",")                | {"a":"x,y"}        | ["x","y"]
trim(it.a)                      | {"a":" x "}        | "x"
join(map(it.a, string(#)), "-") | {"a":[1,2]}        | "1-2"
keys(it)                        | {"b":1,"a":2}      | ["b","a"]
toPairs(it)                     | {"b":1}            | [["b",1]]
fromJSON(it.a).x                | {"a":"{\"x\":1.0}"} | 1.0
toJSON(it)                      | {"a":1.0}          | "{\"a\":1.0}"
max(it.a)                       | {"a":[1,3,2]}      | 3
min(1, it.a)                    | {"a":0.5}          | 0.5
round(it.a)                     | {"a":2.5}          | 3
first(it.a)                     | {"a":[]}           | null
uniq(it.a)                      | {"a":[1,1.0,2]}    | [1,2]
sort(it.a, "desc")              | {"a":[1,3,2]}      | [3,2,1]
1..3                            | null               | [1,2,3]
type(it.a)                      | {"a":1.5}          | "float"
merge(it, {b: 3, c: 4})         | {"a":1,"b":2}      | {"a":1,"b":3,"c":4}
sha256("abc")                   | null               | "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
url_encode(it.a)                | {"a":"a b/ä"}      | "a%20b%2F%C3%A4"
parse_time(it.a, "%d/%m/%Y")    | {"a":"02/01/2006"} | "2006-01-02T00:00:00Z"
parse_time(it.a).Year()         | {"a":"2024-05-06T07:08:09Z"} | 2024
format_time(parse_time(it.a), "date") | {"a":"2024-05-06T07:08:09Z"} | "2024-05-06"
parse_time(it.a, "date")        | {"a":"x"}          | ! parse_time(it.a, "date"): "x" is no time of the layout "2006-01-02"
duration("1m30s")               | null               | "1m30s"
date("2024-01-02") - date("2024-01-01") | null       | "24h0m0s"
params.n + it.a                 | {"a":1}            | 43
meta.source                     | null               | ""
sum(map(1..it.n, sum(1..it.n))) | {"n":100000}       | ! 
repeat(it.a, 100000000)         | {"a":"x"}          | !
`

func TestEvaluations(t *testing.T) {
	env := Env{Params: value.OfPairs("n", value.OfInt(42))}
	for _, line := range strings.Split(strings.TrimSpace(evaluations), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) > 3 { // a pipe in the expression
			cells = []string{strings.Join(cells[:len(cells)-2], "|"), cells[len(cells)-2], cells[len(cells)-1]}
		}
		src, item, want := strings.TrimSpace(cells[0]), decode(t, cells[1]), strings.TrimSpace(cells[2])
		e, problems := Compile(src, env)
		if problems != nil {
			t.Errorf("%s: %+v", src, problems)
			continue
		}
		v, err := e.Eval(&flow.Scope{It: item})
		got := ""
		if err != nil {
			got = "! " + err.Error()
		} else {
			got = string(value.AppendJSON(nil, v))
		}
		if got != want && (want != "!" || err == nil) {
			t.Errorf("%s of %s\n got  %s\n want %s", src, cells[1], got, want)
		}
	}
}

// Each line is an expression and its problem: the text that it is about, the code, and the message.
const mistakes = `
it.x +                  | ·          | FR401 the expression ends too early
foo + 1                 | foo        | FR402 there is no ` + "`foo`" + ` here
itt.x                   | itt        | FR402 there is no ` + "`itt`" + ` here: did you mean ` + "`it`" + `?
uper(it.x)              | uper       | FR403 there is no function ` + "`uper`" + `: did you mean ` + "`upper`" + `?
params.bse              | bse        | FR302 there is no param ` + "`bse`" + `: did you mean ` + "`base`" + `?
meta.indx               | indx       | FR402 ` + "`meta`" + ` has no field ` + "`indx`" + `: did you mean ` + "`index`" + `?
1 + "a"                 | +          | FR404 ` + "`+`" + ` cannot be used with an int and a string
it.x matches "("        | matches    | FR404 this is no regular expression: missing closing ): ` + "`(`" + `
9223372036854775807 + 1 | +          | FR404 this is the same for every item, and fails: 9223372036854775807 + 1 overflows an int
`

func TestMistakesHaveTheirPlace(t *testing.T) {
	env := Env{Params: value.OfPairs("base", value.OfString("x"))}
	for _, line := range strings.Split(strings.TrimSpace(mistakes), "\n") {
		cells := strings.SplitN(line, "|", 3)
		src, at, want := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])
		_, problems := Compile(src, env)
		if len(problems) == 0 {
			t.Errorf("%s: no problem", src)
			continue
		}
		p := problems[0]
		got := p.Code + " " + p.Message
		if p.Suggest != "" {
			got += ": " + p.Help
		}
		if got != want || at != "·" && !strings.HasPrefix(src[p.Start:], at) {
			t.Errorf("%s\n got  %s at %q\n want %s at %q", src, got, src[p.Start:p.End], want, at)
		}
	}
}

func TestSeveralMistakesAtOnce(t *testing.T) {
	_, problems := Compile("foo + bar(it.x) + params.baz", Env{})
	if len(problems) != 3 {
		t.Fatalf("%+v", problems)
	}
}

func TestTemplates(t *testing.T) {
	env := Env{Params: value.OfPairs("base", value.OfString("http://x"))}
	for src, want := range map[string]string{
		"${params.base}/page/${it.n}": "http://x/page/7",
		"$${it.n}":                    "${it.n}",
		"a ${ {a: '}'}.a } b":         "a } b",
		"${it.s}":                     "x",
		"${it.missing}":               "! it.missing is null, and null is no text: write `?? ''` where it may be",
	} {
		e, problems := CompileTemplate(src, env)
		if problems != nil {
			t.Errorf("%s: %v", src, problems)
			continue
		}
		v, err := e.Eval(&flow.Scope{It: decode(t, `{"n":7,"s":"x"}`)})
		got := v.Str()
		if err != nil {
			got = "! " + err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", src, got, want)
		}
	}
	if _, problems := CompileTemplate("a ${it.x", env); len(problems) != 1 || problems[0].Code != "FR405" || problems[0].Start != 2 {
		t.Error(problems)
	}
}

func TestAggregates(t *testing.T) {
	calls, result, problems := CompileAggregate("round(sum(it.x) / count()) + max(it.y)", Env{})
	if problems != nil || len(calls) != 3 {
		t.Fatal(calls, problems)
	}
	got := fmt.Sprint(calls[0].Func, calls[0].Arg, calls[1].Func, calls[2].Func, calls[2].Arg)
	v, err := result.Eval(&flow.Scope{Vars: []value.Value{value.OfInt(7), value.OfInt(2), value.OfInt(1)}})
	if err != nil || got != "sumit.xcountmaxit.y" && v.Float() != 5 {
		t.Fatal(got, v.Text(), err)
	}
	for _, src := range []string{"it.x", "sum(it.x) + it.y", "sum()", "1 + 1"} {
		if _, _, problems := CompileAggregate(src, Env{}); len(problems) == 0 || problems[0].Code != "FR407" {
			t.Errorf("%s: %+v", src, problems)
		}
	}
}

func TestConstants(t *testing.T) {
	env := Env{Params: value.OfPairs("n", value.OfInt(2))}
	for src, want := range map[string]bool{"1 + params.n": true, "it.x": false, "now()": false, "map(1..3, # * 2)": true} {
		e, problems := Compile(src, env)
		if problems != nil {
			t.Fatal(src, problems)
		}
		if _, ok := Constant(e); ok != want {
			t.Errorf("%s: constant %v, want %v", src, ok, want)
		}
	}
}

func BenchmarkFilter(b *testing.B) {
	e, _ := Compile(`it.status == "ok" && it.amount > 50`, Env{})
	s := &flow.Scope{It: decode(b, `{"id":1,"status":"ok","amount":12.5}`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Eval(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMap(b *testing.B) {
	e, _ := Compile(`{id: it.id, status: it.status, double: it.id * 2, k: "x"}`, Env{})
	s := &flow.Scope{It: decode(b, `{"id":1,"status":"ok","amount":12.5}`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Eval(s); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, line := range strings.Split(evaluations+mistakes, "\n") {
		f.Add(strings.TrimSpace(strings.Split(line, "|")[0]))
	}
	item := decode(f, `{"a":[1,2,{"x":"y"}],"b":"text","n":3}`)
	f.Fuzz(func(t *testing.T, src string) {
		e, problems := Compile(src, Env{})
		placed(t, src, problems)
		if (e == nil) == (problems == nil) {
			t.Fatalf("%q: %v and %v", src, e, problems)
		}
		if e != nil {
			_, _ = e.Eval(&flow.Scope{It: item})
		}
		_, problems = CompileTemplate(src, Env{NoItem: true})
		placed(t, src, problems)
		_, _, problems = CompileAggregate(src, Env{})
		placed(t, src, problems)
	})
}

// placed checks that problems are worded, and lie within the source.
func placed(t *testing.T, src string, problems []Problem) {
	t.Helper()
	for _, p := range problems {
		within := 0 <= p.Start && p.Start <= p.End && p.End <= len(src)
		if !within || p.Code == "" || p.Message == "" || utf8.ValidString(src) && !utf8.ValidString(src[p.Start:p.End]) {
			t.Fatalf("%q: %+v", src, p)
		}
	}
}
