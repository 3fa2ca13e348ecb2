package operators

import "github.com/flowrun/flowrun/flow"

type aggregateOptions struct {
	By     flow.Keys       `flow:"by" doc:"What to group by: a field's path, which names the output field, a list of such, or a mapping of names to expressions. Without it, all items are one group."`
	Values flow.Aggregates `flow:"values,required" doc:"The fields of a group's result beside its keys, each an expression over count, sum, mean, min, max, first, last, collect, distinct, p50, p95 and p99."`
}

func (o *aggregateOptions) Check(report func(option, message, help string)) {
	checkNames(o.By, o.Values, report)
}

func aggregate() *flow.Component {
	return &flow.Component{
		Name: "aggregate", Also: []string{"group", "summarize"}, Group: "accumulate", Traits: flow.Traits{Total: true, Fresh: true, Keeps: true},
		Doc: "Groups the items and gives one object for each group at the end, in the order in which the groups were first seen. " +
			"Without `by` there is one group, also of no items. Nulls are left out by every function but count without an argument, first and last.",
		Gives: flow.Gives(func(o *aggregateOptions, t *flow.Typing) flow.Type {
			return flow.ObjectOf(true, groupFields(o.By, o.Values, t)...)
		}),
		Maker: flow.Makes(func(o *aggregateOptions, env *flow.Env) (flow.Op, error) {
			return newGrouper(newGroups(env.Memory, o.By, o.Values)), nil
		}),
		Examples: []flow.Example{
			{
				Pipeline: "source: {items: [{user: ada, n: 1}, {user: bob, n: 5}, {user: ada, n: 2}]}\nsteps:\n  - aggregate:\n      by: it.user\n      values:\n        total: sum(it.n)\n        each: sum(it.n) / count()\n",
				Output:   "{\"user\":\"ada\",\"total\":3,\"each\":1.5}\n{\"user\":\"bob\",\"total\":5,\"each\":5}\n",
			},
			{
				Doc:      "Of all items, and by a computed key.",
				Pipeline: "source: {items: [{at: \"2024-01-05\"}, {at: \"2024-01-09\"}, {at: \"2024-02-01\"}]}\nsteps:\n  - aggregate:\n      by: {month: \"it.at[:7]\"}\n      values: {n: count()}\n",
				Output:   "{\"month\":\"2024-01\",\"n\":2}\n{\"month\":\"2024-02\",\"n\":1}\n",
			},
		},
	}
}
