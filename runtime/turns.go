package runtime

import "sync/atomic"

// turns are how far a part has come on its way through what the operators of its stage keep, shard by shard. The part behind it
// takes a shard after it. The oldest part waits for no other, so that every turn comes.
type turns struct {
	number uint64                 // of the part, among those of its stage
	passed atomic.Int64           // shards that it has left; changed by its own goroutine only
	before *part                  // whose turns come first; nil where there is none, or it has passed all
	behind atomic.Pointer[waiter] // of the part behind, which is the only one to wait
	alone  bool                   // the part keeps the turns that it comes to
}

// follow gives a part its place behind another one, which may be nil.
func (t *turns) follow(before *part) {
	if t.before = before; before != nil {
		t.number = before.number + 1
	}
}

// await waits for the turn at the next shard.
func (t *turns) await(w *waiter) { t.awaitPast(w, t.passed.Load()) }

// awaitPast waits until the part before has passed more than so many shards.
func (t *turns) awaitPast(w *waiter, shards int64) {
	b := t.before
	if b == nil || b.passed.Load() > shards {
		return
	}
	b.behind.Store(w)
	w.wait(func() bool { return b.passed.Load() > shards })
}

// pass leaves a shard to the part behind, unless the part keeps its turns.
func (t *turns) pass() {
	if !t.alone {
		t.next()
	}
}

// next leaves a shard to the part behind.
func (t *turns) next() {
	t.passed.Add(1)
	if w := t.behind.Load(); w != nil {
		w.wake()
	}
}

// keepTurns waits for the turns at all shards, and keeps them until leave.
func (t *turns) keepTurns(w *waiter, shards int) {
	t.awaitPast(w, int64(shards)-1)
	t.alone, t.before = true, nil
}

// leave passes the turns at all shards that the part has not left, each when it comes.
func (t *turns) leave(w *waiter, shards int) {
	for t.passed.Load() < int64(shards) {
		t.await(w)
		t.next()
	}
	t.before = nil
}
