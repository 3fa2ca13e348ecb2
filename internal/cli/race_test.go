//go:build race

package cli_test

// raced is how many times more memory the race detector may take, which keeps less of it to be used again.
const raced = 3
