package operators

import (
	"cmp"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// next is an expression of the state before, acc.
type next func(acc value.Value) value.Value

func (f next) Eval(s *flow.Scope) (value.Value, error) { return f(s.Vars[0]), nil }
func (f next) String() string                          { return "next(acc)" }

// TestAStateIsNotNestedWithoutEnd folds states that hold the one before: what goes through such a value, to write or to compare
// it, would exhaust its stack.
func TestAStateIsNotNestedWithoutEnd(t *testing.T) {
	for name, of := range map[string]next{
		"a list":    func(acc value.Value) value.Value { return value.OfList([]value.Value{acc}) },
		"an object": func(acc value.Value) value.Value { return value.OfPairs("n", value.OfInt(1), "before", acc) },
		"twice":     func(acc value.Value) value.Value { return value.OfList([]value.Value{acc, acc}) },
		"flat":      func(value.Value) value.Value { return value.OfList([]value.Value{value.OfList(nil)}) },
	} {
		f := newFolder(of, of, &flow.Memory{Limit: 512 << 20})
		f.acc, f.begun = value.OfInt(0), true
		n, err := 0, error(nil)
		for ; n < 30_000 && err == nil; n++ {
			err = f.Process(flow.Item{Value: value.OfInt(1)}, nil)
		}
		if want := map[string]string{"flat": "", "twice": "memory"}; name == "flat" && err != nil || name != "flat" && (flow.ErrorType(err) != cmp.Or(want[name], "depth") || !flow.IsFatal(err)) {
			t.Errorf("%s: after %d items: %v", name, n, err)
		}
	}
}
