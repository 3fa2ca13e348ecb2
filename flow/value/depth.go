package value

// DeeperThan reports whether lists and objects stand in one another more than n deep. What is still text is not looked into:
// a Decoder has bounded it.
func (v Value) DeeperThan(n int) bool {
	var parts []Value
	switch v.kind {
	case List:
		parts = v.List()
	case Object:
		parts = (*object)(v.p).slots
	case altered:
		parts = (*patched)(v.p).own
	default:
		return false
	}
	if n <= 0 {
		return true
	}
	for _, x := range parts {
		if x.DeeperThan(n - 1) {
			return true
		}
	}
	return false
}
