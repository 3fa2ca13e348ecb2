package expr

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
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

func unless(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}

func isNumber(x any) error {
	_, i := x.(int)
	_, f := x.(float64)
	return unless(i || f, "no number")
}

func plainNumber(x any) any {
	if d, ok := x.(time.Duration); ok {
		return int(d)
	}
	return x
}

// checked computes on big ints what expr-lang computes on ints.
func checked(a, b any, exact func(z, x, y *big.Int) *big.Int, other func(a, b any) any) (any, error) {
	switch x := a.(type) {
	case int:
		if y, ok := b.(int); ok {
			z := exact(new(big.Int), big.NewInt(int64(x)), big.NewInt(int64(y)))
			return int(z.Int64()), unless(z.IsInt64(), "overflow")
		}
	case time.Duration:
		if y, ok := b.(time.Duration); ok {
			z := exact(new(big.Int), big.NewInt(int64(x)), big.NewInt(int64(y)))
			return time.Duration(z.Int64()), unless(z.IsInt64(), "overflow")
		}
	}
	return other(a, b), nil
}

// order compares any two values: by their kinds, numbers as one, and then by what they are.
func order(a, b any) int {
	kind := func(x any) int {
		return map[string]int{"<nil>": 0, "bool": 1, "int": 2, "float64": 2, "string": 4, "time.Duration": 5, "[]interface {}": 6, "map[string]interface {}": 7}[fmt.Sprintf("%T", x)]
	}
	if c := cmp.Compare(kind(a), kind(b)); c != 0 {
		return c
	}
	switch x := a.(type) {
	case bool:
		return map[[2]bool]int{{false, true}: -1, {true, false}: 1}[[2]bool{x, b.(bool)}]
	case string:
		return strings.Compare(x, b.(string))
	case time.Duration:
		return cmp.Compare(x, b.(time.Duration))
	case []any:
		return slices.CompareFunc(x, b.([]any), order)
	case map[string]any:
		c := slices.Compare(keysOf(x), keysOf(b.(map[string]any)))
		for _, k := range keysOf(x) {
			if c == 0 {
				c = order(x[k], b.(map[string]any)[k])
			}
		}
		return c
	case int, float64:
		f, g := runtime.ToFloat64(a), runtime.ToFloat64(b)
		if math.IsNaN(f) || math.IsNaN(g) || math.IsInf(f, 0) || math.IsInf(g, 0) {
			return cmp.Compare(f, g)
		}
		exact := func(x any) *big.Float {
			if i, ok := x.(int); ok {
				return new(big.Float).SetInt64(int64(i))
			}
			return big.NewFloat(x.(float64))
		}
		return exact(a).Cmp(exact(b))
	}
	return 0
}

func keysOf(m map[string]any) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func same1(a, b any) bool {
	f, isFloat := a.(float64)
	return order(a, b) == 0 && !(isFloat && math.IsNaN(f))
}

func ordering(holds func(int) bool) func(a ...any) (any, error) {
	return func(a ...any) (any, error) {
		for _, kinds := range []string{"int float64", "string", "time.Duration"} {
			x, y := fmt.Sprintf("%T", a[0]), fmt.Sprintf("%T", a[1])
			if !strings.Contains(kinds, x) || !strings.Contains(kinds, y) {
				continue
			}
			for _, n := range a {
				if f, ok := n.(float64); ok && math.IsNaN(f) {
					return false, nil
				}
			}
			return holds(order(a[0], a[1])), nil
		}
		return nil, errors.New("no order")
	}
}

func elementOf(list []any, at any) (any, error) {
	i, ok := at.(int)
	if ok && i < 0 {
		i += len(list)
	}
	if !ok || i < 0 || i >= len(list) {
		return nil, errors.New("no element")
	}
	return list[i], nil
}

