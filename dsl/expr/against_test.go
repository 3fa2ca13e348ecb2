package expr

import (
	"fmt"
	"math"
	"strings"
	"testing"

	exprlang "github.com/expr-lang/expr"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// machine compiles an expression for expr-lang's own machine, with the differences modelled; nil where it is ill typed.
func machine(src string) (*vm.Program, error) {
	env := types.Map{"it": types.Any, "acc": types.Any, "absent": types.Any}
	if _, err := exprlang.Compile(src, exprlang.Env(env), exprlang.Optimize(false)); err != nil {
		return nil, err
	}
	options := []exprlang.Option{exprlang.Env(env), exprlang.Optimize(false), exprlang.Patch(models{})}
	for _, d := range differences {
		options = append(options, exprlang.Function(modelName(d.name), func(args ...any) (any, error) { return d.model(args...) }))
	}
	return exprlang.Compile(src, options...)
}

// identical reports whether two values are the same, down to the kinds of numbers.
func identical(a, b value.Value) bool {
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false
	}
	switch a.Kind() {
	case value.Float:
		return a.Float() == b.Float() && math.Signbit(a.Float()) == math.Signbit(b.Float()) || math.IsNaN(a.Float()) && math.IsNaN(b.Float())
	case value.List:
		for i := range a.List() {
			if !identical(a.List()[i], b.List()[i]) {
				return false
			}
		}
		return true
	case value.Object:
		for i, key := range a.Shape().Keys() {
			if x, ok := b.Field(key); !ok || !identical(a.At(i), x) {
				return false
			}
		}
		return true
	}
	return value.Equal(a, b)
}

// against compares the closures with the machine on the items.
func against(t rapid.TB, src string, items []value.Value) {
	program, illTyped := machine(src)
	e, problems := Compile(src, Env{Vars: []string{"acc"}})
	if illTyped != nil {
		return // and the checker is the same for both
	}
	var eval func(*flow.Scope) (value.Value, error)
	var test func(*flow.Scope) (bool, error)
	if problems == nil {
		eval, test = flow.Func(e), flow.Test(e)
	} else {
		for _, p := range problems {
			if strings.Contains(p.Message, "has no field") || strings.Contains(p.Message, "cannot be used with") || strings.Contains(p.Message, "` takes ") {
				return // what inference found, which the machine does not know
			}
			if !strings.HasPrefix(p.Message, "this is the same for every item, and fails") {
				t.Fatalf("%s: only this package refuses it: %s", src, p.Message)
			}
		}
		eval = func(*flow.Scope) (value.Value, error) { return value.Value{}, fmt.Errorf("%s", problems[0].Message) }
	}
	scope := &flow.Scope{Vars: make([]value.Value, 1)}
	for i, item := range items {
		acc := items[len(items)-1-i]
		want, wantErr := vm.Run(program, map[string]any{"it": item.ToGo(), "acc": acc.ToGo(), "absent": absent})
		scope.It, scope.Vars[0] = item, acc
		got, err := eval(scope)
		said := fmt.Sprintf("%s\n it   %s\n acc  %s\n got  %s, %v\n want %v, %v", src, item.Text(), acc.Text(), got.Text(), err, want, wantErr)
		if (err != nil) != (wantErr != nil) || err == nil && !identical(got, value.FromGo(want)) {
			t.Fatal(said)
		}
		if err != nil && (strings.Contains(err.Error(), "%!(") || flow.ErrorType(err) != "expression" && problems == nil) {
			t.Fatalf("a failure that is none of an expression's: %v\n%s", err, said)
		}
		if test != nil {
			ok, testErr := test(scope)
			if (testErr != nil) != (err != nil || got.Kind() != value.Bool) || testErr == nil && ok != got.Bool() {
				t.Fatalf("as a condition: %v, %v\n%s", ok, testErr, said)
			}
		}
	}
}

func property(t *rapid.T) {
	g := generator{t: t}
	src := g.any(4)
	var items []value.Value
	for range rapid.IntRange(1, 4).Draw(t, "items") {
		items = append(items, g.item())
	}
	against(t, src, items)
}

func TestAgainstExprLang(t *testing.T) { rapid.Check(t, property) }

func FuzzAgainstExprLang(f *testing.F) { f.Fuzz(rapid.MakeFuzz(property)) }
