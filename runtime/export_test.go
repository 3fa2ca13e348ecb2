package runtime

// Leaks gives what is still held after the end of a run: permits, goroutines, calls.
func Leaks(r *Run) []string { return leaks(r) }
