package expr

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/expr-lang/expr/builtin"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Each line is an expression on {"xs":[3,1,2,1.5],"s":"Grüße, Äpfel","n":-7,"o":{"b":1,"a":[2,[3,[4]]]},"t":"2024-02-29T12:30:15.5Z"},
// and the result as JSON or the error after `!`.
const functionCases = `
findLastIndex(it.xs, # > 1)            | 3
abs(it.n)                              | 7
date("2262-01-01").UnixNano()          | 9214646400000000000
date("9999-01-01").UnixNano()          | ! overflows an int
parse_time(253402300799, "unix")       | "9999-12-31T23:59:59Z"
parse_time(1e300, "unix")              | ! is no time: it is too far from 1970
parse_time("-1e19", "unix_ms")         | ! is no time: it is too far from 1970
parse_time("NaN", "unix")              | ! is no time: it is too far from 1970
abs(-9223372036854775807 - 1)          | ! overflows an int
abs(duration("-5s"))                   | "5s"
ceil(1.2)                              | 2
floor(-1.2)                            | -2
round(it.n)                            | -7
lower(it.s)                            | "grüße, äpfel"
lower(it.n)                            | ! lower(it.n): the argument is an int, not a string
trim("xxaxx", "x")                     | "a"
trimPrefix(it.s, "Grüße, ")            | "Äpfel"
trimSuffix(it.s, "fel")                | "Grüße, Äp"
splitAfter(it.s, ", ")                 | ["Grüße, ","Äpfel"]
split("a,b,c", ",", 2)                 | ["a","b,c"]
split(it.n, ",")                       | ! split(it.n, ","): argument 1 is an int, not a string
replace(it.s, "e", "3")                | "Grüß3, Äpf3l"
replace("aaa", "a", "b", 2)            | "bba"
repeat("ab", 3)                        | "ababab"
repeat("ab", it.n)                     | ! repeat("ab", it.n): argument 2 is -7, and nothing can be repeated so often
indexOf(it.s, "Ä")                     | 7
it.s[indexOf(it.s, "Ä"):]              | "Äpfel"
lastIndexOf(it.s, "e")                 | 10
indexOf(it.s, "z")                     | -1
hasPrefix(it.s, "Gr")                  | true
hasSuffix(it.s, "l")                   | true
join(it.xs, "; ")                      | "3; 1; 2; 1.5"
join([nil])                            | ! element 0 is null, and null is no text
mean(it.xs)                            | 1.875
mean(1, [2, 3])                        | 2
median(it.xs)                          | 1.75
median([])                             | 0
min(it.xs, -1)                         | -1
max(it.s, "a")                         | "a"
max(it.s, nil)                         | ! the argument is null, not a number
toBase64(it.s)                         | "R3LDvMOfZSwgw4RwZmVs"
fromBase64("w4RwZmVs")                 | "Äpfel"
fromBase64(it.s)                       | ! fromBase64(it.s): "Grüße, Äpfel" is no Base64
fromJSON(it.s)                         | ! fromJSON(it.s): 'G' where a value is due
now() > date("2024-01-01")             | true
now(timezone("Asia/Tokyo")).Year() > 1 | true
timezone("Europe/Zurich")              | "Europe/Zurich"
timezone("Mars/Olympus")               | ! "Mars/Olympus" is no time zone: write it as Europe/Zurich or UTC
date("2024-05-06", "2006-01-02", "Europe/Zurich")     | "2024-05-06T00:00:00+02:00"
date(timezone("Europe/Zurich"), "2024-05-06 07:08:09") | "2024-05-06T07:08:09+02:00"
let z = timezone("Asia/Tokyo"); date(it.t).In(z)      | "2024-02-29T21:30:15.5+09:00"
date(it.s)                             | ! date(it.s): "Grüße, Äpfel" is no time of a known layout: give the layout as well
date(it.t).Year()                      | 2024
date(it.t).Month()                     | 2
date(it.t).AddDate(1, 0, 0)            | "2025-03-01T12:30:15.5Z"
date(it.t).Weekday()                   | 4
date(it.t).Format("02.01.")            | "29.02."
date(it.t).Truncate(duration("1h"))    | "2024-02-29T12:00:00Z"
date(it.t).Sub(date("2024-02-29")).Minutes() | 750.2583333333333
(date(it.t) - date("2024-02-29")).Hours()    | 12.504305555555556
date(it.t) + duration("1d")            | "2024-03-01T12:30:15.5Z"
date(it.t) < date("2024-03-01")        | true
it.s.Year()                            | ! it.s is a string, and has no method
date(it.t).AddDate(it.s, 0, 0)         | ! it.s is a string, and
duration("1h") * 1.5                   | "1h30m0s"
duration("2000000h") * 2               | ! is longer than a duration can be, which is 292 years
last(it.xs)                            | 1.5
last(it.missing)                       | null
first(it.s)                            | ! first(it.s): the argument is a string, not a list
get(it.xs, 1)                          | 1
get(it.xs, 9)                          | null
get(it.o, "b")                         | 1
get(it.s, 2)                           | "ü"
get(it.o, 1)                           | ! get(it.o, 1): argument 2 is an int, not a string
take(it.xs, 2)                         | [3,1]
take(it.xs, it.n)                      | ! take(it.xs, it.n): argument 2 is -7, and no list has so few elements
keys(it.o)                             | ["b","a"]
values(it.o)                           | [1,[2,[3,[4]]]]
fromPairs([["x", 1], [2, nil]])        | {"x":1,"2":null}
fromPairs([["x"]])                     | ! element 0 is no list of a key and a value
fromPairs([[nil, 1]])                  | ! the key of element 0 is null, and names no field
reverse(it.xs)                         | [1.5,2,1,3]
concat(it.xs, [it.n])                  | [3,1,2,1.5,-7]
flatten(it.o.a)                        | [2,3,4]
uniq([1, "1", 1.0, nil, nil])          | [1,"1",null]
sort(it.xs)                            | [1,1.5,2,3]
sort(it.xs, it.s)                      | ! the order is Grüße, Äpfel, not 'asc' or 'desc'
sortBy(it.xs, -#)                      | [3,2,1.5,1]
groupBy(it.xs, # > 1)                  | {"true":[3,2,1.5],"false":[1]}
groupBy(it.xs, it.missing)             | ! it.missing is null, and names no field
reduce(it.xs, #acc + #)                | 7.5
reduce(it.xs, #acc + #index, 0)        | 6
reduce([], #acc)                       | ! reduce([], #acc) has no value, for the list is empty: give it a first one
bitnot(5)                              | -6
bitand(12, 10)                         | 8
bitor(12, 10)                          | 14
bitxor(12, 10)                         | 6
bitnand(12, 10)                        | 4
bitshl(1, 4)                           | 16
bitshr(it.n, 1)                        | -4
bitushr(it.n, 60)                      | 15
bitshl(1, it.n)                        | ! bitshl(1, it.n): argument 2 is -7, and a shift is not negative
bitand(1, 0.5 + it.n)                  | ! argument 2 is a float, not an int
{(it.n): 1, (it.s): 2}                 | {"-7":1,"Grüße, Äpfel":2}
{(it.missing): 1}                      | ! it.missing is null, and names no field
it.missing contains "x"                | false
it.n contains "x"                      | ! it.n is an int, not a string
it.s not matches "^[A-Z]r"             | false
it.s matches it.t                      | false
it.s matches "(" + it.s                | ! "(" + it.s is no regular expression: missing closing ): ` + "`(Grüße, Äpfel`" + `
1 < it.xs[0] <= 3                      | true
if it.n > 0 { "pos" } else if it.n < 0 { "neg" } else { "zero" } | "neg"
::len(it.s)                            | 12
it.o?.a?.[0]                           | 2
it.xs[1:-1]                            | [1,2]
0x10 + 0b11 + 0o7 + 1_000              | 1026
2 ** 3 ^ 2                             | 512
NAN                                    | ? there is no ` + "`NAN`" + ` here
$env.it                                | ? there is no ` + "`$env`" + ` here
it.f(1)                                | ? no value has a method ` + "`f`" + `
date(it.t).Local()                     | ? no value has a method ` + "`Local`" + `
groupBy(it.xs, nil)                    | ? this gives no value for an element
duration("1h") / it.n                  | "-8m34.285714285s"
duration("90m") / duration("1h")       | 1.5
upper(it.s)[0]                         | "G"
map([it.missing, nil], #?.a)           | [null,null]
reduce(take(it.xs, 0), 1, "a") + "b"   | "ab"
len([it.xs, nil][0])                   | 4
(it.n > 0 ? 1 : it.s) + "!"            | "Grüße, Äpfel!"
(it.n ? 1 : 2)                         | ! it.n is an int, not a bool
(len(it.s) ? 1 : it.s)                 | ? a condition is a bool, and this is an int
"1" in [1, 2]                          | ? a string is never in this list, whose elements are each an int
first(nil)                             | ? ` + "`first`" + ` takes a list, and this is null
reduce(it.xs, nil)                     | ? this gives no value for an element
date(it.t).AddDate(1)                  | ? has too few arguments
`

