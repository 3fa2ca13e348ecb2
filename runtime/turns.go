package runtime

import "sync"

// turns are how far a part has come on its way through what the operators of its stage keep, shard by shard. The part behind it
// takes a shard after it. The oldest part waits for nobody, and goroutines wait for nothing else, so that every turn comes.
type turns struct {
	mu     sync.Mutex
	left   sync.Cond // of the part behind, which is the only one to wait
	number uint64    // of the part, among those of its stage
	passed int       // shards that it has left; changed by its own goroutine only
	before *part     // whose turns come first; nil where there is none, or it has passed all
}

// follow gives a part its place behind another one, which may be nil.
func (t *turns) follow(before *part) {
	t.left.L = &t.mu
	if t.before = before; before != nil {
		t.number = before.number + 1
	}
}

// await waits for the turn at the next shard.
func (t *turns) await() {
	b := t.before
	if b == nil {
		return
	}
	b.mu.Lock()
	for b.passed <= t.passed {
		b.left.Wait()
	}
	b.mu.Unlock()
}

// pass leaves a shard to the part behind.
func (t *turns) pass() {
	t.mu.Lock()
	t.passed++
	t.mu.Unlock()
	t.left.Signal()
}

// leave passes the turns at all shards that the part has not come to, each when it comes.
func (t *turns) leave(shards int) {
	for t.passed < shards {
		t.await()
		t.pass()
	}
	t.before = nil
}
