package expr

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// function computes a call from the values of its arguments.
type function func(args []value.Value) (value.Value, error)

func (c *compiler) builtin(n *ast.BuiltinNode) code {
	if _, ok := loops[n.Name]; ok && len(n.Arguments) > 0 {
		return c.loop(n)
	}
	f := natives[n.Name]
	if n.Name == "now" {
		c.varies = true
		f = extra["now"].run
	}
	if f == nil {
		f = foreign(n.Name)
	}
	if f == nil {
		c.problem(n, "FR403", fmt.Sprintf("there is no function `%s`", n.Name), "")
		return constant(value.Value{})
	}
	return c.apply(n, n.Name, n.Arguments, f)
}

func (c *compiler) call(n *ast.CallNode) code {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		if c.agg != nil {
			if out, ok := c.agg.call(c, n, callee.Value); ok {
				return out
			}
		}
		if f, ok := extra[callee.Value]; ok {
			c.varies = c.varies || f.varies
			return c.apply(n, callee.Value, n.Arguments, f.run)
		}
		if _, ok := builtin.Index[callee.Value]; ok { // an aggregate's name, within its argument
			return c.builtin(&ast.BuiltinNode{Name: callee.Value, Arguments: n.Arguments})
		}
		c.problem(n, "FR403", fmt.Sprintf("there is no function `%s`", callee.Value), "")
	case *ast.MemberNode:
		if name, ok := callee.Property.(*ast.StringNode); ok {
			return c.method(n, callee, name.Value)
		}
		c.problem(n, "FR403", "only functions can be called", "")
	default:
		c.problem(n, "FR403", "only functions can be called", "")
	}
	return constant(value.Value{})
}

// apply compiles a call of a function of values.
func (c *compiler) apply(n ast.Node, name string, nodes []ast.Node, f function) code {
	args := c.all(nodes)
	return func(s *flow.Scope) (value.Value, error) {
		var few [4]value.Value
		in := few[:0]
		for _, arg := range args {
			v, err := arg(s)
			if err != nil {
				return v, err
			}
			in = append(in, v)
		}
		v, err := f(in)
		if err != nil {
			return v, failure("%s: %w", text(n), err)
		}
		if v.Kind() == value.String && v.Len() > maxText {
			return v, tooLong(n)
		}
		return v, nil
	}
}

// foreign gives a function of expr-lang, by way of Go data.
func foreign(name string) function {
	i, ok := builtin.Index[name]
	if !ok {
		return nil
	}
	b := builtin.Builtins[i]
	return func(args []value.Value) (out value.Value, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%v", p)
			}
		}()
		in := make([]any, len(args))
		for i, a := range args {
			in[i] = a.ToGo()
		}
		if name == "repeat" && len(args) == 2 && int64(args[0].Len())*max(args[1].Int(), 0) > maxText {
			return out, fmt.Errorf("makes text of more than 64 MiB")
		}
		var x any
		switch {
		case b.Fast != nil && len(in) == 1:
			x = b.Fast(in[0])
		case b.Safe != nil:
			x, _, err = b.Safe(in...)
		case b.Func != nil:
			x, err = b.Func(in...)
		default:
			err = fmt.Errorf("cannot be called here")
		}
		return value.FromGo(x), err
	}
}

func wrong(v value.Value, wanted string) error {
	return fmt.Errorf("the argument is %s, not %s", flow.Describe(v), wanted)
}

