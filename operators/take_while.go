package operators

import "github.com/flowrun/flowrun/flow"

type takeWhileOptions struct {
	If        flow.Expr `flow:"if,required,short" doc:"A condition on the item."`
	Inclusive bool      `flow:"inclusive" doc:"Pass also the first item for which the condition is false."`
}

func takeWhile() *flow.Component {
	return &flow.Component{
		Name: "take_while", Group: "cut", Traits: flow.Traits{One: true, Cuts: true},
		Doc:   "Passes items while a condition is true, and ends with the first for which it is false.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *takeWhileOptions, _ *flow.Env) (flow.Op, error) {
			return &whileTaker{test: flow.Test(o.If), inclusive: o.Inclusive}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [1, 2, 5, 1]}\nsteps:\n  - take_while: it < 3\n", Output: "1\n2\n",
		}},
	}
}

type whileTaker struct {
	test      func(*flow.Scope) (bool, error)
	inclusive bool
	scope     flow.Scope
}

func (t *whileTaker) Process(it flow.Item, emit flow.Emit) error {
	ok, err := t.test(t.scope.Set(it))
	if err != nil {
		return err
	}
	if ok || t.inclusive {
		if err := emit(it); err != nil {
			return err
		}
	}
	if !ok {
		return flow.Done
	}
	return nil
}

func skipWhile() *flow.Component {
	return &flow.Component{
		Name: "skip_while", Group: "cut", Traits: flow.Traits{Single: true},
		Doc:   "Leaves items out while a condition is true, and passes everything from the first for which it is false.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *conditionOptions, _ *flow.Env) (flow.Op, error) {
			return &whileSkipper{test: flow.Test(o.If)}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [1, 2, 5, 1]}\nsteps:\n  - skip_while: it < 3\n", Output: "5\n1\n",
		}},
	}
}

type whileSkipper struct {
	test  func(*flow.Scope) (bool, error)
	scope flow.Scope
	open  bool
}

func (s *whileSkipper) Process(it flow.Item, emit flow.Emit) error {
	if !s.open {
		ok, err := s.test(s.scope.Set(it))
		if err != nil || ok {
			return err
		}
		s.open = true
	}
	return emit(it)
}
