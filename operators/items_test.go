package operators

import (
	"math"
	"testing"

	"github.com/flowrun/flowrun/flow/value"
)

func TestItemsAreCountedAsFarAsAnIntDoes(t *testing.T) {
	for times, want := range map[int64]bool{0: true, 1: true, math.MaxInt64 / 3: true, math.MaxInt64/3 + 1: false, math.MaxInt64: false} {
		o := &itemsOptions{Of: make([]value.Value, 3), Times: times}
		if n, ok := o.Size(); ok != want || ok && n != 3*times {
			t.Errorf("%d times: %d, %v", times, n, ok)
		}
	}
}