// natives are the functions of expr-lang that are computed on values as they are.
var natives = map[string]function{
	"len": func(a []value.Value) (value.Value, error) {
		switch a[0].Kind() {
		case value.String, value.Bytes, value.List, value.Object:
			return value.OfInt(int64(length(a[0]))), nil
		}
		return a[0], wrong(a[0], "a string, a list or an object")
	},
	"type": func(a []value.Value) (value.Value, error) {
		switch k := a[0].Kind(); k {
		case value.Null:
			return value.OfString("nil"), nil
		case value.List:
			return value.OfString("array"), nil
		case value.Object:
			return value.OfString("map"), nil
		default:
			return value.OfString(k.String()), nil
		}
	},
	"int":   toInt,
	"float": toFloat,
	"string": func(a []value.Value) (value.Value, error) {
		return value.OfString(a[0].Text()), nil
	},
	"abs": func(a []value.Value) (value.Value, error) {
		switch {
		case a[0].Kind() == value.Int && a[0].Int() == math.MinInt64:
			return a[0], fmt.Errorf("overflows an int")
		case a[0].Kind() == value.Int:
			return value.OfInt(max(a[0].Int(), -a[0].Int())), nil
		case a[0].IsNumber():
			return value.OfFloat(math.Abs(a[0].Float())), nil
		case a[0].Kind() == value.Duration:
			return value.OfDuration(a[0].Duration().Abs()), nil
		}
		return a[0], wrong(a[0], "a number")
	},
	"ceil":  rounding(math.Ceil),
	"floor": rounding(math.Floor),
	"round": rounding(math.Round),
	"upper": onString(strings.ToUpper),
	"lower": onString(strings.ToLower),
	"toJSON": func(a []value.Value) (value.Value, error) {
		return value.OfString(string(value.AppendJSON(nil, a[0]))), nil
	},
	"fromJSON": func(a []value.Value) (value.Value, error) {
		if a[0].Kind() != value.String {
			return a[0], wrong(a[0], "a string")
		}
		return value.DecodeJSON([]byte(a[0].Str()))
	},
	"first": func(a []value.Value) (value.Value, error) { return element(a[0], 0) },
	"last":  func(a []value.Value) (value.Value, error) { return element(a[0], -1) },
	"get": func(a []value.Value) (value.Value, error) {
		if a[0].Kind() == value.Object && a[1].Kind() == value.String {
			v, _ := a[0].Field(a[1].Str())
			return v, nil
		}
		if a[1].Kind() != value.Int {
			return value.Value{}, nil
		}
		return element(a[0], a[1].Int())
	},
	"take": func(a []value.Value) (value.Value, error) {
		if a[0].Kind() != value.List || a[1].Kind() != value.Int {
			return a[0], fmt.Errorf("takes a list and an int")
		}
		return value.OfList(a[0].List()[:min(max(a[1].Int(), 0), int64(a[0].Len()))]), nil
	},
	"keys":   onObject(func(key string, _ value.Value) value.Value { return value.OfString(key) }),
	"values": onObject(func(_ string, v value.Value) value.Value { return v }),
	"toPairs": onObject(func(key string, v value.Value) value.Value {
		return value.OfList([]value.Value{value.OfString(key), v})
	}),
	"fromPairs": func(a []value.Value) (value.Value, error) {
		b := value.Builder{}
		for _, p := range a[0].List() {
			if p.Len() != 2 || p.Kind() != value.List {
				return a[0], fmt.Errorf("takes a list of pairs")
			}
			b.Set(p.List()[0].Text(), p.List()[1])
		}
		return b.Value(), nil
	},
	"reverse": func(a []value.Value) (value.Value, error) {
		return onList(a[0], func(items []value.Value) []value.Value {
			out := make([]value.Value, len(items))
			for i, x := range items {
				out[len(items)-1-i] = x
			}
			return out
		})
	},
	"uniq": func(a []value.Value) (value.Value, error) {
		return onList(a[0], func(items []value.Value) []value.Value {
			seen := map[string]bool{}
			var out []value.Value
			for _, x := range items {
				if k := string(value.AppendKey(nil, x)); !seen[k] {
					seen[k] = true
					out = append(out, x)
				}
			}
			return out
		})
	},
	"flatten": func(a []value.Value) (value.Value, error) {
		return onList(a[0], func(items []value.Value) []value.Value { return flatten(nil, items) })
	},
	"concat": func(a []value.Value) (value.Value, error) {
		var out []value.Value
		for _, l := range a {
			if l.Kind() != value.List {
				return l, wrong(l, "a list")
			}
			out = append(out, l.List()...)
		}
		return value.OfList(out), nil
	},
	"sort": func(a []value.Value) (value.Value, error) {
		descending := len(a) > 1 && a[1].Str() == "desc"
		return onList(a[0], func(items []value.Value) []value.Value {
			out := append([]value.Value(nil), items...)
			sort.SliceStable(out, func(i, j int) bool {
				if descending {
					return value.Compare(out[i], out[j]) > 0
				}
				return value.Compare(out[i], out[j]) < 0
			})
			return out
		})
	},
	"join": func(a []value.Value) (value.Value, error) {
		sep := ""
		if len(a) > 1 {
			sep = a[1].Text()
		}
		if a[0].Kind() != value.List {
			return a[0], wrong(a[0], "a list")
		}
		var out []byte
		for i, x := range a[0].List() {
			if i > 0 {
				out = append(out, sep...)
			}
			if out = value.AppendText(out, x); len(out) > maxText {
				return a[0], fmt.Errorf("makes text of more than 64 MiB")
			}
		}
		return value.OfString(string(out)), nil
	},
	"min": extreme(-1),
	"max": extreme(1),
}

