package operators

import (
	"fmt"
	"strconv"
)

// maxOutputs bounds the outputs that a step may have by number.
const maxOutputs = 256

// numbered gives the names of n outputs.
func numbered(n int) []string {
	var names []string
	for i := range min(n, maxOutputs) {
		names = append(names, strconv.Itoa(i))
	}
	return names
}

func checkOutputs(n int, report func(option, message, help string)) {
	if n < 1 || n > maxOutputs {
		report("n", fmt.Sprintf("there cannot be %d outputs", n), fmt.Sprintf("write a number from 1 to %d", maxOutputs))
	}
}

// hash is FNV-1a of 64 bits, mixed once more as SplitMix64 does, so that it can be cut to a few bits.
func hash(key []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range key {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
