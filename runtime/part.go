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
	aside  []aside
	data   []byte   // what items are encoded to, after those of out
	counts []counts // of the head and the operators
	looked []looked // by the operators that keep something
}

// aside is what goes elsewhere of an item that failed.
type aside struct {
	by *head // of hands
	it flow.Item
	at int // how many items of out come before it
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

// roomy sees to it that the part has room for an item.
func (p *part) roomy() error {
	if p.by.full(len(p.out)+int(p.encoded())+len(p.aside)) || len(p.data) >= aheadBytes {
		return p.by.giveEarly(p)
	}
	return nil
}

// setAside takes what goes elsewhere of an item that failed.
func (p *part) setAside(by *head, record flow.Item) error {
	if err := p.roomy(); err != nil {
		return err
	}
	p.aside = append(p.aside, aside{by, record, len(p.out)})
	return nil
}

// take takes an item that came out of the operators.
func (p *part) take(it flow.Item) error {
	if err := p.roomy(); err != nil {
		return err
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
