package value

import "sync"

// known are the shapes that decoders made, so that all decoders give objects with the same keys the same shape. Past
// the bound, shapes are made and forgotten.
var known = struct {
	mu     sync.Mutex
	byKeys map[string]*Shape
}{byKeys: map[string]*Shape{}}

// maxKnown bounds how many shapes are kept for the life of the process.
const maxKnown = 4096

// shapeOf gives the shape with these keys.
func shapeOf(keys []string) *Shape {
	var id []byte
	for _, k := range keys {
		id = appendBlock(id, k)
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	s := known.byKeys[string(id)]
	if s == nil {
		s = NewShape(append([]string(nil), keys...))
		if len(known.byKeys) < maxKnown {
			known.byKeys[string(id)] = s
		}
	}
	return s
}
