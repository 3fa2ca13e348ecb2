package cli

import "testing"

func TestRoomForGarbageByWhatIsInUse(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		used, stacks uint64
		want         int
	}{
		{0, 0, mostPercent}, {mb, mb / 2, mostPercent}, {10 * mb, 0, 200}, {10 * mb, 5 * mb, 150}, {12 * mb, 10 * mb, 100}, {10 * mb, 400 * mb, 100}, {500 * mb, mb, 100},
	} {
		if got := percentOf(c.used, c.stacks); got != c.want {
			t.Errorf("%d MB in use, stacks of %d MB: %d%%, want %d%%", c.used/mb, c.stacks/mb, got, c.want)
		}
	}
}
