package flowrun_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// A pipeline in memory, run to its end.
func ExampleParse() {
	p, err := flowrun.Parse("sum.yaml", []byte(`
source: {range: {from: 1, to: 10}}
steps:
  - filter: it % 2 == 0
  - map: it * it
  - fold: {init: 0, next: acc + it}
`), flowrun.Options{})
	if err != nil {
		fmt.Println(err) // all that is wrong with the file, each with its place
		return
	}
	report, err := p.Run(context.Background(), flowrun.Options{Stdout: os.Stdout})
	fmt.Println(report.ItemsIn, report.ItemsOut, err)
	// Output:
	// 220
	// 10 1 <nil>
}

type wordsOptions struct {
	Of    flow.Expr `flow:"of,required,short" doc:"The text."`
	Least int       `flow:"least" default:"1" doc:"Shorter words are left out."`
}

type words struct {
	opt   *wordsOptions
	scope flow.Scope
}

// Process gives the words of a text, one by one.
func (w *words) Process(it flow.Item, emit flow.Emit) error {
	text, err := w.opt.Of.Eval(w.scope.Set(it))
	if err != nil {
		return err
	}
	if text.Kind() != value.String {
		return fmt.Errorf("%s gives %s, and should give text", w.opt.Of, flow.Describe(text))
	}
	for _, word := range strings.Fields(text.Str()) {
		if len(word) < w.opt.Least {
			continue
		}
		if err := emit(it.With(value.OfString(word))); err != nil {
			return err
		}
	}
	return nil
}

// A step of one's own: each item gives several.
func Example_component() {
	step := &flow.Component{
		Name: "words", Group: "per item",
		Doc:    "Gives the words of a text.",
		Maker:  flow.Makes(func(o *wordsOptions, _ *flow.Env) (flow.Op, error) { return &words{opt: o}, nil }),
		Traits: flow.Traits{Stateless: true},
	}
	p, err := flowrun.Parse("words.yaml", []byte(`
source: {items: [{line: to be or not to be}]}
steps:
  - words: {of: it.line, least: 3}
`), flowrun.Options{Components: []*flow.Component{step}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = p.Run(context.Background(), flowrun.Options{Stdout: os.Stdout})
	fmt.Println(err)
	// Output:
	// "not"
	// <nil>
}
