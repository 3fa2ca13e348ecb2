package runtime

import (
	"sync/atomic"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// part is one block under way, and what became of it.
type part struct {
	block flow.Block
	epoch uint32
	by    *hands // at work on it; nil where it is nothing but a failure
	room
	turns
	asks     atomic.Bool // what came out so far should be handed on; it is not touched meanwhile
	node     *graph.Node // where it failed
	err      error
	finished bool
}

// room is memory for a part, and for what comes out of it.
type room struct {
	in     []flow.Item // where they came over an edge
	out    []flow.Item
	data   []byte   // what items are encoded to, after those of out
	counts []counts // of the head and the operators
	looked []looked // by the operators that keep something
}

// encoding is how hands encode for a sink.
type encoding struct {
	*head
	by     flow.Encoder
	encode func(dst []byte, it flow.Item) ([]byte, error)
}

// can reports whether items can be encoded. Once they can, all that follow can be.
func (e *encoding) can() bool {
	if e.encode == nil {
		e.st.sink = e.head
		e.encode = e.by.Encode()
		e.st.sink = nil
	}
	return e.encode != nil
}

// encoded gives how many items are in data.
func (p *part) encoded() int64 {
	if p.by.sink == nil {
		return 0
	}
	return p.by.sink.n.out
}

// take takes an item that came out of the operators.
func (p *part) take(it flow.Item) error {
	if p.by.full(len(p.out)+int(p.encoded())) || len(p.data) >= aheadBytes {
		if err := p.by.giveEarly(p); err != nil {
			return err
		}
	}
	sink := p.by.sink
	if sink == nil || !sink.can() {
		p.out = append(p.out, it)
		return nil
	}
	sink.n.in++
	sink.st.sink = sink.head
	data, err := sink.encode(p.data, it)
	sink.st.sink = nil
	if p.data = data; err != nil {
		_, _, err = sink.catch(it, err)
		return err
	}
	sink.n.out++
	sink.n.completed++
	return nil
}

// fail notes the first failure.
func (p *part) fail(n *graph.Node, err error) {
	if p.err == nil && err != errStopped {
		p.node, p.err = n, err
	}
}
