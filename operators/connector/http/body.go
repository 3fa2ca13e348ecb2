package http

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/flowrun/flowrun/flow"
)

// read takes the reply to a request: its whole body, or the failure that its status is.
func (c *client) read(r *request, resp *nethttp.Response) (*reply, error) {
	defer resp.Body.Close() //nolint:errcheck // it was read only
	out := &reply{request: r, status: resp.StatusCode, header: resp.Header, url: resp.Request.URL}
	if !c.expected(resp.StatusCode) {
		return nil, c.refusal(resp)
	}
	var err error
	out.body, err = c.body(resp, c.maxBytes)
	return out, err
}

// excerpt is how much of an unexpected reply's body is read, and excerptShown how much of it is told.
const (
	excerpt      = 16 << 10
	excerptShown = 200
)

// refusal gives the failure that an unexpected status is. What is wrong with the body does not matter then.
func (c *client) refusal(resp *nethttp.Response) error {
	e := &statusError{status: resp.StatusCode}
	if e.status == nethttp.StatusTooManyRequests || e.status == nethttp.StatusServiceUnavailable {
		e.after = retryAfter(resp.Header, time.Now())
	}
	body, err := c.body(resp, excerpt)
	if tooLarge := (*permanentError)(nil); err != nil && !errors.As(err, &tooLarge) {
		return e
	}
	text := strings.TrimSpace(string(body))
	if line, _, more := strings.Cut(text, "\n"); more {
		text = strings.TrimSpace(line) + " …"
	}
	for len(text) > excerptShown {
		text = strings.ToValidUTF8(text[:excerptShown-3], "") + "…"
	}
	if utf8.ValidString(text) && !strings.HasPrefix(text, "<") {
		e.text = text
	}
	return e
}

// body reads a body to its end, decompressed, if it has no more than limit bytes; else it fails, and gives those.
func (c *client) body(resp *nethttp.Response, limit int64) ([]byte, error) {
	if resp.Request.Method == nethttp.MethodHead {
		return nil, nil
	}
	size := resp.ContentLength
	if size > limit {
		return nil, tooLarge(limit)
	}
	encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	if encoding == "" || encoding == "identity" {
		return readAll(resp.Body, size, limit)
	}
	in := &encoded{Reader: resp.Body}
	body, err := c.decode(encoding, in, limit)
	if permanent := (*permanentError)(nil); err != nil && in.err == nil && !errors.As(err, &permanent) {
		err = &permanentError{"http.encoding", fmt.Errorf("the body is not encoded as it says, in %s: %w", encoding, err)}
	}
	return body, err
}

// encoded remembers how reading the encoded body failed: such a failure may pass, others are in what was sent.
type encoded struct {
	io.Reader
	err error
}

func (s *encoded) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// decode reads an encoded body, of which limit bytes at most come out: what a small body swells to is not held.
func (c *client) decode(encoding string, r io.Reader, limit int64) ([]byte, error) {
	switch encoding {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		if err == io.EOF {
			return nil, nil // an empty body, as some servers send it
		}
		if err != nil {
			return nil, err
		}
		return readAll(z, -1, limit)
	case "zstd":
		z, err := c.zstd.get(r)
		if err != nil {
			return nil, err
		}
		defer c.zstd.put(z)
		return readAll(z, -1, limit)
	}
	return nil, &permanentError{"http.encoding", fmt.Errorf("the body has the encoding %q, and was asked for in %s", encoding, acceptEncoding)}
}

func tooLarge(limit int64) error {
	return &permanentError{"http.too_large", fmt.Errorf("the body is larger than max_bytes, %s", flow.Size(limit))}
}

// readAll reads to the end, or fails after limit bytes. A size of 0 or more is what the reply says there is; memory is
// only taken as it comes.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	const most = 64 << 10 // taken on trust
	first := int64(512)
	if size >= 0 {
		first = min(size, most)
	}
	buf := make([]byte, 0, first)
	for {
		if len(buf) == cap(buf) {
			if int64(len(buf)) == size { // the end is due, and costs no memory
				var one [1]byte
				n, err := r.Read(one[:])
				if n == 0 && err == io.EOF {
					return buf, nil
				}
				if err != nil && err != io.EOF {
					return buf, err
				}
				buf = append(buf, one[:n]...)
				continue
			}
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return buf[:limit], tooLarge(limit)
		}
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

// decoders keeps zstd decoders, which are dear to make.
type decoders struct{ free sync.Pool }

// zstdWindow bounds the memory of a decoder; encoders for HTTP may use 8 MiB at most.
const zstdWindow = 8 << 20

func (d *decoders) get(r io.Reader) (*zstd.Decoder, error) {
	if z, ok := d.free.Get().(*zstd.Decoder); ok {
		return z, z.Reset(r)
	}
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
}

func (d *decoders) put(z *zstd.Decoder) {
	if z.Reset(bytes.NewReader(nil)) == nil {
		d.free.Put(z)
	}
}
