package operators

import (
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type flatMapOptions struct {
	List flow.Expr `flow:"list,required,short" doc:"A list; null is an empty one, and anything else fails the item."`
}

func flatMap() *flow.Component {
	return &flow.Component{
		Name: "flat_map", Group: "per item",
		Doc:    "Gives the elements of a list that each item has, one by one.",
		Traits: flow.Traits{Stateless: true},
		Maker:  flow.Makes(func(o *flatMapOptions, _ *flow.Env) (flow.Op, error) { return &flattener{list: o.List}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{user: ada, tags: [x, y]}, {user: bob, tags: []}]}\nsteps:\n  - flat_map: \"map(it.tags, ({user: it.user, tag: #}))\"\n",
			Output:   "{\"user\":\"ada\",\"tag\":\"x\"}\n{\"user\":\"ada\",\"tag\":\"y\"}\n",
		}},
	}
}

type flattener struct {
	list  flow.Expr
	scope flow.Scope
}

func (f *flattener) Process(it flow.Item, emit flow.Emit) error {
	v, err := f.list.Eval(f.scope.Set(it))
	if err != nil {
		return err
	}
	if v.Kind() != value.List && !v.IsNull() {
		return flow.Typed("expression", fmt.Errorf("%s is %s, not a list", f.list, flow.Describe(v)))
	}
	for _, x := range v.List() {
		if err := emit(it.With(x)); err != nil {
			return err
		}
	}
	return nil
}
