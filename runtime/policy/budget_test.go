package policy

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
)

// Invariant 37, and that the budget is not much smaller than it says: where the exact sums would allow a retry with one
// slot's requests less and one slot's retries more, it is granted.
func TestBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := &Budget{
			Ratio: rapid.Float64Range(0, 2).Draw(t, "ratio"), Least: rapid.Float64Range(0, 5).Draw(t, "least"),
			Window: time.Duration(rapid.IntRange(1, 30).Draw(t, "window")) * time.Second,
		}
		b := &budget{Budget: config}
		now := time.Unix(1000, 0)
		var requests, retries []time.Time
		within := func(list []time.Time, window time.Duration) (n int) {
			for _, at := range list {
				if now.Sub(at) < window {
					n++
				}
			}
			return n
		}
		for range rapid.IntRange(1, 200).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(config.Window)/8).Draw(t, "after")))
			if rapid.Bool().Draw(t, "request") {
				b.deposit(now)
				requests = append(requests, now)
				continue
			}
			allows := func(requests, retries int) bool {
				return config.Ratio*float64(requests)+config.Least*config.Window.Seconds()-float64(retries) >= 1
			}
			granted := b.withdraw(now)
			slot := config.Window / slots
			if granted && !allows(within(requests, config.Window), within(retries, config.Window)) {
				t.Fatalf("granted at %v: %d requests, %d retries", now, within(requests, config.Window), within(retries, config.Window))
			}
			if !granted && allows(within(requests, config.Window-slot), within(retries, config.Window+slot)) {
				t.Fatalf("refused at %v: %d requests, %d retries", now, within(requests, config.Window), within(retries, config.Window))
			}
			if granted {
				retries = append(retries, now)
			}
		}
	})
}

func TestExhaustedBudgetFailsAtOnce(t *testing.T) {
	r := Default()
	r.MaxAttempts, r.Budget = 100, &Budget{Name: "shared", Ratio: 0, Least: 0.2, Window: 10 * time.Second}
	s := NewState(1)
	now := time.Unix(0, 0)
	granted := 0
	for range 5 { // steps that share it
		a := s.Step(0, Rules{Retry: r}, nil).Account(1, now)
		a.Begin(now)
		_, again, why := a.Next(now, busy, true)
		if again {
			granted++
		} else if flow.ErrorType(why) != "retry_budget_exhausted" || why.Error() != "the budget `shared` has no retry left; the last failure: busy" {
			t.Error(why)
		}
	}
	if granted != 2 || left(s, r.Budget, now) != 0 || left(s, r.Budget, now.Add(time.Minute)) != 2 {
		t.Errorf("%d were granted", granted)
	}
}

// left gives how many retries a budget allows now.
func left(s *State, of *Budget, now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.budgets[of]
	b.slide(now)
	requests := b.requests - b.slots[(b.newest+1)%(slots+1)].requests
	return max(0, int(b.Ratio*float64(requests)+b.Least*b.Window.Seconds())-b.retries)
}
