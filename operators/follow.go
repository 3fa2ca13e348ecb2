package operators

import (
	"context"
	"io"
	"os"
	"time"
)

// follower reads a file that others append to, and never comes to its end before ctx does. Where the file is replaced
// (rotated) or cut short, it reads on from the start of what stands there now, after the rest of the old one.
type follower struct {
	ctx  context.Context
	name string
	file *os.File
	at   int64
}

// lookEvery is the time between two looks at a file that had nothing new.
const lookEvery = 100 * time.Millisecond

func (f *follower) Read(p []byte) (int, error) {
	for {
		n, err := f.file.Read(p)
		f.at += int64(n)
		if n > 0 || err != nil && err != io.EOF {
			return n, err
		}
		if f.replaced() {
			continue
		}
		if err := pause(f.ctx, lookEvery); err != nil {
			return 0, err
		}
	}
}

// replaced takes up a file that was put in the place of this one, or cut short; false if it is the same as before.
func (f *follower) replaced() bool {
	now, err := os.Stat(f.name)
	if err != nil {
		return false // between the old one and the new
	}
	old, err := f.file.Stat()
	switch {
	case err == nil && os.SameFile(now, old) && now.Size() >= f.at:
		return false
	case err == nil && os.SameFile(now, old):
		_, err := f.file.Seek(0, io.SeekStart)
		f.at = 0
		return err == nil
	}
	next, err := os.Open(f.name)
	if err != nil {
		return false
	}
	f.close()
	f.file, f.at = next, 0
	return true
}

func (f *follower) close() { _ = f.file.Close() } // it was read only