func TestFunctions(t *testing.T) {
	item := decode(t, `{"xs":[3,1,2,1.5],"s":"Grüße, Äpfel","n":-7,"o":{"b":1,"a":[2,[3,[4]]]},"t":"2024-02-29T12:30:15.5Z"}`)
	for _, line := range strings.Split(strings.TrimSpace(functionCases), "\n") {
		at := strings.LastIndex(line, "| ")
		src, want := strings.TrimSpace(line[:at]), strings.TrimSpace(line[at+2:])
		got := ""
		e, problems := Compile(src, Env{})
		if problems != nil {
			got = "? " + problems[0].Message
			if constant, ok := strings.CutPrefix(problems[0].Message, "this is the same for every item, and fails: "); ok {
				got = "! " + constant
			}
		} else if v, err := e.Eval(&flow.Scope{It: item}); err != nil {
			got = "! " + err.Error()
		} else {
			got = string(value.AppendJSON(nil, v))
		}
		part, isError := strings.CutPrefix(want, "! ")
		if !isError {
			part, isError = strings.CutPrefix(want, "? ")
		}
		if got != want && !(isError && got[0] == want[0] && strings.Contains(got, part)) {
			t.Errorf("%s\n got  %s\n want %s", src, got, want)
		}
	}
}

func TestEveryFunctionIsTested(t *testing.T) {
	for _, name := range functionNames() {
		if !regexp.MustCompile(`\b`+name+`\(`).MatchString(evaluations+functionCases) && name != "uuid" {
			t.Errorf("no case calls %s", name)
		}
	}
	for _, b := range builtin.Builtins {
		_, native := natives[b.Name]
		if _, loop := loops[b.Name]; !native && !loop {
			t.Errorf("%s of expr-lang is not here", b.Name)
		}
		at := slices.IndexFunc(Builtins(), func(f Function) bool { return f.Name == b.Name })
		if at < 0 || !strings.HasPrefix(Builtins()[at].Signature, b.Name+"(") || !strings.HasSuffix(Builtins()[at].Doc, ".") {
			t.Errorf("%s of expr-lang is not described", b.Name)
		}
	}
	if len(Builtins()) != len(builtin.Builtins) || !slices.IsSortedFunc(Builtins(), func(a, b Function) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("%d functions are described, and not by name: there are %d", len(Builtins()), len(builtin.Builtins))
	}
}
