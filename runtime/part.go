package runtime

import (
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// part is one block under way, and what became of it.
type part struct {
	block flow.Block
	epoch uint32
	sink  *encoding // nil: items go to out, and so they do as long as it cannot encode
	room
	turns
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

// take takes an item that came out of the operators.
func (p *part) take(it flow.Item) error {
	if p.sink == nil || !p.sink.can() {
		p.out = append(p.out, it)
		return nil
	}
	p.sink.n.in++
	p.sink.st.sink = p.sink.head
	data, err := p.sink.encode(p.data, it)
	p.sink.st.sink = nil
	if p.data = data; err != nil {
		_, _, err = p.sink.catch(it, err)
		return err
	}
	p.sink.n.out++
	p.sink.n.completed++
	return nil
}

// fail notes the first failure.
func (p *part) fail(n *graph.Node, err error) {
	if p.err == nil && err != errStopped {
		p.node, p.err = n, err
	}
}
