package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type partitionOptions struct {
	N  int       `flow:"n,required" doc:"How many outputs there are: 0, 1, and so on."`
	By flow.Expr `flow:"by,required" doc:"The key: items with the same one go to the same output, in this run and in every other."`
}

func (o *partitionOptions) Check(report func(option, message, help string)) {
	checkOutputs(o.N, report)
}
func (o *partitionOptions) Outputs() []string { return numbered(o.N) }

func partition() *flow.Component {
	return &flow.Component{
		Name: "partition", Group: "fork",
		Doc:   "Sends each item to one of n outputs, which are read as `from: ID.0`, `from: ID.1`, and so on, by a hash of its key. One that is slow holds up the others.",
		Maker: flow.Makes(func(o *partitionOptions, _ *flow.Env) (flow.Router, error) { return &partitioner{opt: o}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{u: ada}, {u: bob}, {u: ada}]}\nsteps:\n  - {id: p, partition: {n: 2, by: it.u}}\n  - {from: p.0, id: zero, aggregate: {values: {n: count(), users: distinct(it.u)}}}\n  - {from: p.1, id: one, aggregate: {values: {n: count(), users: distinct(it.u)}}}\n  - concat: [zero, one]\n",
			Output:   "{\"n\":2,\"users\":1}\n{\"n\":1,\"users\":1}\n",
		}},
	}
}

type partitioner struct {
	opt   *partitionOptions
	scope flow.Scope
	key   []byte
}

func (p *partitioner) Route(it flow.Item, emit func(port int, it flow.Item) error) error {
	v, err := p.opt.By.Eval(p.scope.Set(it))
	if err != nil {
		return err
	}
	p.key = value.AppendKey(p.key[:0], v)
	return emit(int(hash(p.key)%uint64(p.opt.N)), it)
}