func end1(at int) func(a ...any) (any, error) {
	return func(a ...any) (any, error) {
		if a[0] == nil {
			return nil, nil
		}
		x, _ := elementOf(a[0].([]any), at)
		return x, nil
	}
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func characters(s string) []any { return anys(strings.Split(s, "")) }

func placeOf(s string, at int) int {
	if at < 0 {
		return at
	}
	return len([]rune(s[:at]))
}

func textOf(x any) string {
	switch x := x.(type) {
	case string:
		return x
	case time.Duration:
		return x.String()
	case nil:
		return "null"
	case bool, int:
		out, _ := json.Marshal(x)
		return string(out)
	}
	return string(value.AppendJSON(nil, value.FromGo(x)))
}

func nameOf(x any) (any, error) {
	switch x.(type) {
	case nil, []any, map[string]any:
		return nil, errors.New("no name")
	}
	return textOf(x), nil
}

func sortedBy(list, keys []any, direction any) (any, error) {
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	if direction != "asc" && direction != "desc" {
		return nil, errors.New("no direction")
	}
	slices.SortStableFunc(places, func(i, j int) int {
		if direction == "desc" {
			return order(keys[j], keys[i])
		}
		return order(keys[i], keys[j])
	})
	out := make([]any, len(list))
	for i, p := range places {
		out[i] = list[p]
	}
	return out, nil
}

func extreme1(sign int) func(a ...any) (any, error) {
	return func(a ...any) (any, error) {
		var best any
		var look func(list []any) error
		look = func(list []any) error {
			for _, x := range list {
				switch y := x.(type) {
				case []any:
					if err := look(y); err != nil {
						return err
					}
				case int, float64, string, time.Duration:
					if best == nil || order(x, best)*sign > 0 {
						best = x
					}
				default:
					return errors.New("no number")
				}
			}
			return nil
		}
		err := look(a)
		return best, err
	}
}

func ofNumbers(of func(sum float64, all []float64) float64) func(a ...any) (any, error) {
	return func(a ...any) (any, error) {
		var all []float64
		sum := 0.0
		var look func(list []any) error
		look = func(list []any) error {
			for _, x := range list {
				if nested, ok := x.([]any); ok {
					if err := look(nested); err != nil {
						return err
					}
					continue
				}
				if err := isNumber(x); err != nil {
					return err
				}
				all = append(all, runtime.ToFloat64(x))
				sum += runtime.ToFloat64(x)
			}
			return nil
		}
		err := look(a)
		return of(sum, all), err
	}
}

// absent stands for an end of a slice that is left out.
var absent = struct{}{}

// models replaces in a tree what has another meaning here by calls of the models.
type models struct{}

func (models) Visit(n *ast.Node) {
	call := func(name string, args ...ast.Node) {
		ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: modelName(name)}, Arguments: args})
	}
	switch x := (*n).(type) {
	case *ast.UnaryNode:
		switch x.Operator {
		case "-":
			call("negative", x.Node)
		case "+":
			call("positive", x.Node)
		}
	case *ast.BinaryNode:
		switch x.Operator {
		case "and", "&&", "or", "||":
			x.Right = &ast.CallNode{Callee: &ast.IdentifierNode{Value: modelName("bool")}, Arguments: []ast.Node{x.Right}}
		default:
			if isModelled(x.Operator) {
				call(x.Operator, x.Left, x.Right)
			}
		}
	case *ast.MemberNode:
		if _, ok := x.Property.(*ast.StringNode); !ok {
			args := []ast.Node{x.Node, x.Property}
			if x.Optional {
				args = append(args, &ast.BoolNode{Value: true})
			}
			call("at", args...)
		}
	case *ast.SliceNode:
		end := func(n ast.Node) ast.Node {
			if n == nil {
				return &ast.IdentifierNode{Value: "absent"}
			}
			return n
		}
		call("slice", x.Node, end(x.From), end(x.To))
	case *ast.PairNode:
		if _, ok := x.Key.(*ast.StringNode); !ok {
			x.Key = &ast.CallNode{Callee: &ast.IdentifierNode{Value: modelName("key")}, Arguments: []ast.Node{x.Key}}
		}
	case *ast.BuiltinNode:
		if loops[x.Name] != nil {
			x.Arguments[0] = &ast.CallNode{Callee: &ast.IdentifierNode{Value: modelName("list")}, Arguments: []ast.Node{x.Arguments[0]}}
		}
		body := func() ast.Node {
			return &ast.BuiltinNode{Name: "map", Arguments: x.Arguments[:2]}
		}
		switch {
		case x.Name == "sum" && len(x.Arguments) == 2:
			call("sum", body())
		case x.Name == "findLast": // as long as the body has no #index
			ast.Patch(n, &ast.BuiltinNode{Name: "find", Arguments: []ast.Node{reversed(x.Arguments[0]), x.Arguments[1]}})
		case x.Name == "findLastIndex":
			call("findLastIndex", &ast.BuiltinNode{Name: "findIndex", Arguments: []ast.Node{reversed(x.Arguments[0]), x.Arguments[1]}}, x.Arguments[0])
		case x.Name == "groupBy":
			call("groupBy", x.Arguments[0], body())
		case x.Name == "sortBy" && len(x.Arguments) == 2:
			call("sortBy", x.Arguments[0], body(), &ast.StringNode{Value: "asc"})
		case x.Name == "sortBy":
			call("sortBy", x.Arguments[0], body(), x.Arguments[2])
		case isModelled(x.Name):
			call(x.Name, x.Arguments...)
		}
	}
}

func reversed(list ast.Node) ast.Node {
	return &ast.BuiltinNode{Name: "reverse", Arguments: []ast.Node{list}}
}

func isModelled(name string) bool {
	return slices.ContainsFunc(differences, func(d difference) bool { return d.name == name })
}

func modelName(name string) string {
	for i, d := range differences {
		if d.name == name {
			return fmt.Sprintf("model%d", i)
		}
	}
	panic("no model of " + name)
}
