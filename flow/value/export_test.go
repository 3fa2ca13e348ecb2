package value

// NumberText gives the text that a JSON number still is, and whether v is one.
func (v Value) NumberText() (string, bool) {
	if v.kind != number {
		return "", false
	}
	return v.text(), true
}
