package runtime

import (
	"context"
	"errors"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// declared is a source of which the file says what its items are: one that is none is a failure of its own, as text that is no
// item is.
type declared struct {
	flow.Source
	says   flow.Type
	reject func(it flow.Item, err error) error
}

// declare holds a component to what the file says of it, if it says anything.
func declare(n *graph.Node, c any, reject func(flow.Item, error) error) any {
	source, ok := c.(flow.Source)
	if n.Schema == nil || !ok {
		return c
	}
	return &declared{source, *n.Schema, reject}
}

// check gives an emit that lets only those items pass that are as declared.
func (d *declared) check(emit flow.Emit, reject func(flow.Item, error) error) flow.Emit {
	return func(it flow.Item) error {
		if fault := d.says.Fault(it.Value); fault != "" {
			return reject(it, flow.Typed("schema", errors.New(fault)))
		}
		return emit(it)
	}
}

func (d *declared) Read(ctx context.Context, emit flow.Emit) error {
	return d.Source.Read(ctx, d.check(emit, d.reject))
}

func (d *declared) Steady() bool {
	s, ok := d.Source.(flow.Steady)
	return ok && s.Steady()
}

func (d *declared) Splits() bool {
	b, ok := d.Source.(flow.Blocks)
	return ok && b.Splits()
}

func (d *declared) ReadBlocks(ctx context.Context, give func(flow.Block) error) error {
	return d.Source.(flow.Blocks).ReadBlocks(ctx, func(b flow.Block) error { return give(checkedBlock{d, b}) })
}

func (d *declared) Open(ctx context.Context) error {
	if o, ok := d.Source.(flow.Opener); ok {
		return o.Open(ctx)
	}
	return nil
}

func (d *declared) IdleConnections() int {
	if p, ok := d.Source.(flow.Pooled); ok {
		return p.IdleConnections()
	}
	return 0
}

func (d *declared) Close() {
	if c, ok := d.Source.(flow.Closer); ok {
		c.Close()
	}
}

// checkedBlock is a block of a declared source.
type checkedBlock struct {
	*declared
	block flow.Block
}

func (b checkedBlock) Decode(emit flow.Emit, reject func(flow.Item, error) error) error {
	return b.block.Decode(b.check(emit, reject), reject)
}
