package operators

import (
	"fmt"
	"slices"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type windowOptions struct {
	Kind     string          `flow:"kind" default:"tumbling" enum:"tumbling,sliding,session" doc:"Windows one after another (tumbling), overlapping ones (sliding), or one for each run of items without a long pause (session)."`
	Size     time.Duration   `flow:"size" doc:"How long a tumbling or sliding window is."`
	Every    time.Duration   `flow:"every" doc:"How often a sliding window begins."`
	Gap      time.Duration   `flow:"gap" doc:"The pause that ends a session."`
	Time     flow.Expr       `flow:"time" doc:"When an item happened: a time, or text such as 2024-05-01T12:00:00Z. The time at which it comes, unless given."`
	Lateness time.Duration   `flow:"lateness" doc:"How much later than others an item may come, by its time: windows end so much later. One that comes still later goes to the output late; it fails where nobody reads that."`
	By       flow.Keys       `flow:"by" doc:"One window for each key: a field's path, a list of such, or a mapping of names to expressions."`
	Values   flow.Aggregates `flow:"values" doc:"What is told of the items of a window, as in aggregate. The list of them, items, unless given."`
}

// Outputs has none for windows by the clock, by which no item comes late.
func (o *windowOptions) Outputs() []string {
	if o.Time == nil {
		return nil
	}
	return []string{"late"}
}

func (o *windowOptions) Check(report func(option, message, help string)) {
	type use struct {
		option string
		given  time.Duration
		kinds  []string
		help   string
	}
	for _, u := range []use{
		{"size", o.Size, []string{"tumbling", "sliding"}, "write `size: 1m`"},
		{"every", o.Every, []string{"sliding"}, "write `every: 10s`"},
		{"gap", o.Gap, []string{"session"}, "write `gap: 30m`"},
	} {
		switch uses := slices.Contains(u.kinds, o.Kind); {
		case u.given < 0:
			report(u.option, "a time cannot be less than none", u.help)
		case uses && u.given == 0:
			report("", fmt.Sprintf("a %s window needs `%s`", o.Kind, u.option), u.help)
		case !uses && u.given > 0:
			report(u.option, fmt.Sprintf("a %s window has no `%s`", o.Kind, u.option), "leave it out, or choose another `kind`")
		}
	}
	switch {
	case o.Kind == "sliding" && o.Every > o.Size:
		report("every", fmt.Sprintf("between windows of %v every %v items would be lost", o.Size, o.Every), "let windows begin at least as often as they are long")
	case o.Kind == "sliding" && o.Every > 0 && o.Size/o.Every > 1000:
		report("every", fmt.Sprintf("each item would be in %d windows", o.Size/o.Every), "let them begin less often")
	case o.Lateness < 0:
		report("lateness", "a time cannot be less than none", "write a duration such as 10s")
	case o.Lateness > 0 && o.Time == nil:
		report("lateness", "by the clock no item comes late", "leave it out, or say by `time` when an item happened")
	}
	for _, k := range o.By {
		if k.Name == "start" || k.Name == "end" || k.Name == "items" && o.Values == nil {
			report("by", fmt.Sprintf("a window has its own `%s`", k.Name), fmt.Sprintf("give the key another name: `by: {name: %s}`", k.Expr))
		}
	}
	for _, a := range o.Values {
		if a.Name == "start" || a.Name == "end" {
			report("values."+a.Name, fmt.Sprintf("a window has its own `%s`", a.Name), "give the value another name")
		}
	}
	checkNames(o.By, o.Values, report)
}

func window() *flow.Component {
	return &flow.Component{
		Name: "window", Group: "batch", Traits: flow.Traits{Keeps: true},
		Doc: "Gives one object `{start, end, …}` for the items of each window, when it ends; none for a window without items. It is from its start up to, but not including, its end. " +
			"By the clock (the default) windows end as time passes. By `time` they end as items with later times come, and at the end of the input.",
		Gives: flow.Gives(func(o *windowOptions, t *flow.Typing) flow.Type {
			at := flow.Only(value.Time)
			fields := append([]flow.Member{flow.FieldOf("start", at), flow.FieldOf("end", at)}, groupFields(o.By, o.Values, t)...)
			if o.Values == nil {
				fields = append(fields, flow.FieldOf("items", flow.ListOf(t.It())))
			}
			return flow.ObjectOf(true, fields...)
		}),
		Maker: flow.Makes(func(o *windowOptions, env *flow.Env) (flow.Op, error) {
			w := &windower{opt: o, span: spans(o)}
			values := o.Values
			if values == nil {
				values = flow.Aggregates{{Name: "items", Calls: []flow.AggregateCall{{Func: "items", Arg: wholeItem{}}}, Result: onlyResult{}}}
			}
			w.groups = newGroups(env.Memory, o.By, values, "start", "end")
			w.open = &openWindows{groups: w.groups}
			if o.Time == nil {
				return &clockWindower{w}, nil
			}
			return w, nil
		}),
		Examples: []flow.Example{
			{
				Doc:      "By the minute in which they happened.",
				Pipeline: "source: {items: [{at: \"2024-05-01T12:00:10Z\", n: 1}, {at: \"2024-05-01T12:00:50Z\", n: 2}, {at: \"2024-05-01T12:01:00Z\", n: 5}]}\nsteps:\n  - window: {size: 1m, time: it.at, values: {total: sum(it.n)}}\n",
				Output:   "{\"start\":\"2024-05-01T12:00:00Z\",\"end\":\"2024-05-01T12:01:00Z\",\"total\":3}\n{\"start\":\"2024-05-01T12:01:00Z\",\"end\":\"2024-05-01T12:02:00Z\",\"total\":5}\n",
			},
			{
				Doc:      "Sessions of users.",
				Pipeline: "source: {items: [{u: a, at: \"2024-05-01T12:00:00Z\"}, {u: b, at: \"2024-05-01T12:01:00Z\"}, {u: a, at: \"2024-05-01T12:04:00Z\"}, {u: a, at: \"2024-05-01T13:00:00Z\"}]}\nsteps:\n  - window: {kind: session, gap: 5m, time: it.at, by: it.u, values: {clicks: count()}}\n  - drop: [start, end]\n",
				Output:   "{\"u\":\"b\",\"clicks\":1}\n{\"u\":\"a\",\"clicks\":2}\n{\"u\":\"a\",\"clicks\":1}\n",
			},
			{
				Doc:      "What comes too late.",
				Pipeline: "source: {items: [{t: \"2024-05-01T12:00:30Z\"}, {t: \"2024-05-01T12:01:30Z\"}, {t: \"2024-05-01T12:00:40Z\"}]}\nsteps:\n  - {id: w, window: {size: 1m, time: it.t, values: {n: count()}}}\n  - map: it.n\n    from: w\n    id: ns\n  - merge: [ns, w.late]\n",
				Output:   "1\n{\"t\":\"2024-05-01T12:00:40Z\"}\n1\n",
			},
		},
	}
}
