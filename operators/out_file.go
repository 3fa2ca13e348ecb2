package operators

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators/codec"
)

// outFile is one file that a sink writes.
type outFile struct {
	name  string
	live  bool        // written under its own name
	claim string      // its full name; "" for what is no regular file
	mode  os.FileMode // permissions of the file that it replaces; 0 where there is none
	enc   codec.Encoding
	w     *codec.Writer
	f     *os.File         // nil: closed
	z     codec.Compressor // nil: nothing was written since it was opened
	begun bool             // it was opened before
	empty bool             // nothing is in it
	dirty bool             // something may be held for it
	shown bool             // what was written is in the file, and not held to be compressed
}

// claims are the files that sinks of this process write, by their full names: whether they are added to.
var claims sync.Map

// addedTo reports whether a sink of this process adds to a file.
func addedTo(name string) bool {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return false
	}
	name, err = filepath.Abs(name)
	live, _ := claims.Load(name)
	return err == nil && live == true
}

// newOutFile looks at what stands under the name. A link is followed; what is no regular file, such as a device or a
// pipe, is written as it is.
func newOutFile(name string, e codec.Encoding, live bool) (*outFile, error) {
	o := &outFile{name: name, live: live, enc: e}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		info = nil // what is wrong with it shows when it is opened
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory", name)
	case !info.Mode().IsRegular():
		o.live, o.w = true, codec.NewWriter(e)
		return o, nil
	default:
		o.mode = info.Mode().Perm()
		if o.name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
	}
	full, err := filepath.Abs(o.name)
	if err != nil {
		return nil, err
	}
	for dir := filepath.Dir(full); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, taken := claims.Load(dir); taken {
			return nil, fmt.Errorf("%s is to be a file, and cannot be a folder", dir)
		}
	}
	if _, taken := claims.LoadOrStore(full, live); taken {
		return nil, fmt.Errorf("another sink writes %s", name)
	}
	o.claim = full
	if info == nil || info.Size() == 0 || !live {
		o.w, o.empty = codec.NewWriter(e), true
		return o, nil
	}
	if err := o.resume(info.Size()); err != nil {
		o.release()
		return nil, err
	}
	return o, nil
}

// resume makes the writer go on with the file that is there.
func (o *outFile) resume(size int64) error {
	f, err := os.Open(o.name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was read only
	if o.w, err = codec.Resume(o.enc, o.name, f); err != nil {
		return err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, size-1); err != nil {
		return err
	}
	plain := o.enc.Compression == "" || o.enc.Compression == "none"
	if plain && o.enc.Format != "bytes" && last[0] != '\n' {
		o.w.Buf = append(o.w.Buf, '\n') // a line that was cut off is no part of the next one
	}
	return nil
}

// partial gives the name that the file is written under.
func (o *outFile) partial() string {
	if o.live {
		return o.name
	}
	return o.name + ".partial"
}

// open opens the file, the first time anew. An error is fatal unless it comes of the name.
func (o *outFile) open() error {
	f, err := o.create()
	if err == nil {
		o.f, o.begun = f, true
		return nil
	}
	for _, e := range []error{syscall.EINVAL, syscall.ENAMETOOLONG, syscall.EISDIR, syscall.ENOTDIR} {
		if errors.Is(err, e) {
			return flow.Typed("path", err)
		}
	}
	return flow.Fatal(err)
}

func (o *outFile) create() (*os.File, error) {
	if !o.begun {
		if err := os.MkdirAll(filepath.Dir(o.name), 0o777); err != nil {
			return nil, err
		}
	}
	for {
		f, err := os.OpenFile(o.partial(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		if err != nil || o.live {
			return f, err
		}
		again, err := o.own(f)
		if err == nil && !again {
			return f, nil
		}
		_ = f.Close() // nothing was written
		if err != nil {
			return nil, err
		}
	}
}

// own makes a partial file this run's own, and empties it the first time. It asks to try again where another run has
// just finished the file.
func (o *outFile) own(f *os.File) (again bool, err error) {
	if !lock(f) {
		return false, fmt.Errorf("another run writes %s", o.partial())
	}
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	if now, err := os.Stat(o.partial()); err != nil || !os.SameFile(now, mine) {
		return true, nil
	}
	if o.begun {
		return false, nil
	}
	if o.mode != 0 {
		err = f.Chmod(o.mode)
	}
	return false, errors.Join(err, f.Truncate(0))
}

// write hands the buffer on.
func (o *outFile) write() error {
	if len(o.w.Buf) == 0 {
		return nil
	}
	err := o.pack(o.w.Buf)
	o.w.Buf = o.w.Buf[:0]
	return err
}

// pack writes through the compression.
func (o *outFile) pack(data []byte) (err error) {
	if o.z == nil {
		if o.z, err = codec.Compress(o.f, o.enc.Compression); err != nil {
			return err
		}
	}
	o.shown, o.empty = false, false
	_, err = o.z.Write(data)
	return err
}

// show makes everything that was written stand in the file.
func (o *outFile) show() error {
	if o.shown || o.z == nil {
		return nil
	}
	o.shown = true
	return o.z.Flush()
}

// shut closes the file, which may be opened again. What is held stays.
func (o *outFile) shut() (err error) {
	if o.z != nil {
		err = o.z.Close()
	}
	if e := o.f.Close(); err == nil {
		err = e
	}
	o.f, o.z = nil, nil
	return err
}

// finish completes the file, which has only to take its name.
func (o *outFile) finish() (err error) {
	if o.f == nil {
		if err := o.open(); err != nil {
			return err
		}
	}
	if o.w.End(); len(o.w.Buf) > 0 || o.empty {
		err = o.pack(o.w.Buf)
		o.w.Buf = nil
	}
	return errors.Join(err, o.shut())
}

// close gives the file its name with commit, once it is finished; else it leaves it as it is.
func (o *outFile) close(commit bool) (err error) {
	defer o.release()
	switch {
	case o.f != nil:
		return o.shut()
	case commit && !o.live:
		return os.Rename(o.partial(), o.name)
	}
	return nil
}

// release lets others write the file.
func (o *outFile) release() {
	if o.claim != "" {
		claims.Delete(o.claim)
	}
}
