package operators

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A table numbers keys as a map does, whatever their hashes, and keeps what is beside them.
func TestKeysAreNumberedInTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, want := keyTable{}, map[string]int{}
		few := rapid.SampledFrom([]uint64{1, 3, 1 << 33, 1<<64 - 1}).Draw(t, "hashes") // which may be as good as one
		keys := rapid.SliceOfN(rapid.StringN(0, 3, 300), 0, 3000).Draw(t, "keys")
		for _, key := range keys {
			hash := uint64(0)
			for _, b := range []byte(key) {
				hash = hash*0x9E3779B97F4A7C15 + uint64(b)
			}
			n, known := want[key]
			if !known {
				n = len(want)
				want[key] = n
			}
			got, isNew := table.number(hash&few, []byte(key))
			if got != n || isNew == known {
				t.Fatalf("%q is number %d, new: %v; want %d, %v", key, got, isNew, n, !known)
			}
			if isNew {
				table.keep([]byte(key), []byte(strings.ToUpper(key)))
			}
		}
		for key, n := range want {
			if got, beside := table.entry(n); string(got) != key || !bytes.HasPrefix(beside, []byte(strings.ToUpper(key))) {
				t.Fatalf("number %d is %q with %q, want %q", n, got, beside, key)
			}
		}
	})
}
