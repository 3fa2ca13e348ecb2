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
	done := make(chan struct{})
	compute := func() {
		for at := time.Now(); time.Since(at) < 10*time.Millisecond; {
		}
		close(done)
	}
	go compute()
	if c.yield(); c.hurried != 0 {
		t.Error("it yields where no calls are under way")
	}
	<-done
	c.running.Store(64)
	done = make(chan struct{})
	go compute()
	c.yield()
	left := c.hurried
	if left == 0 {
		t.Error("it has waited, and will again")
	}
	if c.yield(); c.hurried != left-1 {
		t.Errorf("it does without %d more times, and then %d", left, c.hurried)
	}
	<-done
}
