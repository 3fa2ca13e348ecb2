package operators

import (
	"io"
	"os"
	"sync"
)

// pipe is a file such as a named pipe, which is opened when it is first read: both may wait. One goroutine reads;
// another may close it meanwhile.
type pipe struct {
	name string
	mu   sync.Mutex
	file *os.File
	over bool
}

func (p *pipe) Read(b []byte) (int, error) {
	if p.file == nil {
		f, err := os.Open(p.name)
		if err != nil {
			return 0, err
		}
		p.mu.Lock()
		p.file = f
		over := p.over
		p.mu.Unlock()
		if over {
			_ = f.Close() // it was not read
			return 0, io.EOF
		}
	}
	return p.file.Read(b)
}

func (p *pipe) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over = true; p.file != nil {
		_ = p.file.Close() // it was read only
	}
}
