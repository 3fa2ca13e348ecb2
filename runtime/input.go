package runtime

import (
	"io"

	"github.com/flowrun/flowrun/dsl/graph"
)

// input is standard input, or a file such as a pipe, whose reads end when its source is told to stop: a read may wait for
// ever, on a terminal or a quiet pipe, and must not hold up the end. A goroutine of its own reads, on demand; where the source ends first, it is
// left to the read that it is in, and ends with that.
type input struct {
	run    *Run
	node   *graph.Node
	r      io.Reader
	ask    chan []byte
	answer chan answer
}

type answer struct {
	n   int
	err error
}

// Read reads as the reader beneath does. The buffer belongs to the read until that ends, also where Read has returned
// before: nobody may use it again.
func (in *input) Read(p []byte) (int, error) {
	s := in.run.entries[in.node]
	if in.ask == nil {
		in.ask, in.answer = make(chan []byte), make(chan answer, 1)
		go in.pump(s.ctx.Done())
	}
	if s.rw == s.ww { // else another goroutine sends
		_ = s.deliver() // the next emit tells
		s.idle()
	}
	select {
	case in.ask <- p:
	case <-s.ctx.Done():
		return 0, errDraining
	}
	select {
	case got := <-in.answer:
		return got.n, got.err
	case <-s.ctx.Done():
		return 0, errDraining
	}
}

// pump reads whenever it is asked to, until the source has ended.
func (in *input) pump(ended <-chan struct{}) {
	for {
		select {
		case p := <-in.ask:
			n, err := in.read(p)
			in.answer <- answer{n, err}
		case <-ended:
			return
		}
	}
}

func (in *input) read(p []byte) (n int, err error) {
	defer caught(&err)
	return in.r.Read(p)
}
