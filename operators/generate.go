package operators

import (
	"context"
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type generateOptions struct {
	State flow.Literal `flow:"state,required" scope:"-it" doc:"The first state."`
	While flow.Expr    `flow:"while" scope:"state,-it" doc:"It stops before the state for which this is false; without it, never."`
	Emit  flow.Literal `flow:"emit" scope:"state,-it" doc:"The item that a state gives; the state itself unless given."`
	Next  flow.Literal `flow:"next,required" scope:"state,-it" doc:"The state after this one."`
}

func (o *generateOptions) Endless() bool { return o.While == nil }

func generate() *flow.Component {
	return &flow.Component{
		Name: "generate", Also: []string{"unfold"}, Group: "source",
		Doc: "Gives one item for each of a sequence of states, each computed from the one before. A failure of an expression ends the run.",
		Sees: flow.Sees(func(o *generateOptions, t *flow.Typing) map[string]flow.Type {
			return map[string]flow.Type{"state": t.State(t.TypeOf(o.State.Expr), t.TypeOf(o.Next.Expr))}
		}),
		Gives: flow.Gives(func(o *generateOptions, t *flow.Typing) flow.Type {
			if o.Emit.Expr != nil {
				return t.TypeOf(o.Emit.Expr)
			}
			return t.TypeOf(o.State.Expr).Or(t.TypeOf(o.Next.Expr))
		}),
		Maker: flow.Makes(func(o *generateOptions, _ *flow.Env) (flow.Source, error) { return &generator{opt: o}, nil }),
		Examples: []flow.Example{{
			Doc:      "The Fibonacci numbers below 30.",
			Pipeline: "source:\n  generate:\n    state: {a: 0, b: 1}\n    while: state.a < 30\n    emit: state.a\n    next: {a: state.b, b: state.a + state.b}\n",
			Output:   "0\n1\n1\n2\n3\n5\n8\n13\n21\n",
		}},
	}
}

type generator struct{ opt *generateOptions }

func (g *generator) Steady() bool { return true }

func (g *generator) Read(ctx context.Context, emit flow.Emit) error {
	scope := flow.Scope{Vars: make([]value.Value, 1)}
	state, err := g.opt.State.Eval(&scope)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	for ctx.Err() == nil {
		scope.Vars[0] = state
		if g.opt.While != nil {
			ok, err := flow.Bool(g.opt.While, &scope)
			if err != nil {
				return fmt.Errorf("while, at the state %s: %w", brief(state), err)
			}
			if !ok {
				return nil
			}
		}
		item := state
		if g.opt.Emit.Expr != nil {
			if item, err = g.opt.Emit.Eval(&scope); err != nil {
				return fmt.Errorf("emit, at the state %s: %w", brief(state), err)
			}
		}
		if err := emit(flow.Item{Value: item}); err != nil {
			return err
		}
		if state, err = g.opt.Next.Eval(&scope); err != nil {
			return fmt.Errorf("next, at the state %s: %w", brief(scope.Vars[0]), err)
		}
	}
	return ctx.Err()
}

// brief gives a value for a message.
func brief(v value.Value) string {
	s := []rune(string(value.AppendJSON(nil, v)))
	if len(s) > 60 {
		s = append(s[:59], '…')
	}
	return string(s)
}
