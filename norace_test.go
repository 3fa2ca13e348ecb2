//go:build !race

package flowrun_test

// raced is how many times more memory may be taken than without the race detector, which is not there.
const raced = 1
