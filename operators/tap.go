package operators

import (
	"github.com/flowrun/flowrun/flow"
)

type tapOptions struct {
	Message flow.Text `flow:"message,short" default:"" doc:"The line to show for each item, as a template; the item itself unless given."`
}

func tap() *flow.Component {
	return &flow.Component{
		Name: "tap", Also: []string{"print", "log", "peek"}, Group: "per item", Traits: flow.Traits{One: true},
		Doc:   "Shows each item on standard error and passes it on. It never fails an item.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *tapOptions, env *flow.Env) (flow.Op, error) {
			return &tapper{message: o.Message, env: env}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 2}}\nsteps:\n  - tap: \"saw ${it}\"\n", Output: "1\n2\n",
		}},
	}
}

type tapper struct {
	message flow.Text
	env     *flow.Env
	scope   flow.Scope
}

func (t *tapper) Process(it flow.Item, emit flow.Emit) error {
	if t.env.Log != nil {
		line, err := t.message.Eval(t.scope.Set(it))
		switch text, same := t.message.Constant(); {
		case err != nil:
			line = "cannot be shown: " + err.Error()
		case same && text == "":
			line = it.Value.Text()
		}
		t.env.Log(t.env.Step + ": " + line)
	}
	return emit(it)
}
