package operators

import (
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type chunksOptions struct {
	Size     int           `flow:"size,required,short" doc:"How many items a chunk has."`
	Timeout  time.Duration `flow:"timeout" doc:"How long the first item of a chunk may wait for the others."`
	MaxBytes flow.Size     `flow:"max_bytes" doc:"A chunk that would be larger, estimated, is given before; an item larger alone is a chunk by itself."`
}

func (o *chunksOptions) Check(report func(option, message, help string)) {
	if o.Size < 1 {
		report("size", "a chunk has one item at least", "write 1 or more")
	}
	if o.Timeout < 0 {
		report("timeout", "a time cannot be less than none", "write a duration such as 1s, or leave it out")
	}
}

func chunks() *flow.Component {
	return &flow.Component{
		Name: "chunks", Also: []string{"batch", "chunk"}, Group: "batch", Traits: flow.Traits{Keeps: true},
		Doc:   "Makes lists of so many items each. The last may be shorter, or one whose time is over; none is empty.",
		Gives: func(_ any, t *flow.Typing) flow.Type { return flow.ListOf(t.It()) },
		Pace: flow.PaceOf(func(o *chunksOptions) flow.Pace {
			if o.Timeout > 0 || o.MaxBytes > 0 {
				return flow.Pace{}
			}
			return flow.Pace{Per: int64(o.Size)}
		}),
		Maker: flow.Makes(func(o *chunksOptions, env *flow.Env) (flow.Op, error) {
			c := chunker{opt: o, holding: holding{memory: env.Memory}}
			if o.Timeout > 0 {
				return &timedChunker{c}, nil
			}
			return &c, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 5}}\nsteps:\n  - chunks: 2\n", Output: "[1,2]\n[3,4]\n[5]\n",
		}},
	}
}

type chunker struct {
	holding // the bytes of the items
	pins    flow.Unpinner
	opt     *chunksOptions
	items   []value.Value
	meta    *flow.Meta // of the first item
	since   time.Time
}

func (c *chunker) Process(it flow.Item, emit flow.Emit) error {
	size := int64(it.Value.Size())
	if c.opt.MaxBytes > 0 && len(c.items) > 0 && c.bytes+size > int64(c.opt.MaxBytes) {
		if err := c.Flush(emit); err != nil {
			return err
		}
	}
	if err := c.take(size); err != nil {
		return err
	}
	if len(c.items) == 0 {
		c.meta = it.Meta
		if c.opt.Timeout > 0 {
			c.since = time.Now()
		}
	}
	c.items = append(c.items, c.pins.Unpin(it.Value))
	if len(c.items) < c.opt.Size {
		return nil
	}
	return c.Flush(emit)
}

func (c *chunker) Flush(emit flow.Emit) error {
	if len(c.items) == 0 {
		return nil
	}
	chunk := flow.Item{Value: value.OfList(c.items), Meta: c.meta}
	c.Close()
	c.items, c.since = nil, time.Time{}
	return emit(chunk)
}

// timedChunker is a chunker whose chunks don't wait longer than a time.
type timedChunker struct{ chunker }

func (c *timedChunker) Deadline() time.Time {
	if c.since.IsZero() {
		return c.since
	}
	return c.since.Add(c.opt.Timeout)
}

func (c *timedChunker) Tick(_ time.Time, emit flow.Emit) error { return c.Flush(emit) }
