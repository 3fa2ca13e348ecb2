package operators

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/flowrun/flowrun/operators/codec"
)

// outFile is one file that a sink writes.
type outFile struct {
	name  string
	live  bool // written under its own name
	enc   codec.Encoding
	w     *codec.Writer
	f     *os.File // nil: closed
	z     codec.Compressor
	begun bool // it was opened before
}

// partial gives the name that the file is written under.
func (o *outFile) partial() string {
	if o.live {
		return o.name
	}
	return o.name + ".partial"
}

// resume makes the writer of a file that is added to leave out the header that the file has.
func (o *outFile) resume() {
	if info, err := os.Stat(o.name); err == nil && info.Size() > 0 {
		o.w.Resume()
	}
}

func (o *outFile) open() error {
	if info, err := os.Stat(o.name); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory", o.name)
	}
	if err := os.MkdirAll(filepath.Dir(o.name), 0o777); err != nil {
		return err
	}
	mode := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if !o.live && !o.begun {
		mode |= os.O_TRUNC
	}
	f, err := os.OpenFile(o.partial(), mode, 0o666)
	if err != nil {
		return err
	}
	z, err := codec.Compress(f, o.enc.Compression)
	if err != nil {
		_ = f.Close()
		return err
	}
	o.f, o.z, o.begun = f, z, true
	return nil
}

// write hands the buffer on.
func (o *outFile) write() error {
	_, err := o.z.Write(o.w.Buf)
	o.w.Buf = o.w.Buf[:0]
	return err
}

// close writes what is held and closes the file, which may be opened again.
func (o *outFile) close(sync bool) error {
	if o.f == nil {
		return nil
	}
	err := o.write()
	if e := o.z.Close(); err == nil {
		err = e
	}
	if err == nil && sync {
		err = o.f.Sync()
	}
	if e := o.f.Close(); err == nil {
		err = e
	}
	o.f, o.z = nil, nil
	return err
}

// finish completes the file and gives it its name.
func (o *outFile) finish() error {
	if o.f == nil {
		if err := o.open(); err != nil {
			return err
		}
	}
	o.w.End()
	if err := o.close(!o.live); err != nil {
		return err
	}
	if o.live {
		return nil
	}
	return os.Rename(o.partial(), o.name)
}
