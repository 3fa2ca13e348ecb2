package runtime

import (
	"context"
	"errors"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// holder is a call that holds something until the end of the run.
type holder struct {
	held *int
	out  *got
}

func (h *holder) Call(_ context.Context, it flow.Item) ([]flow.Item, error) {
	return []flow.Item{it}, nil
}

func (h *holder) Close() {
	if h.out.closed > 0 {
		*h.held--
	}
}

func (h *holder) Open(context.Context) error { *h.held++; return nil }

func TestWhatComponentsHoldIsReleasedAfterTheSinksAreClosed(t *testing.T) {
	for _, fails := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			held := 0
			p := newPipe()
			p.ints("ints", 10)
			h := &holder{held: &held}
			p.add("call", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Call, error) { return h, nil })})
			p.op("map", func() flow.Op {
				return processFunc(func(it flow.Item, emit flow.Emit) error {
					if fails {
						return errors.New("broken")
					}
					return emit(it)
				})
			})
			h.out = p.sink("sink")
			p.run(t, Options{})
			if held != 0 {
				t.Fatalf("fails %v: %d are still held", fails, held)
			}
		})
	}
}
