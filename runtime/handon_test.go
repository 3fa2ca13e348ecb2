package runtime

import (
	"runtime"
	"testing"
	"time"
)

// The emitter lets calls end that are about to, and does without where that means to wait behind others who compute.
func TestTheEmitterDoesNotWaitForThoseWhoCompute(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	c := &calls{}
	beside := func() { // someone who computes
		done := make(chan struct{})
		go func() {
			for at := time.Now(); time.Since(at) < 10*time.Millisecond; {
			}
			close(done)
		}()
		c.yield()
		<-done
	}
	if beside(); c.hurried != 0 {
		t.Error("it yields where no calls are under way")
	}
	c.running.Store(64)
	for range 100 { // the scheduler may let it go on at once, now and then
		if beside(); c.hurried != 0 {
			break
		}
	}
	left := c.hurried
	if left == 0 {
		t.Error("it has waited, and will again")
	}
	if c.yield(); c.hurried != left-1 {
		t.Errorf("it does without %d more times, and then %d", left, c.hurried)
	}
}
