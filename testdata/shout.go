package operators

import (
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type shoutOptions struct {
	Of flow.Expr `flow:"of,required,short" doc:"The text."`
}

func shout() *flow.Component {
	return &flow.Component{
		Name: "shout", Also: []string{"yell"}, Group: "per item",
		Doc:    "Gives a text in capital letters.",
		Maker:  flow.Makes(func(o *shoutOptions, _ *flow.Env) (flow.Op, error) { return &shouter{opt: o}, nil }),
		Traits: flow.Traits{Stateless: true, Single: true, One: true},
		Gives:  func(any, *flow.Typing) flow.Type { return flow.Only(value.String) },
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{name: ada}]}\nsteps:\n  - shout: it.name\n", Output: "\"ADA\"\n",
		}},
	}
}

type shouter struct {
	opt   *shoutOptions
	scope flow.Scope
}

func (s *shouter) Process(it flow.Item, emit flow.Emit) error {
	text, err := s.opt.Of.Eval(s.scope.Set(it))
	if err == nil && text.Kind() != value.String {
		err = fmt.Errorf("%s gives %s, and should give text", s.opt.Of, flow.Describe(text))
	}
	if err != nil {
		return err
	}
	return emit(it.With(value.OfString(strings.ToUpper(text.Str()))))
}
