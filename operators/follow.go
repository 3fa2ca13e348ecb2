package operators

import (
	"context"
	"io"
	"os"
	"time"
)

// lookEvery is the time between two looks at a file that had nothing new.
const lookEvery = 100 * time.Millisecond

// follow reads a file that others append to, until ctx ends. Where the file is replaced (rotated) or cut short, it reads
// what stands there then from its start, as a file of its own: with a header, and lines from 1.
func follow(ctx context.Context, name string, read func(name string, r io.Reader) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	for {
		f := &follower{ctx: ctx, name: name, file: file}
		err := read(name, f)
		if err != nil || f.next == nil {
			_ = file.Close() // it was read only
			return err
		}
		if f.next != file {
			_ = file.Close()
		}
		file = f.next
	}
}

// follower reads one file that grows. It comes to its end when another one stands in its place.
type follower struct {
	ctx  context.Context
	name string
	file *os.File
	at   int64
	gone bool     // another file stands in its place
	next *os.File // what to read after the end
}

func (f *follower) Read(p []byte) (int, error) {
	for {
		n, err := f.file.Read(p)
		f.at += int64(n)
		if n > 0 || err != nil && err != io.EOF {
			return n, err
		}
		if f.look() {
			return 0, io.EOF
		}
		if err := pause(f.ctx, lookEvery); err != nil {
			return 0, err
		}
	}
}

// look reports whether the file is at its end for good. Whoever writes may go on with a file for a moment after it was
// replaced, so that two looks have to find nothing new.
func (f *follower) look() bool {
	now, err := os.Stat(f.name)
	if err != nil {
		return false // between the old one and the new
	}
	old, err := f.file.Stat()
	switch {
	case err != nil:
		return false
	case os.SameFile(now, old) && now.Size() >= f.at:
		f.gone = false
		return false
	case os.SameFile(now, old):
		if _, err := f.file.Seek(0, io.SeekStart); err != nil {
			return false
		}
		f.next = f.file
		return true
	case !f.gone:
		f.gone = true
		return false
	}
	f.next, err = os.Open(f.name)
	if err != nil {
		f.next = nil
	}
	return err == nil
}
