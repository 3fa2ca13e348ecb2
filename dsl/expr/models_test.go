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
	"strings"
	"time"

	"github.com/expr-lang/expr/vm/runtime"

	"github.com/flowrun/flowrun/flow/value"
)

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
