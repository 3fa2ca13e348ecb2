package operators

import "github.com/flowrun/flowrun/flow"

// holding is what an operator holds of the run's memory. It is given back when the operator is let go of, whether or not it
// came to its end: one within a step may be one of many.
type holding struct {
	memory *flow.Memory
	bytes  int64
}

func (h *holding) take(n int64) error {
	if n == 0 { // as for most items of a group
		return nil
	}
	if err := h.memory.Take(n); err != nil {
		return err
	}
	h.bytes += n
	return nil
}

func (h *holding) give(n int64) {
	h.memory.Give(n)
	h.bytes -= n
}

// Close gives everything back.
func (h *holding) Close() { h.give(h.bytes) }
