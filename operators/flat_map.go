package operators

import (
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type flatMapOptions struct {
	List  flow.Expr  `flow:"list,short" doc:"A list; null is an empty one, and anything else fails the item."`
	Steps flow.Steps `flow:"steps" doc:"In place of a list, steps that each item goes through: what comes out of the last of them is given as it comes."`
	Max   int        `flow:"max" default:"16" doc:"How many items may be in their steps at once, of the modes merge and ordered."`
	Mode  string     `flow:"mode" default:"concat" enum:"concat,merge,ordered,latest" doc:"One item after another (concat); several at once, results as they come (merge) or in the order of the items (ordered); or an item's steps are cancelled when the next item comes (latest)."`
}

func (o *flatMapOptions) Check(report func(option, message, help string)) {
	switch {
	case o.List == nil && o.Steps.Plan == nil:
		report("", "`flat_map` has neither a list nor steps", "write `flat_map: it.tags`, or `flat_map: {steps: […]}`")
	case o.List != nil && o.Steps.Plan != nil:
		report("steps", "`flat_map` takes a list or steps, and here are both", "keep one of them")
	case o.List != nil && o.Mode != "concat":
		report("mode", "a list is there at once: the mode is for steps", "leave it out")
	case o.Max < 1:
		report("max", "no item at once would never begin", "write 1 or more")
	}
}

func (o *flatMapOptions) Nest() *flow.Nest {
	if o.Steps.Plan == nil {
		return nil
	}
	return &flow.Nest{Steps: o.Steps, Mode: flow.NestMode(o.Mode), Max: o.Max}
}

func flatMap() *flow.Component {
	return &flow.Component{
		Name: "flat_map", Also: []string{"flatten", "explode", "unnest"}, Group: "per item",
		Doc: "Gives the elements of a list that each item has, one by one; or what steps of its own make of each item. " +
			"An item that fails in its steps fails the whole step; what it gave before stays given.",
		Traits: flow.Traits{Stateless: true},
		Gives: flow.Gives(func(o *flatMapOptions, t *flow.Typing) flow.Type {
			if o.List == nil {
				return flow.Any
			}
			return t.TypeOf(o.List).Elem()
		}),
		Maker: flow.Makes(func(o *flatMapOptions, _ *flow.Env) (flow.Op, error) { return &flattener{list: o.List}, nil }),
		Examples: []flow.Example{
			{
				Pipeline: "source: {items: [{user: ada, tags: [x, y]}, {user: bob, tags: []}]}\nsteps:\n  - flat_map: \"map(it.tags, ({user: it.user, tag: #}))\"\n",
				Output:   "{\"user\":\"ada\",\"tag\":\"x\"}\n{\"user\":\"ada\",\"tag\":\"y\"}\n",
			},
			{
				Doc:      "Steps for each item, three items at once; the results keep the order of the items.",
				Pipeline: "source: {items: [30, 10, 20]}\nsteps:\n  - flat_map:\n      mode: ordered\n      max: 3\n      steps:\n        - sleep: \"${it}ms\"\n        - flat_map: \"[it, it + 1]\"\n",
				Output:   "30\n31\n10\n11\n20\n21\n",
			},
		},
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
