package operators

import (
	"context"
	"math"
	"math/bits"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type itemsOptions struct {
	Of    []value.Value `flow:"of,required,short" doc:"The items: plain data, not expressions."`
	Times int64         `flow:"times" default:"1" doc:"How often to give them all, one time after another."`
	Cycle bool          `flow:"cycle" doc:"Give them for ever. An empty list ends at once."`
}

func (o *itemsOptions) Endless() bool { return o.Cycle && len(o.Of) > 0 }

// Size gives how many items there are; it cannot where they are more than an int counts.
func (o *itemsOptions) Size() (int64, bool) {
	hi, n := bits.Mul64(uint64(len(o.Of)), uint64(o.Times))
	return int64(n), !o.Cycle && hi == 0 && n <= math.MaxInt64
}

func (o *itemsOptions) Check(report func(option, message, help string)) {
	if o.Times < 0 {
		report("times", "items cannot be given less than no times", "write 0 or more")
	}
}

func items() *flow.Component {
	return &flow.Component{
		Name: "items", Group: "source",
		Doc: "Gives the items that stand in the file.",
		Gives: flow.Gives(func(o *itemsOptions, _ *flow.Typing) flow.Type {
			if len(o.Of) == 0 {
				return flow.Any
			}
			return flow.TypeOf(value.OfList(o.Of)).Elem()
		}),
		Maker: flow.Makes(func(o *itemsOptions, _ *flow.Env) (flow.Source, error) { return &itemsSource{o}, nil }),
		Examples: []flow.Example{
			{Pipeline: "source: {items: [1, two, {three: 3.0}]}\n", Output: "1\n\"two\"\n{\"three\":3.0}\n"},
			{Doc: "Twice.", Pipeline: "source: {items: {of: [a, b], times: 2}}\n", Output: "\"a\"\n\"b\"\n\"a\"\n\"b\"\n"},
		},
	}
}

type itemsSource struct{ opt *itemsOptions }

func (s *itemsSource) Steady() bool { return true }

func (s *itemsSource) Read(_ context.Context, emit flow.Emit) error {
	for n := int64(0); (s.opt.Cycle || n < s.opt.Times) && len(s.opt.Of) > 0; n++ {
		for _, v := range s.opt.Of {
			if err := emit(flow.Item{Value: v}); err != nil {
				return err
			}
		}
	}
	return nil
}
