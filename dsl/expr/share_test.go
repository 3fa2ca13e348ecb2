package expr

import (
	"sync"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Goroutines share an expression, each with a scope of its own, over objects of many shapes.
func TestExpressionsAreShared(t *testing.T) {
	e, problems := Compile(`{n: it.n * 2 + 1, s: upper(it.s), big: it.n > 10 && it.s matches "^a", all: map(it.xs, # + it.n)}`, Env{})
	if problems != nil {
		t.Fatal(problems)
	}
	items := []value.Value{
		decode(t, `{"n":1,"s":"a","xs":[1,2]}`), decode(t, `{"s":"b","n":11,"xs":[]}`), decode(t, `{"x":0,"n":12,"xs":[3],"s":"ab"}`),
		decode(t, `{"xs":[1],"y":0,"s":"","n":-3}`),
	}
	want := []string{
		`{"n":3,"s":"A","big":false,"all":[2,3]}`, `{"n":23,"s":"B","big":false,"all":[]}`, `{"n":25,"s":"AB","big":true,"all":[15]}`,
		`{"n":-5,"s":"","big":false,"all":[-2]}`,
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			scope := flow.Scope{}
			for i := range 1000 {
				k := (i + g) % len(items)
				v, err := e.Eval(scope.Set(flow.Item{Value: items[k]}))
				if got := string(value.AppendJSON(nil, v)); err != nil || got != want[k] {
					t.Errorf("%s, %v, not %s", got, err, want[k])
					return
				}
			}
		})
	}
	wg.Wait()
}
