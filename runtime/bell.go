package runtime

import "sync"

// bell tells the goroutine that works with many instances which of them have news, so that it need not look at all.
type bell struct {
	mu   sync.Mutex
	rung []*instance
}

// ring notes that an instance has news. Whoever rings wakes the goroutine afterwards.
func (b *bell) ring(in *instance) {
	if !in.rung.Swap(true) {
		b.mu.Lock()
		b.rung = append(b.rung, in)
		b.mu.Unlock()
	}
}

// next gives an instance that has news, nil if none has. What is new from then on rings again.
func (b *bell) next() *instance {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.rung) > 0 {
		in := b.rung[0]
		b.rung = b.rung[1:]
		in.rung.Store(false)
		if !in.closed { // its last goroutine may ring after its end was seen
			return in
		}
	}
	return nil
}

func (b *bell) silent() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.rung) == 0
}
