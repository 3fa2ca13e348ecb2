package expr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Each is an expression that would run away, and what stops it. `it` has n, a million; s, a megabyte of text; and xs, a
// list of a thousand numbers.
const runaways = `
sum(map(1..it.n, sum(1..it.n)))                                  | takes more than 10000000 steps
map(1..it.n, len(1..it.n))                                       | takes more than 10000000 steps
map(1..it.n, it.s contains "z")                                  | takes more than 10000000 steps
map(1..it.n, it.s matches "z")                                   | takes more than 10000000 steps
map(1..it.n, upper(it.s))                                        | takes more than 10000000 steps
map(1..it.n, it.s[#:])                                           | takes more than 10000000 steps
map(1..it.n, it.s < it.s)                                        | takes more than 10000000 steps
map(1..it.n, it.s + "x")                                         | takes more than 10000000 steps
map(1..it.n, repeat("x", it.n))                                  | takes more than 10000000 steps
map(1..it.n, sort(it.xs))                                        | takes more than 10000000 steps
map(1..it.n, -1 in it.xs)                                        | takes more than 10000000 steps
map(1..it.n, it.xs == it.xs)                                     | takes more than 10000000 steps
map(1..it.n, toJSON(it))                                         | takes more than 10000000 steps
filter(1..it.n, any(it.xs, # < 0))                               | takes more than 10000000 steps
reduce(1..it.n, #acc + "x", it.s)                                | takes more than 10000000 steps
reduce(1..it.n, concat(#acc, #acc), [1])                         | takes more than 10000000 steps
reduce(1..40, #acc + #acc, "x")                                  | makes text of more than 64 MiB
reduce(1..40, [#acc, #acc], 1)                                   | a value of more than 256 MiB
toJSON(reduce(1..40, [#acc, #acc], 1))                           | a value of more than 256 MiB
string(reduce(1..40, ({a: #acc, b: #acc}), 1))                   | a value of more than 256 MiB
reduce(1..it.n, [#acc], 1)                                       | a value nested deeper than 10000
reduce(1..it.n, [[[[[[[[#acc]]]]]]]], 1)                         | a value nested deeper than 10000
reduce(1..it.n, ({a: #acc}), 1)                                  | a value nested deeper than 10000
toJSON(reduce(1..it.n, [[[[[[[[#acc]]]]]]]], 1))                 | a value nested deeper than 10000
let x = reduce(1..it.n, [[[[[[[[#acc]]]]]]]], 1); x == x         | a value nested deeper than 10000
len(flatten(reduce(1..40, [#acc, #acc], 1)))                     | a value of more than 256 MiB
max(reduce(1..40, [#acc, #acc], 1))                              | a value of more than 256 MiB
let x = reduce(1..40, [#acc, #acc], 1); x == x                   | a value of more than 256 MiB
let x = reduce(1..40, [#acc, #acc], 1); x in [x]                 | a value of more than 256 MiB
let x = reduce(1..40, [#acc, #acc], 1); uniq([x, x])             | a value of more than 256 MiB
let x = reduce(1..40, [#acc, #acc], 1); sort([x, x])             | a value of more than 256 MiB
map(1..it.n, it)                                                 | a value of more than 256 MiB
1..it.n * 2                                                      | has more than 1000000 elements
-9223372036854775807..9223372036854775807                        | has more than 1000000 elements
repeat(it.s, it.n)                                               | makes text of more than 64 MiB
replace(it.s, "", it.s)                                          | makes text of more than 64 MiB
join(map(1..100, it.s))                                          | makes text of more than 64 MiB
it.s + repeat(it.s, 64)                                          | makes text of more than 64 MiB
let a = 1..it.n; let b = concat(a, a, a, a, a, a, a, a); len(concat(b, b, b, b)) | makes a list of more than 256 MiB
len(fromJSON("[1" + repeat(",[]", 20000000) + "]"))              | makes a value of more than 256 MiB
len(split(repeat(it.s, 32), ""))                                 | makes a list of more than 256 MiB
len(splitAfter(repeat(it.s, 32), "x", 30000000))                 | makes a list of more than 256 MiB
`

func TestNothingRunsAway(t *testing.T) {
	numbers := make([]value.Value, 1000)
	for i := range numbers {
		numbers[i] = value.OfInt(int64(i))
	}
	it := value.OfPairs("n", value.OfInt(1_000_000), "s", value.OfString(strings.Repeat("x", 1<<20)), "xs", value.OfList(numbers))
	for _, line := range strings.Split(strings.TrimSpace(runaways), "\n") {
		src, want, _ := strings.Cut(line, " | ")
		began := time.Now()
		e, problems := Compile(strings.TrimSpace(src), Env{})
		var err error
		if problems != nil {
			err = fmt.Errorf("%s", problems[0].Message)
		} else {
			_, err = e.Eval(&flow.Scope{It: it})
		}
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("%s: %v, not: %s", src, err, want)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s took %v", src, took)
		} else {
			t.Logf("%6d ms %s: %v", took.Milliseconds(), src, err)
		}
	}
}

func TestStepsAreCountedForEachItemAnew(t *testing.T) {
	e, _ := Compile("len(toJSON(it)) + sum(map(1..it, len(string(#)))) ", Env{})
	scope := &flow.Scope{It: value.OfInt(100_000)}
	for range 55 {
		if _, err := e.Eval(scope); err != nil {
			t.Fatal(err)
		}
	}
}

// A value that holds one thing very often comes of lets alone, too.
func TestLetsDoNotGrowWithoutBound(t *testing.T) {
	src := "let v0 = [it, it]; "
	for i := range 30 {
		src += fmt.Sprintf("let v%d = [v%d, v%d]; ", i+1, i, i)
	}
	for _, last := range []string{"v30", "toJSON(v30)", "[v30]", "len(v30) > 2 ? 1 : v30"} {
		e, problems := Compile(src+last, Env{})
		if problems != nil {
			t.Fatal(problems)
		}
		if _, err := e.Eval(&flow.Scope{}); err == nil || !strings.Contains(err.Error(), "a value of more than 256 MiB") {
			t.Errorf("%s: %v", last, err)
		}
	}
}
