package codec

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory that zstd data may ask for: as much as the zstd command allows.
const maxWindow = 128 << 20

// decompress gives what the data of r stands for, of several members also, and what frees its memory.
func decompress(r io.Reader, compression string) (io.Reader, func(), error) {
	switch compression {
	case "gzip":
		return &unpacker{r: r, kind: "gzip", open: func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }}, func() {}, nil
	case "zstd":
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return &unpacker{r: r, kind: "zstd", open: func(r io.Reader) (io.Reader, error) { return z, z.Reset(r) }}, z.Close, nil
	}
	return r, func() {}, nil
}

// unpacker begins when it is first read, and says what is broken.
type unpacker struct {
	r    io.Reader
	kind string
	open func(io.Reader) (io.Reader, error)
	z    io.Reader // nil: not begun
}

func (u *unpacker) Read(p []byte) (n int, err error) {
	if u.z == nil {
		packed := bufio.NewReaderSize(u.r, 64<<10)
		if _, err := packed.Peek(1); err == io.EOF {
			return 0, fmt.Errorf("the %s data is empty", u.kind)
		}
		if u.z, err = u.open(packed); err != nil {
			return 0, u.broken(err)
		}
	}
	n, err = u.z.Read(p)
	return n, u.broken(err)
}

func (u *unpacker) broken(err error) error {
	switch {
	case err == nil || err == io.EOF && u.z != nil:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF:
		err = errors.New("it ends too early")
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		err = fmt.Errorf("it asks for a window of more than %d MiB", maxWindow>>20)
	}
	return fmt.Errorf("the %s data is broken: %w", u.kind, err)
}

// window is that of zstd data that is written, as the zstd command has it; a stream takes about 4 MiB with it, and one of
// gzip 1 MiB.
const window = 2 << 20

// Compressor is a stream that compresses; Close ends it, not what it writes to.
type Compressor interface {
	io.WriteCloser
	Flush() error
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }
func (plain) Flush() error { return nil }

// packer is a Compressor whose memory is used again after Close.
type packer struct {
	Compressor
	pool *sync.Pool
}

func (p packer) Close() error {
	err := p.Compressor.Close()
	p.pool.Put(p.Compressor)
	return err
}

var gzips, zstds sync.Pool // of *gzip.Writer and of *zstd.Encoder

// Compress gives the stream that an encoding asks for, to be closed once.
func Compress(w io.Writer, compression string) (Compressor, error) {
	switch compression {
	case "gzip":
		if z, ok := gzips.Get().(*gzip.Writer); ok {
			z.Reset(w)
			return packer{z, &gzips}, nil
		}
		return packer{gzip.NewWriter(w), &gzips}, nil
	case "zstd":
		if z, ok := zstds.Get().(*zstd.Encoder); ok {
			z.Reset(w)
			return packer{z, &zstds}, nil
		}
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window))
		return packer{z, &zstds}, err
	}
	return plain{w}, nil
}
