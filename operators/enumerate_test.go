package operators

import (
	"math"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// After the largest number there is none: the items fail that come then, on each path.
func TestEnumerateEndsAtTheLargestNumber(t *testing.T) {
	for _, into := range []string{"", "n"} {
		op := build[flow.ColumnOp](enumerate(), &enumerateOptions{From: math.MaxInt64 - 1, Into: into})
		if n, _ := op.ProcessColumn(flow.IntColumn([]int64{1, 2, 3}), &flow.Room{}); n != 0 {
			t.Errorf("into %q: %d items of a column are numbered at once", into, n)
		}
		items := make([]flow.Item, 4)
		for i := range items {
			items[i].Value = object("x", i)
		}
		n, out, err := op.ProcessAll(items, nil)
		if n != 2 || len(out) != 2 || err == nil || !strings.Contains(err.Error(), "no number after 9223372036854775807") {
			t.Errorf("into %q: %d are numbered: %v", into, n, err)
		}
		if _, _, err := whole(op, []value.Value{items[3].Value}); err == nil {
			t.Errorf("into %q: an item after that is numbered", into)
		}
	}
}
