package runtime

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// These run outside virtual time, on real threads: run them with the race detector.

func newCrew(stuck func(map[*waiter]want)) *crew {
	return &crew{waiters: map[*waiter]struct{}{}, stuck: stuck}
}

// team starts goroutines that belong to a crew, all of which have joined before the first begins.
func (c *crew) team(n int, work func(i int, w *waiter, all []*waiter)) *sync.WaitGroup {
	all := make([]*waiter, n)
	for i := range all {
		all[i] = c.join(nil)
	}
	var group sync.WaitGroup
	for i, w := range all {
		group.Go(func() {
			defer w.leave()
			defer c.wakeAll() // who waits for this one to go on learns of the end
			work(i, w, all)
		})
	}
	return &group
}

// Each waits for its turn and gives it to the next: one wakeup that is lost stops them all, and one that is missed by the
// detector is a false alarm.
func TestTurnsAreNeverLost(t *testing.T) {
	for _, n := range []int{2, 3, 8} {
		c := newCrew(func(map[*waiter]want) { t.Error("a deadlock was found where there is none") })
		var turn atomic.Int64
		const rounds = 20_000
		c.team(n, func(i int, w *waiter, all []*waiter) {
			mine := func() bool { return turn.Load()%int64(n) == int64(i) || turn.Load() >= rounds }
			for turn.Load() < rounds {
				w.wait(mine)
				if turn.Load() < rounds {
					turn.Add(1)
				}
				all[(i+1)%n].wake()
			}
		}).Wait()
		if c.awake.Load() != 0 || len(c.waiters) != 0 {
			t.Fatalf("%d are counted as awake and %d as present", c.awake.Load(), len(c.waiters))
		}
	}
}

// Half of the goroutines wait with a deadline that often comes together with the wakeup.
func TestTurnsAreNeverLostToDeadlines(t *testing.T) {
	c := newCrew(func(map[*waiter]want) { t.Error("a deadlock was found where there is none") })
	var turn atomic.Int64
	const n, rounds = 4, 10_000
	c.team(n, func(i int, w *waiter, all []*waiter) {
		mine := func() bool { return turn.Load()%n == int64(i) || turn.Load() >= rounds }
		for turn.Load() < rounds {
			if i%2 == 0 {
				w.wait(mine)
			} else if w.waitUntil(time.Now().Add(time.Duration(rand.IntN(20))*time.Microsecond), mine); !mine() {
				continue
			}
			if turn.Load() < rounds {
				turn.Add(1)
			}
			all[(i+1)%n].wake()
		}
	}).Wait()
	if c.awake.Load() != 0 {
		t.Fatalf("%d are counted as awake", c.awake.Load())
	}
}

// Outsiders, such as a signal, may wake everybody at any time.
func TestOutsidersMayWakeAll(t *testing.T) {
	c := newCrew(func(map[*waiter]want) { t.Error("a deadlock was found where there is none") })
	var turn atomic.Int64
	var over atomic.Bool
	var outside sync.WaitGroup
	const n, rounds = 3, 10_000
	for range 2 {
		outside.Go(func() {
			for !over.Load() {
				c.wakeAll()
			}
		})
	}
	c.team(n, func(i int, w *waiter, all []*waiter) {
		for turn.Load() < rounds {
			w.wait(func() bool { return turn.Load()%n == int64(i) || turn.Load() >= rounds })
			turn.Add(1)
			all[(i+1)%n].wake()
		}
	}).Wait()
	over.Store(true)
	outside.Wait()
	if c.awake.Load() != 0 {
		t.Fatalf("%d are counted as awake", c.awake.Load())
	}
}

