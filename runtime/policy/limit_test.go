package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Invariant 49: a weighted semaphore against a list, over attempts that come, are done, panic and go away.
func TestSemaphore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSim(t)
		size := rapid.IntRange(1, 6).Draw(t, "size")
		limit := &Limit{Name: "s", Concurrency: size}
		type entry struct {
			k      *seeker
			weight int
		}
		var queue, held []entry // the model
		used := 0
		grant := func() {
			for len(queue) > 0 && used+queue[0].weight <= size {
				used += queue[0].weight
				held = append(held, queue[0])
				queue = queue[1:]
			}
		}
		for i := range rapid.IntRange(1, 60).Draw(t, "actions") {
			switch action := rapid.SampledFrom([]string{"ask", "ask", "done", "panic", "go"}).Draw(t, "action"); {
			case action == "ask":
				weight := rapid.IntRange(1, size).Draw(t, "weight")
				queue = append(queue, entry{s.ask(s.state.Step(0, Rules{Limits: []Use{{limit, weight}}}, nil), i), weight})
			case action == "go" && len(queue) > 0:
				j := rapid.IntRange(0, len(queue)-1).Draw(t, "who")
				s.leave(queue[j].k)
				queue = slices.Delete(queue, j, j+1)
			case (action == "done" || action == "panic") && len(held) > 0:
				j := rapid.IntRange(0, len(held)-1).Draw(t, "who")
				if action == "done" {
					s.done(held[j].k, Success, time.Second)
				} else {
					s.leave(held[j].k)
				}
				s.leave(held[j].k) // once more does nothing
				used -= held[j].weight
				held = slices.Delete(held, j, j+1)
			}
			grant()
			for _, e := range held {
				if e.k.admitted < 0 {
					t.Fatalf("attempt %d waits, and %d of %d are taken", e.k.id, used, size)
				}
			}
			for _, e := range queue {
				if e.k.admitted >= 0 {
					t.Fatalf("attempt %d was let in before its turn", e.k.id)
				}
			}
			if u := s.state.Usage(limit); u.InUse != int64(used) || u.Waiting != len(queue) {
				t.Fatalf("%+v, want %d in use and %d waiting", u, used, len(queue))
			}
		}
		for _, e := range append(held, queue...) {
			s.leave(e.k)
		}
		if s.state.Out() != 0 {
			t.Fatalf("%d permits are lost", s.state.Out())
		}
	})
}

// Attempts that pass a rate at one instant come to the semaphore in the order in which they came to the rate.
func TestOrderIsKeptFromLimitToLimit(t *testing.T) {
	s := newSim(t)
	rules := Rules{Limits: []Use{{&Limit{Name: "one", Concurrency: 1}, 1}, {&Limit{Name: "zzz", Rate: rate("1/s"), Burst: 4}, 1}}}
	p := s.state.Step(0, rules, nil)
	var all []*seeker
	for i := range 4 {
		all = append(all, s.ask(p, i))
	}
	s.now = s.start.Add(time.Hour) // a full bucket: all pass at once, whoever looks first
	slices.Reverse(s.waiting)
	for i, k := range all {
		s.settle()
		if k.admitted < 0 {
			t.Fatalf("%d waits", i)
		}
		for _, later := range all[i+1:] {
			if later.admitted >= 0 {
				t.Fatalf("%d was let in before %d was done", later.id, i)
			}
		}
		s.done(k, Success, 0)
	}
}

// A limit by key is one for each.
func TestKeys(t *testing.T) {
	s := newSim(t)
	limit := &Limit{Name: "s", Concurrency: 1, By: itself{}}
	p := s.state.Step(0, Rules{Limits: []Use{{limit, 1}}}, &Limit{Concurrency: 9})
	var all []*seeker
	for i, host := range []string{"a", "b", "a", "c", "b"} {
		keys, err := p.Keys(&flow.Scope{It: value.OfString(host)})
		if err != nil || len(keys) != 2 {
			t.Fatal(keys, err)
		}
		k := &seeker{id: i, admitted: -1}
		account := p.Account(int64(i), s.now)
		k.a = account.Ask(keys, false, s.now, func() {})
		s.waiting = append(s.waiting, k)
		all = append(all, k)
	}
	s.settle()
	in := ""
	for _, k := range all {
		in += fmt.Sprint(k.admitted >= 0, " ")
	}
	if in != "true true false true false " {
		t.Error(in)
	}
	for _, k := range all {
		s.done(k, Success, 0)
	}
	if u := s.state.Usage(limit); u.InUse != 0 || u.Keys != 3 {
		t.Errorf("%+v", u)
	}
}

type itself struct{}

func (itself) Eval(s *flow.Scope) (value.Value, error) { return s.It, nil }
func (itself) String() string                          { return "it" }

// Rates come before permits, and each kind in the order of names, whatever the file's order.
func TestOrderOfLimits(t *testing.T) {
	got := ""
	uses := []Use{{&Limit{Name: "b", Concurrency: 1}, 1}, {&Limit{Name: "z", Rate: rate("1/s"), Burst: 1}, 1}, {&Limit{Name: "a", Concurrency: 1}, 1}, {&Limit{Name: "y", Rate: rate("1/s"), Burst: 1}, 1}}
	for _, u := range NewState(1).Step(0, Rules{Limits: uses}, &Limit{Name: "ceiling", Concurrency: 1}).uses {
		got += u.Name + " "
	}
	if got != "y z ceiling a b " {
		t.Error(got)
	}
}
