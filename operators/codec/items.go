package codec

import (
	"io"

	"github.com/flowrun/flowrun/flow"
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
		switch err {
		case nil:
			err = emit(it)
		case io.EOF:
			return nil
		default:
			err = Reject(err, env.Reject)
		}
		if err != nil {
			return err
		}
	}
}

// Blocks gives the blocks of one file.
func Blocks(name string, r io.Reader, opt *ReadOptions, env *flow.Env, give func(flow.Block) error) error {
	rd, err := Open(name, r, opt, env.Meta)
	if err != nil {
		return err
	}
	defer rd.Close()
	for {
		b, err := rd.NextBlock()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = give(b)
		}
		if err != nil {
			return err
		}
	}
}
