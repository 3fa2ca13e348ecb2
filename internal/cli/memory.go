package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// headroom is how much may be allocated at least between two collections of garbage, where stacks take none of it.
const headroom = 20 << 20

// mostPercent is the GOGC by which the runtime, which collects at 4 MiB at its default of 100, does so at headroom.
const mostPercent = 100 * headroom / (4 << 20)

// roomy makes the collector run less often while little is in use: GOGC is set by what is, after every collection, so
// that there is headroom less the stacks, and never less than is in use. GOGC and GOMEMLIMIT stand where they are set.
// The function it gives ends that.
func roomy() func() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	r := &room{
		used:   []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}},
		stacks: []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}},
	}
	r.set(mostPercent)
	r.watch()
	return r.end
}

type room struct {
	used    []metrics.Sample // of what GOGC is a percentage
	stacks  []metrics.Sample
	percent int
	mu      sync.Mutex
	over    bool
}

func (r *room) set(percent int) {
	r.percent = percent
	debug.SetGCPercent(percent)
}

// watch has adjust called after the next collection: that of the garbage which is made here.
func (r *room) watch() { runtime.AddCleanup(new([64]byte), (*room).adjust, r) }

func (r *room) adjust() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return
	}
	metrics.Read(r.used)
	used := uint64(0)
	for _, s := range r.used {
		used += s.Value.Uint64()
	}
	metrics.Read(r.stacks)
	percent := percentOf(used, r.stacks[0].Value.Uint64())
	if percent*5 < r.percent*4 || percent*4 > r.percent*5 { // setting it stops the world
		r.set(percent)
	}
	r.watch()
}

// percentOf gives GOGC by what is in use and how large the stacks are, which take their part of the headroom: where there
// are many goroutines, each holds more than its stack.
func percentOf(used, stacks uint64) int {
	left := headroom - min(stacks, headroom)
	return min(max(int(100*left/max(used, 1)), 100), mostPercent)
}

func (r *room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	r.set(100)
}
