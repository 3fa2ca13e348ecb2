package runtime

import (
	"sync"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// limiter is one step's use of a named limit.
type limiter struct {
	*semaphores
	weight int
}

// semaphores is the state of a named limit: a semaphore, or one for each key in use.
type semaphores struct {
	limit *graph.Limit
	mu    sync.Mutex
	byKey map[string]*semaphore
}

// semaphore is a weighted semaphore, strictly first come, first served: a heavy waiter at the head holds up lighter
// ones, and so is never starved.
type semaphore struct {
	used    int
	waiting []*permit
}

// permit is a place in a semaphore's queue, and then a share of it.
type permit struct {
	of      *limiter
	key     string
	granted bool
	w       *waiter // set while somebody waits
}

// keyOf gives the key of the semaphore that an item needs.
func (l *limiter) keyOf(s *flow.Scope) (string, error) {
	if l.limit.By == nil {
		return "", nil
	}
	v, err := l.limit.By.Eval(s)
	if err != nil {
		return "", err
	}
	return string(value.AppendKey(nil, v)), nil
}

// ask takes the next place in the queue of a key's semaphore.
func (l *limiter) ask(key string) *permit {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.byKey[key]
	if s == nil {
		s = &semaphore{}
		l.byKey[key] = s
	}
	p := &permit{of: l, key: key}
	s.waiting = append(s.waiting, p)
	l.grant(s)
	return p
}

// grant serves the queue while its head fits. The caller holds the lock.
func (l *limiter) grant(s *semaphore) {
	for len(s.waiting) > 0 {
		p := s.waiting[0]
		if s.used+p.of.weight > l.limit.Concurrency {
			return
		}
		s.used += p.of.weight
		s.waiting = s.waiting[1:]
		p.granted = true
		if p.w != nil {
			p.w.wake()
		}
	}
}

// wait waits for the grant; it reports false if the stage is stopped first, which also wins a tie. The goroutine must
// be counted among the crew, and isn't while it waits.
func (p *permit) wait(s *stage) bool {
	p.of.mu.Lock()
	if p.granted {
		p.of.mu.Unlock()
		return true
	}
	w := s.run.crew.join(func() string { return s.head.node.ID + " waits for limit " + p.of.limit.Name })
	s.run.crew.awake.Add(-1)
	p.w = w
	p.of.mu.Unlock()
	defer func() {
		s.run.crew.awake.Add(1)
		w.leave()
	}()
	w.wait(func() bool { return s.deaf() || p.isGranted() })
	return !s.deaf()
}

func (p *permit) isGranted() bool {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	return p.granted
}

// release gives the share back, or leaves the queue.
func (p *permit) release() {
	l := p.of
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.byKey[p.key]
	if p.granted {
		s.used -= l.weight
	} else {
		for i, other := range s.waiting {
			if other == p {
				s.waiting = append(s.waiting[:i:i], s.waiting[i+1:]...)
				break
			}
		}
	}
	l.grant(s)
	if s.used == 0 && len(s.waiting) == 0 {
		delete(l.byKey, p.key)
	}
}
