package runtime

import (
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// TestALongQueueCostsAnItemNoMore has buffers that drop their oldest items: what that costs is a matter of how many are
// dropped, and not of how many wait. Moving all that wait for each would cost thousands of times as much.
func TestALongQueueCostsAnItemNoMore(t *testing.T) {
	const items = 5000
	taken := func(size int) time.Duration {
		b := &buffer{st: &stage{head: &head{}}, opt: &flow.BufferOptions{Overflow: "drop_oldest"}, size: size}
		for range size {
			_ = b.add(flow.Item{}, 0) // there is room
		}
		at := time.Now()
		for range items {
			_ = b.add(flow.Item{}, 0) // drops one
		}
		if dropped := b.st.head.n.dropped; dropped != items || len(b.queue) != size {
			t.Fatalf("%d were dropped, and %d wait", dropped, len(b.queue))
		}
		return time.Since(at)
	}
	few, many := taken(10), taken(200_000)
	if many > 100*few+100*time.Millisecond {
		t.Errorf("%v where few wait, and %v where many do", few, many)
	}
}