func element(v value.Value, i int64) (value.Value, error) {
	if v.Kind() != value.List {
		return v, wrong(v, "a list")
	}
	if i < 0 {
		i += int64(v.Len())
	}
	if i < 0 || i >= int64(v.Len()) {
		return value.Value{}, nil
	}
	return v.List()[i], nil
}

func onList(v value.Value, f func([]value.Value) []value.Value) (value.Value, error) {
	if v.Kind() != value.List {
		return v, wrong(v, "a list")
	}
	return value.OfList(f(v.List())), nil
}

func onObject(f func(key string, v value.Value) value.Value) function {
	return func(a []value.Value) (value.Value, error) {
		if a[0].Kind() != value.Object {
			return a[0], wrong(a[0], "an object")
		}
		out := make([]value.Value, a[0].Len())
		for i, key := range a[0].Shape().Keys() {
			out[i] = f(key, a[0].Slots()[i])
		}
		return value.OfList(out), nil
	}
}

func onString(f func(string) string) function {
	return func(a []value.Value) (value.Value, error) {
		if a[0].Kind() != value.String {
			return a[0], wrong(a[0], "a string")
		}
		return value.OfString(f(a[0].Str())), nil
	}
}

func rounding(f func(float64) float64) function {
	return func(a []value.Value) (value.Value, error) {
		if !a[0].IsNumber() {
			return a[0], wrong(a[0], "a number")
		}
		if a[0].Kind() == value.Int {
			return value.OfFloat(float64(a[0].Int())), nil
		}
		return value.OfFloat(f(a[0].Float())), nil
	}
}

func flatten(out, items []value.Value) []value.Value {
	for _, x := range items {
		if x.Kind() == value.List {
			out = flatten(out, x.List())
		} else {
			out = append(out, x)
		}
	}
	return out
}

// extreme gives the least or the greatest of its arguments, lists among them taken apart.
func extreme(sign int) function {
	return func(a []value.Value) (value.Value, error) {
		var best value.Value
		for i, x := range flatten(nil, a) {
			if !x.IsNumber() && x.Kind() != value.Time && x.Kind() != value.Duration && x.Kind() != value.String {
				return x, wrong(x, "a number")
			}
			if i == 0 || value.Compare(x, best)*sign > 0 {
				best = x
			}
		}
		return best, nil
	}
}

func toInt(a []value.Value) (value.Value, error) {
	v := a[0]
	switch v.Kind() {
	case value.Int:
		return v, nil
	case value.Float:
		if f := math.Trunc(v.Float()); f >= -(1<<63) && f < 1<<63 {
			return value.OfInt(int64(f)), nil
		}
		return v, fmt.Errorf("%s is beyond an int", v.Text())
	case value.Duration:
		return value.OfInt(int64(v.Duration())), nil
	case value.String:
		i, err := strconv.ParseInt(strings.TrimSpace(v.Str()), 10, 64)
		if err != nil {
			return v, fmt.Errorf("%q is no int", short(v.Str()))
		}
		return value.OfInt(i), nil
	}
	return v, wrong(v, "a number or a string")
}

func toFloat(a []value.Value) (value.Value, error) {
	v := a[0]
	switch v.Kind() {
	case value.Int, value.Float:
		return value.OfFloat(v.Float()), nil
	case value.String:
		f, err := strconv.ParseFloat(strings.TrimSpace(v.Str()), 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return v, fmt.Errorf("%q is no number", short(v.Str()))
		}
		return value.OfFloat(f), nil
	}
	return v, wrong(v, "a number or a string")
}

func short(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
