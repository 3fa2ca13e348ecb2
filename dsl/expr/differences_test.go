package expr

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm/runtime"

	"github.com/flowrun/flowrun/flow/value"
)

// difference is something that means another thing here than in expr-lang, on purpose: why, and what it means here,
// computed on Go data without any of this package's code. Everything else means what expr-lang's own machine makes of
// it, which the tests run beside the closures.
type difference struct {
	name    string // of the operator or the function
	because string
	model   func(a ...any) (any, error)
}

var differences = []difference{
	{"+", "a sum that does not fit an int or a duration is an error, and not another number", func(a ...any) (any, error) {
		return checked(a[0], a[1], (*big.Int).Add, runtime.Add)
	}},
	{"-", "as for +", func(a ...any) (any, error) { return checked(a[0], a[1], (*big.Int).Sub, runtime.Subtract) }},
	{"*", "as for +; two durations have no product", func(a ...any) (any, error) {
		_, x := a[0].(time.Duration)
		_, y := a[1].(time.Duration)
		switch {
		case x && y:
			return nil, errors.New("no product")
		case x != y:
			f := runtime.ToFloat64(plainNumber(a[0])) * runtime.ToFloat64(plainNumber(a[1]))
			if !(f >= -(1<<63) && f < 1<<63) {
				return nil, errors.New("overflow")
			}
			return time.Duration(f), nil
		}
		return checked(a[0], a[1], (*big.Int).Mul, runtime.Multiply)
	}},
	{"/", "nothing can be divided by 0; durations can be divided", func(a ...any) (any, error) {
		x, xIs := a[0].(time.Duration)
		if y, ok := a[1].(time.Duration); ok {
			if !xIs || y == 0 {
				return nil, errors.New("no quotient")
			}
			return float64(x) / float64(y), nil
		}
		by := runtime.ToFloat64(a[1])
		if by == 0 {
			return nil, errors.New("division by 0")
		}
		if xIs {
			return time.Duration(float64(x) / by), nil
		}
		return runtime.Divide(a[0], a[1]), nil
	}},
	{"negative", "the least int and the least duration have no negative; a duration has one", func(a ...any) (any, error) {
		if d, ok := a[0].(time.Duration); ok && d != math.MinInt64 {
			return -d, nil
		}
		if a[0] == math.MinInt64 {
			return nil, errors.New("overflow")
		}
		return runtime.Negate(a[0]), nil
	}},
	{"positive", "only a number can have a sign", func(a ...any) (any, error) { return a[0], isNumber(a[0]) }},
	{"bool", "and and or take two bools, where expr-lang gives the second operand whatever it is", func(a ...any) (any, error) {
		_, ok := a[0].(bool)
		return a[0], unless(ok, "no bool")
	}},
	{"==", "an int is compared with a float without being rounded, and within lists and objects, too", func(a ...any) (any, error) { return same1(a[0], a[1]), nil }},
	{"!=", "as for ==", func(a ...any) (any, error) { return !same1(a[0], a[1]), nil }},
	{"<", "as for ==", ordering(func(c int) bool { return c < 0 })},
	{"<=", "as for ==", ordering(func(c int) bool { return c <= 0 })},
	{">", "as for ==", ordering(func(c int) bool { return c > 0 })},
	{">=", "as for ==", ordering(func(c int) bool { return c >= 0 })},
	{"in", "as for ==; null names no field", func(a ...any) (any, error) {
		switch list := a[1].(type) {
		case nil:
			return false, nil
		case []any:
			return slices.ContainsFunc(list, func(x any) bool { return same1(a[0], x) }), nil
		case map[string]any:
			key, ok := a[0].(string)
			_, has := list[key]
			return has, unless(ok, "no name")
		}
		return nil, errors.New("no list")
	}},
	{"..", "the ends are ints, which floats are not made to be", func(a ...any) (any, error) {
		from, ok1 := a[0].(int)
		to, ok2 := a[1].(int)
		if !ok1 || !ok2 || to > from && uint64(to)-uint64(from) >= maxRange {
			return nil, errors.New("no range")
		}
		list := []any{}
		for i := from; i <= to && len(list) < maxRange; i++ {
			list = append(list, i)
		}
		return list, nil
	}},
	{"at", "an index is an int; strings have characters, not bytes", func(a ...any) (any, error) {
		switch of := a[0].(type) {
		case nil:
			return nil, unless(len(a) > 2, "null has no elements")
		case map[string]any:
			key, ok := a[1].(string)
			return of[key], unless(ok, "no name")
		case []any:
			return elementOf(of, a[1])
		case string:
			return elementOf(characters(of), a[1])
		}
		return nil, errors.New("no elements")
	}},
	{"slice", "as for at", func(a ...any) (any, error) {
		for _, end := range a[1:] {
			if _, ok := end.(int); !ok && end != absent {
				return nil, errors.New("no index")
			}
		}
		ends := func(n int) (int, int) {
			from, to := 0, n
			for i, at := range []*int{&from, &to} {
				if x, ok := a[i+1].(int); ok {
					if x < 0 {
						x += n
					}
					*at = min(max(x, 0), n)
				}
			}
			return min(from, to), to
		}
		switch of := a[0].(type) {
		case []any:
			from, to := ends(len(of))
			return of[from:to], nil
		case string:
			all := strings.Split(of, "")
			from, to := ends(len(all))
			return strings.Join(all[from:to], ""), nil
		}
		return nil, errors.New("no slice")
	}},
	{"list", "only lists have elements to go through, where expr-lang goes through the bytes of a string, too", func(a ...any) (any, error) {
		_, ok := a[0].([]any)
		return a[0], unless(ok, "no list")
	}},
	{"findLast", "expr-lang's machine leaves a value behind for every element that it looks at from the end", nil},
	{"findLastIndex", "as for findLast", func(a ...any) (any, error) {
		if a[0] == nil {
			return nil, nil
		}
		return len(a[1].([]any)) - 1 - a[0].(int), nil
	}},
	{"key", "the names of fields are text, which a number can be, and null cannot", func(a ...any) (any, error) { return nameOf(a[0]) }},
	{"abs", "the least int has no absolute value; a duration has one", func(a ...any) (any, error) {
		if d, ok := a[0].(time.Duration); ok && d != math.MinInt64 {
			return d.Abs(), nil
		}
		if i, ok := a[0].(int); ok {
			return max(i, -i), unless(i != math.MinInt64, "overflow")
		}
		f, ok := a[0].(float64)
		return math.Abs(f), unless(ok, "no number")
	}},
	{"int", "a float beyond an int is an error; space around a number does no harm", func(a ...any) (any, error) {
		switch x := a[0].(type) {
		case int:
			return x, nil
		case time.Duration:
			return int(x), nil
		case float64:
			return int(x), unless(x >= -(1<<63) && x < 1<<63, "overflow")
		case string:
			return strconv.Atoi(strings.TrimSpace(x))
		}
		return nil, errors.New("no int")
	}},
	{"float", "as for int; the texts inf and nan are no numbers", func(a ...any) (any, error) {
		if s, ok := a[0].(string); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			return f, errors.Join(err, unless(!math.IsInf(f, 0) && !math.IsNaN(f), "no number"))
		}
		return runtime.ToFloat64(a[0]), nil
	}},
	{"string", "the text of a value is what JSON writes, not what Go prints", func(a ...any) (any, error) { return textOf(a[0]), nil }},
	{"toJSON", "JSON is compact, keeps the order of keys, and has null for what it has no number for", func(a ...any) (any, error) {
		return string(value.AppendJSON(nil, value.FromGo(a[0]))), nil
	}},
	{"fromJSON", "an int stays an int", func(a ...any) (any, error) {
		v, err := value.DecodeJSON([]byte(a[0].(string)))
		return v.ToGo(), err
	}},
	{"type", "a duration is a duration", func(a ...any) (any, error) {
		return map[string]any{"<nil>": "nil", "int": "int", "float64": "float", "string": "string", "bool": "bool", "[]interface {}": "array", "map[string]interface {}": "map", "time.Duration": "duration"}[fmt.Sprintf("%T", a[0])], nil
	}},
	{"join", "numbers and bools are joined, too", func(a ...any) (any, error) {
		var parts []string
		for _, x := range a[0].([]any) {
			if x == nil {
				return nil, errors.New("no text")
			}
			parts = append(parts, textOf(x))
		}
		sep := ""
		if len(a) > 1 {
			sep = a[1].(string)
		}
		return strings.Join(parts, sep), nil
	}},
	{"indexOf", "a place is counted in characters, as slices are", func(a ...any) (any, error) {
		s := a[0].(string)
		return placeOf(s, strings.Index(s, a[1].(string))), nil
	}},
	{"lastIndexOf", "as for indexOf", func(a ...any) (any, error) {
		s := a[0].(string)
		return placeOf(s, strings.LastIndex(s, a[1].(string))), nil
	}},
	{"split", "a limit is an int", func(a ...any) (any, error) {
		n, ok := -1, true
		if len(a) > 2 {
			n, ok = a[2].(int)
		}
		return anys(strings.SplitN(a[0].(string), a[1].(string), n)), unless(ok, "no int")
	}},
	{"splitAfter", "as for split", func(a ...any) (any, error) {
		n, ok := -1, true
		if len(a) > 2 {
			n, ok = a[2].(int)
		}
		return anys(strings.SplitAfterN(a[0].(string), a[1].(string), n)), unless(ok, "no int")
	}},
	{"replace", "as for split", func(a ...any) (any, error) {
		n, ok := -1, true
		if len(a) > 3 {
			n, ok = a[3].(int)
		}
		return strings.Replace(a[0].(string), a[1].(string), a[2].(string), n), unless(ok, "no int")
	}},
	{"repeat", "as for split", func(a ...any) (any, error) {
		n := a[1].(int)
		if n < 0 {
			return nil, errors.New("negative")
		}
		return strings.Repeat(a[0].(string), n), nil
	}},
	{"get", "as for at; only null and what can have elements have none", func(a ...any) (any, error) {
		switch of := a[0].(type) {
		case map[string]any:
			return of[a[1].(string)], nil
		case []any:
			x, _ := elementOf(of, a[1].(int))
			return x, nil
		case string:
			x, _ := elementOf(characters(of), a[1].(int))
			return x, nil
		}
		return nil, nil
	}},
	{"first", "null has no first element, and anything but a list is a mistake", end1(0)},
	{"last", "as for first", end1(-1)},
	{"take", "as for split", func(a ...any) (any, error) {
		n := a[1].(int)
		return a[0].([]any)[:min(n, len(a[0].([]any)))], nil
	}},
	{"keys", "keys keep their order, which those of Go's maps do not have (the tests sort them)", func(a ...any) (any, error) {
		return anys(keysOf(a[0].(map[string]any))), nil
	}},
	{"toPairs", "as for keys", func(a ...any) (any, error) {
		out := []any{}
		for _, k := range keysOf(a[0].(map[string]any)) {
			out = append(out, []any{k, a[0].(map[string]any)[k]})
		}
		return out, nil
	}},
	{"fromPairs", "as for key", func(a ...any) (any, error) {
		out := map[string]any{}
		for _, pair := range a[0].([]any) {
			key, err := nameOf(pair.([]any)[0])
			if err != nil || len(pair.([]any)) != 2 {
				return nil, errors.New("no pair")
			}
			out[key.(string)] = pair.([]any)[1]
		}
		return out, nil
	}},
	{"concat", "a list of nothing is a list, and not null", func(a ...any) (any, error) {
		out := []any{}
		for _, l := range a {
			out = append(out, l.([]any)...)
		}
		return out, nil
	}},
	{"uniq", "as for ==", func(a ...any) (any, error) {
		out := []any{}
		for _, x := range a[0].([]any) {
			if !slices.ContainsFunc(out, func(y any) bool { return same1(x, y) }) {
				out = append(out, x)
			}
		}
		return out, nil
	}},
	{"sort", "anything can be sorted, and what is equal keeps its order", func(a ...any) (any, error) {
		order := any("asc")
		if len(a) > 1 {
			order = a[1]
		}
		return sortedBy(a[0].([]any), a[0].([]any), order)
	}},
	{"sortBy", "as for sort", func(a ...any) (any, error) { return sortedBy(a[0].([]any), a[1].([]any), a[2]) }},
	{"groupBy", "as for key", func(a ...any) (any, error) {
		out := map[string]any{}
		for i, x := range a[0].([]any) {
			key, err := nameOf(a[1].([]any)[i])
			if err != nil {
				return nil, err
			}
			group, _ := out[key.(string)].([]any)
			out[key.(string)] = append(group, x)
		}
		return out, nil
	}},
	{"sum", "as for +; only numbers have one", func(a ...any) (any, error) {
		total := any(0)
		for _, x := range a[0].([]any) {
			if err := isNumber(x); err != nil {
				return nil, err
			}
			var err error
			if total, err = checked(total, x, (*big.Int).Add, runtime.Add); err != nil {
				return nil, err
			}
		}
		return total, nil
	}},
	{"mean", "a mean is that of numbers, which durations are not", ofNumbers(func(sum float64, all []float64) float64 {
		return sum / float64(max(len(all), 1))
	})},
	{"median", "as for mean", ofNumbers(func(_ float64, all []float64) float64 {
		slices.Sort(all)
		n := len(all)
		switch {
		case n == 0:
			return 0
		case n%2 == 1:
			return all[n/2]
		}
		return (all[n/2-1] + all[n/2]) / 2
	})},
	{"max", "texts, times and durations are compared, too; null and lists of nothing have none; NaN is less than any number", extreme1(1)},
	{"min", "as for max", extreme1(-1)},
}