// After some turns everybody waits for what never comes. That is found, once, and not before.
func TestDeadlocksAreFoundOnceAndInTime(t *testing.T) {
	for round := range 2000 {
		n := 1 + round%4
		var turn atomic.Int64
		var over atomic.Bool
		var found atomic.Int32
		last := int64(rand.IntN(20))
		var c *crew
		c = newCrew(func(map[*waiter]want) {
			if turn.Load() < last {
				t.Errorf("a deadlock was found at turn %d of %d", turn.Load(), last)
			}
			found.Add(1)
			over.Store(true)
			c.wakeAll()
		})
		c.team(n, func(i int, w *waiter, all []*waiter) {
			for !over.Load() {
				w.wait(func() bool {
					now := turn.Load()
					return over.Load() || now < last && now%int64(n) == int64(i)
				})
				if !over.Load() {
					turn.Add(1)
					all[(i+1)%n].wake()
				}
			}
		}).Wait()
		if found.Load() != 1 {
			t.Fatalf("the deadlock was found %d times", found.Load())
		}
	}
}

// pump sends and receives over edges as stages do: a writer publishes before it waits, or earlier; a reader gives credit
// before it waits, or earlier.
type pump struct {
	t     *testing.T
	edges []*edge
}

func (p *pump) write(e *edge, n int64) {
	defer e.close(complete)
	for i := int64(1); i <= n; i++ {
		if !e.room() {
			e.publish()
			e.writer.wait(func() bool { return e.room() || e.done.Load() })
		}
		if e.done.Load() {
			return
		}
		if queued := e.filled - e.head.Load(); queued > e.capacity && e.capacity > 0 || e.capacity == 0 && queued > 0 {
			p.t.Errorf("%d are queued where %d may be", queued, e.capacity)
		}
		e.put(flow.Item{Value: value.OfInt(i)}, uint32(i))
		if rand.IntN(4) == 0 {
			e.publish()
		} else {
			e.show()
		}
	}
}

// read takes up to n items of all edges, and closes them.
func (p *pump) read(w *waiter, n int) (taken int) {
	last := make([]int64, len(p.edges))
	idle := func() {
		for _, e := range p.edges {
			e.release()
		}
	}
	defer func() {
		for _, e := range p.edges {
			e.turn()
			e.refuse()
		}
		idle()
	}()
	for {
		ended, moved := true, false
		for i, e := range p.edges {
			for k := rand.IntN(3); e.available() > 0 && k >= 0; k-- {
				it, epoch := e.take()
				if it.Value.Int() != last[i]+1 || epoch != uint32(it.Value.Int()) {
					p.t.Errorf("%v came after %d", it.Value.Int(), last[i])
				}
				last[i] = it.Value.Int()
				moved = true
				if taken++; taken == n {
					return taken
				}
				if rand.IntN(3) == 0 {
					e.release()
				}
			}
			ended = ended && e.ended() != open
		}
		if ended {
			return taken
		}
		if !moved {
			idle()
			w.wait(func() bool {
				all := true
				for _, e := range p.edges {
					if e.available() > 0 {
						return true
					}
					all = all && e.ended() != open
				}
				return all
			})
		}
	}
}

func TestEdgesDeliverEverythingInOrder(t *testing.T) {
	for round := range 60 {
		writers := 1 + round%3
		items := int64(2000)
		c := newCrew(func(map[*waiter]want) { t.Error("a deadlock was found where there is none") })
		p := &pump{t: t}
		for range writers {
			e := newEdge(0, []int{0, 1, 2, 3, 7, 64, 1000}[rand.IntN(7)])
			e.onDone = func() {}
			p.edges = append(p.edges, e)
		}
		most := -1
		if round%2 == 0 {
			most = rand.IntN(int(items)) + 1
		}
		taken := 0
		all := make(chan struct{})
		group := c.team(writers+1, func(i int, w *waiter, team []*waiter) {
			if i == 0 {
				for k, e := range p.edges {
					e.reader, e.writer = w, team[k+1]
				}
				close(all)
				taken = p.read(w, most)
				return
			}
			<-all
			p.write(p.edges[i-1], items)
		})
		group.Wait()
		if want := int(items) * writers; taken != want && most < 0 || most > 0 && taken != most {
			t.Fatalf("%d items were taken of %d, at most %d", taken, want, most)
		}
		if c.awake.Load() != 0 {
			t.Fatalf("%d are counted as awake", c.awake.Load())
		}
	}
}
