package codec

import (
	"errors"
	"io"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Items emits the items of one file. Text that is no item is rejected, and ends the reading unless the step's on_error
// lets it pass.
func Items(name string, r io.Reader, opt *ReadOptions, env *flow.Env, emit flow.Emit) error {
	rd, err := Open(name, r, opt, env.Meta)
	if err != nil {
		return err
	}
	defer rd.Close()
	for {
		it, err := rd.Next()
		if err == io.EOF {
			return nil
		}
		if d := (*DecodeError)(nil); errors.As(err, &d) && !d.Final && env.Reject != nil {
			if err := env.Reject(flow.Item{Value: value.OfString(d.Raw)}, flow.Typed("decode", err)); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := emit(it); err != nil {
			return err
		}
	}
}
