package operators

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators/codec"
)

type stdoutOptions struct {
	codec.WriteOptions
}

func (o *stdoutOptions) Check(report func(option, message, help string)) { o.CheckEncoding(report) }
func (o *stdoutOptions) Exclusive() string                               { return "standard output" }

// SetFormat changes the format, for a command line that overrides the file's.
func (o *stdoutOptions) SetFormat(format string) { o.Format = format }

func stdout() *flow.Component {
	return &flow.Component{
		Name: "stdout", Group: "sink",
		Doc: "Writes standard output: JSON lines unless `format` says otherwise. Where the reader goes away, as in `| head`, the run ends quietly.",
		Maker: flow.Makes(func(o *stdoutOptions, env *flow.Env) (flow.Sink, error) {
			e := o.Encoding
			if e.Format == "" {
				e.Format = "jsonl"
			}
			z, err := codec.Compress(env.Stdout, e.Compression)
			if err != nil {
				return nil, err
			}
			return &stdoutSink{w: codec.NewWriter(e), out: z}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {items: [{a: 1, b: \"x, y\"}, {a: 2}]}\nsink: {stdout: {format: csv}}\n", Output: "a,b\n1,\"x, y\"\n2,\n",
		}},
	}
}

type stdoutSink struct {
	w     *codec.Writer
	out   codec.Compressor
	gone  bool // nobody reads any more
	ended bool // everything is written
	shown bool // what was written is not held to be compressed
}

const writeAt = 64 << 10 // bytes that are written at once

func (s *stdoutSink) Write(_ context.Context, items []flow.Item) error {
	failed := appendAll(s.w, items)
	if len(s.w.Buf) >= writeAt {
		if err := s.write(); err != nil {
			return err
		}
	}
	return failed
}

func (s *stdoutSink) Encodes() bool { return true }

func (s *stdoutSink) Encode() func(dst []byte, it flow.Item) ([]byte, error) { return s.w.Encode() }

func (s *stdoutSink) WriteEncoded(_ context.Context, data []byte) error {
	if err := s.write(); err != nil {
		return err
	}
	s.shown = false
	_, err := s.out.Write(data)
	return s.checked(err)
}

// appendAll appends items, and gives a *flow.BatchError of those that failed; nil if none did.
func appendAll(w *codec.Writer, items []flow.Item) error {
	var failed map[int]error
	for i, it := range items {
		if err := w.Append(it); err != nil {
			if failed == nil {
				failed = map[int]error{}
			}
			failed[i] = err
		}
	}
	if failed != nil {
		return &flow.BatchError{Failed: failed}
	}
	return nil
}

func (s *stdoutSink) write() error {
	if len(s.w.Buf) == 0 {
		return nil
	}
	s.shown = false
	_, err := s.out.Write(s.w.Buf)
	s.w.Buf = s.w.Buf[:0]
	return s.checked(err)
}

func (s *stdoutSink) checked(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		s.gone = true
		return flow.Done
	}
	if err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	return nil
}

func (s *stdoutSink) Flush(context.Context) error {
	if err := s.write(); err != nil || s.shown {
		return err
	}
	s.shown = true
	return s.checked(s.out.Flush())
}

// Prepare writes everything.
func (s *stdoutSink) Prepare(context.Context) error {
	s.w.End()
	return s.end()
}

// Close writes what is held where the run has failed.
func (s *stdoutSink) Close(_ context.Context, commit bool) error {
	if commit || s.ended {
		return nil
	}
	return s.end()
}

func (s *stdoutSink) end() error {
	s.ended = true
	if s.gone {
		return nil
	}
	if err := s.write(); err != nil {
		return err
	}
	return s.checked(s.out.Close())
}

func discard() *flow.Component {
	return &flow.Component{
		Name: "discard", Also: []string{"null"}, Group: "sink",
		Doc:   "Takes every item and does nothing with it.",
		Maker: flow.Makes(func(*noOptions, *flow.Env) (flow.Sink, error) { return nowhere{}, nil }),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 3}}\nsink: {discard: {}}\n",
		}},
	}
}

type nowhere struct{}

func (nowhere) Write(context.Context, []flow.Item) error { return nil }
func (nowhere) Close(context.Context, bool) error        { return nil }
