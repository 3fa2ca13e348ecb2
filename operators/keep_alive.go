package operators

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

type keepAliveOptions struct {
	After time.Duration `flow:"after,required" doc:"How long nothing may come until the value is given; and again, and again."`
	Value flow.Literal  `flow:"value,required" scope:"-it" doc:"What is given."`
}

func (o *keepAliveOptions) Check(report func(option, message, help string)) {
	if o.After <= 0 {
		report("after", "values need some time between them", "write a duration such as 30s")
	}
}

func keepAlive() *flow.Component {
	return &flow.Component{
		Name: "keep_alive", Group: "time", Traits: flow.Traits{Prompt: true},
		Doc:   "Passes items as they come, and gives a value whenever none came for some time. It ends with the input.",
		Gives: flow.Gives(func(o *keepAliveOptions, t *flow.Typing) flow.Type { return t.It().Or(t.TypeOf(o.Value.Expr)) }),
		Maker: flow.Makes(func(o *keepAliveOptions, _ *flow.Env) (flow.Op, error) {
			return &heartbeat{opt: o, due: time.Now().Add(o.After)}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {interval: {every: 50ms, count: 2}}\nsteps:\n  - map: it.n\n  - keep_alive: {after: 30ms, value: \"'still here'\"}\n", Output: "0\n\"still here\"\n1\n",
		}},
	}
}

type heartbeat struct {
	opt   *keepAliveOptions
	scope flow.Scope
	due   time.Time
}

func (h *heartbeat) Process(it flow.Item, emit flow.Emit) error {
	h.due = time.Now().Add(h.opt.After)
	return emit(it)
}

func (h *heartbeat) Deadline() time.Time { return h.due }

func (h *heartbeat) Tick(now time.Time, emit flow.Emit) error {
	h.due = now.Add(h.opt.After)
	v, err := h.opt.Value.Eval(&h.scope)
	if err != nil {
		return err
	}
	return emit(flow.Item{Value: v})
}
