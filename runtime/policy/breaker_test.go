package policy

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
)

// model is a breaker as one would write it without a care for cost: it keeps every outcome since it closed.
type model struct {
	Breaker
	position          Position
	generation        int
	opened            time.Duration
	outcomes          []outcome
	probes, successes int
}

type outcome struct {
	at        time.Duration
	bad, slow bool
}

func (m *model) admit(now time.Duration) bool {
	if m.position == Open && now >= m.opened+m.OpenFor {
		m.position, m.probes, m.successes = HalfOpen, 0, 0
		m.generation++
	}
	switch {
	case m.position == Open, m.position == HalfOpen && m.probes+m.successes >= m.HalfOpen:
		return false
	case m.position == HalfOpen:
		m.probes++
	}
	return true
}

func (m *model) record(generation int, o Outcome, took, now time.Duration) {
	if generation != m.generation {
		return
	}
	slow := o != Ignored && m.SlowCall > 0 && took >= m.SlowCall
	open := false
	switch {
	case m.position == HalfOpen:
		m.probes--
		switch {
		case o == Failure || slow:
			open = true
		case o == Success:
			m.successes++
			if m.successes == m.HalfOpen {
				m.position, m.outcomes = Closed, nil
				m.generation++
			}
		}
	case o != Ignored:
		m.outcomes = append(m.outcomes, outcome{now, o == Failure, slow})
		n, bad, slowed := 0.0, 0.0, 0.0
		for i, x := range m.outcomes {
			if m.Calls > 0 && len(m.outcomes)-i > m.Calls || m.Calls == 0 && now/(m.Window/10)-x.at/(m.Window/10) > 9 {
				continue
			}
			n++
			if x.bad {
				bad++
			}
			if x.slow {
				slowed++
			}
		}
		open = n >= float64(m.MinCalls) && (bad/n >= m.FailureRatio || m.SlowCall > 0 && slowed/n >= m.SlowRatio)
	}
	if open {
		m.position, m.opened = Open, now
		m.generation++
	}
}

// Invariants 41, 42, 43 and 44.
func TestBreakerIsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &Breaker{
			MinCalls: rapid.IntRange(1, 6).Draw(t, "min"), FailureRatio: rapid.SampledFrom([]float64{0.01, 0.3, 0.5, 1}).Draw(t, "failures"),
			OpenFor: time.Duration(rapid.IntRange(1, 10).Draw(t, "open")) * time.Second, HalfOpen: rapid.IntRange(1, 3).Draw(t, "half"), OnOpen: Fail,
		}
		if rapid.Bool().Draw(t, "count") {
			b.Calls = rapid.IntRange(b.MinCalls, 10).Draw(t, "calls")
		} else {
			b.Window = time.Duration(rapid.IntRange(1, 10).Draw(t, "window")) * time.Second
		}
		if rapid.Bool().Draw(t, "slow") {
			b.SlowCall, b.SlowRatio = time.Second, rapid.SampledFrom([]float64{0.3, 0.5, 1}).Draw(t, "ratio")
		}
		s := newSim(t)
		s.start = time.Unix(0, 0) // so that the parts of the window begin where the model's do
		s.now = s.start
		p := s.state.Step(0, Rules{Breaker: b}, nil)
		m := &model{Breaker: *b, position: Closed}
		type call struct {
			k          *seeker
			generation int
		}
		var calls []call
		for i := range rapid.IntRange(1, 80).Draw(t, "actions") {
			if rapid.IntRange(0, 3).Draw(t, "waits") == 0 {
				s.to(s.elapsed() + time.Duration(rapid.Int64Range(0, int64(6*time.Second)).Draw(t, "for")))
			}
			if len(calls) == 0 || rapid.Bool().Draw(t, "begin") {
				want := m.admit(s.elapsed())
				k := s.ask(p, i)
				if (k.admitted >= 0) != want || want == (k.err != nil) || k.err != nil && flow.ErrorType(k.err) != "breaker_open" {
					t.Fatalf("at %v, %s: admitted %v, want %v; %v", s.elapsed(), m.position, k.admitted >= 0, want, k.err)
				}
				if m.position == Open && want {
					t.Fatal("a call begins while it is open")
				}
				if want {
					calls = append(calls, call{k, m.generation})
				}
			} else {
				j := rapid.IntRange(0, len(calls)-1).Draw(t, "which")
				o := rapid.SampledFrom([]Outcome{Success, Success, Failure, Ignored}).Draw(t, "outcome")
				took := time.Duration(rapid.IntRange(0, 2).Draw(t, "took")) * time.Second
				m.record(calls[j].generation, o, took, s.elapsed())
				if o == Ignored && rapid.Bool().Draw(t, "cancelled") {
					s.leave(calls[j].k)
				} else {
					s.done(calls[j].k, o, took)
				}
				calls = append(calls[:j:j], calls[j+1:]...)
			}
			if position, _, _ := s.state.Position(b); position != m.position {
				t.Fatalf("at %v it is %s, want %s", s.elapsed(), position, m.position)
			}
			if x := s.state.breakers[b]; x.position == HalfOpen && (x.probes > b.HalfOpen || x.candidates != 0) {
				t.Fatalf("%d probes, %d candidates", x.probes, x.candidates)
			}
		}
		for _, c := range calls {
			s.leave(c.k)
		}
		if s.state.Out() != 0 {
			t.Fatal("a probe is lost")
		}
	})
}

// waiting gives a breaker that has just opened, with attempts that wait for it.
func waiting(t *testing.T, n int, rules Rules) (*sim, *Step, []*seeker) {
	s := newSim(t)
	b := &Breaker{Name: "api", Window: 10 * time.Second, MinCalls: 1, FailureRatio: 0.5, OpenFor: 15 * time.Second, HalfOpen: 2, OnOpen: Wait, MaxWait: time.Minute}
	rules.Breaker = b
	p := s.state.Step(0, rules, nil)
	s.done(s.ask(p, -1), Failure, 0)
	var all []*seeker
	for i := range n {
		all = append(all, s.ask(p, i))
	}
	return s, p, all
}

// in lists who has been let in.
func in(all []*seeker) (ids []int) {
	for _, k := range all {
		if k.admitted >= 0 {
			ids = append(ids, k.id)
		}
	}
	return ids
}

func equal(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
	}
}

// Invariant 45.
func TestOpenBreakerParksAndWakesInOrder(t *testing.T) {
	s, p, all := waiting(t, 6, Rules{})
	s.to(15*time.Second - 1)
	equal(t, "while it is open", in(all))
	if ok, until := p.Willing(s.now); ok || !until.Equal(s.start.Add(15*time.Second)) {
		t.Error(ok, until)
	}
	s.to(15 * time.Second)
	equal(t, "probes", in(all), 0, 1)
	late := s.ask(p, 9)
	s.leave(all[0]) // returns its permit
	equal(t, "after one was cancelled", in(all), 0, 1, 2)
	s.done(all[1], Success, 0)
	equal(t, "after one success", in(all), 0, 1, 2)
	s.done(all[2], Failure, 0)
	if position, opens, parked := s.state.Position(p.Breaker); position != Open || opens != 2 || parked != 4 {
		t.Fatal(position, opens, parked)
	}
	s.to(30 * time.Second)
	equal(t, "the next probes", in(all), 0, 1, 2, 3, 4)
	s.done(all[3], Success, 0)
	s.done(all[4], Success, 0)
	equal(t, "closed", in(append(all, late)), 0, 1, 2, 3, 4, 5, 9)
	if x := all[5].a.Look(s.now); x.Paused != 30*time.Second {
		t.Errorf("it was parked for %v", x.Paused)
	}
	if ok, _ := p.Willing(s.now); !ok {
		t.Error("it does not begin items")
	}
}

func TestParkedAttemptsFailAfterMaxWait(t *testing.T) {
	s, _, all := waiting(t, 3, Rules{})
	s.to(15 * time.Second)
	s.to(time.Minute - 1) // the probes hang
	if all[2].err != nil {
		t.Fatal(all[2].err)
	}
	s.to(time.Minute)
	if flow.ErrorType(all[2].err) != "breaker_open" || all[2].err.Error() != "the breaker `api` stayed open for more than the max_wait of 1m" {
		t.Error(all[2].err)
	}
}

// A probe's permit does not stand in the queue of a limit; who comes there first has it, and who finds none waits again,
// in its old place.
func TestProbesAreAdmittedBehindTheLimits(t *testing.T) {
	one := &Limit{Name: "one", Concurrency: 1}
	s := newSim(t)
	b := &Breaker{Window: 10 * time.Second, MinCalls: 1, FailureRatio: 0.5, OpenFor: 15 * time.Second, HalfOpen: 1, OnOpen: Wait, MaxWait: time.Hour}
	other := s.state.Step(0, Rules{Limits: []Use{{one, 1}}}, nil)
	p := s.state.Step(1, Rules{Limits: []Use{{one, 1}}, Breaker: b}, nil)
	free := s.state.Step(2, Rules{Breaker: b}, nil) // shares the breaker, not the limit
	failing := s.ask(p, 0)
	queued := s.ask(p, 1) // passed the closed breaker, and waits for the permit
	s.done(failing, Failure, 0)
	if queued.admitted >= 0 { // the permit was free, and the breaker open
		t.Fatal("a call begins while the breaker is open")
	}
	if u := s.state.Usage(one); u.InUse != 0 || u.Waiting != 0 {
		t.Fatalf("who waits for the breaker holds a permit: %+v", u)
	}
	hold := s.ask(other, 2)
	s.to(15 * time.Second) // queued is let in, and waits for the permit that hold has
	equal(t, "in", in([]*seeker{queued}))
	second := s.ask(free, 3)
	equal(t, "one candidate is enough", in([]*seeker{second}))
	s.done(hold, Success, 0)
	equal(t, "then the probe", in([]*seeker{queued, second}), 1)
	s.done(queued, Success, 0)
	equal(t, "then all", in([]*seeker{queued, second}), 1, 3)
	s.done(second, Success, 0)
	if s.state.Out() != 0 {
		t.Error(s.state.Out())
	}
}

func TestACandidateThatGivesUpMakesRoom(t *testing.T) {
	one := &Limit{Name: "one", Concurrency: 1}
	s, p, all := waiting(t, 4, Rules{Limits: []Use{{one, 1}}, Timeouts: flow.Timeouts{Acquire: time.Second}})
	hold := s.ask(s.state.Step(1, Rules{Limits: []Use{{one, 1}}}, nil), 9)
	s.to(16 * time.Second) // the two candidates wait for the permit for a second
	if flow.ErrorType(all[0].err) != "acquire_timeout" || flow.ErrorType(all[1].err) != "acquire_timeout" || all[2].err != nil {
		t.Fatal(all[0].err, all[1].err, all[2].err)
	}
	s.done(hold, Success, 0)
	equal(t, "then the next", in(all), 2)
	s.done(all[2], Success, 0)
	equal(t, "then the last", in(all), 2, 3)
	_ = p
}

// Watchers hear when items may begin again.
func TestStepsHearThatTheBreakerIsWilling(t *testing.T) {
	s, p, _ := waiting(t, 0, Rules{})
	heard := 0
	p.Watch(func() { heard++ })
	s.to(15 * time.Second)
	probe := s.ask(p, 0)
	if ok, _ := p.Willing(s.now); !ok {
		t.Fatal("there is room for a second probe")
	}
	other := s.ask(p, 1)
	if ok, until := p.Willing(s.now); ok || !until.IsZero() {
		t.Fatal(ok, until)
	}
	before := heard
	s.leave(other)
	if ok, _ := p.Willing(s.now); !ok || heard == before {
		t.Fatal(ok, heard)
	}
	s.done(probe, Success, 0)
	s.done(s.ask(p, 2), Success, 0)
	if position, _, _ := s.state.Position(p.Breaker); position != Closed {
		t.Fatal(position)
	}
}

// With parked attempts, limits, timeouts and attempts that give up, in any order: nobody is woken in vain for ever, the
// probes are never more than there may be, and in the end everybody has come through or was told why not.
func TestParkingUnderAnyOrderOfEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSim(t)
		b := &Breaker{
			Window: 10 * time.Second, MinCalls: rapid.IntRange(1, 3).Draw(t, "min"), FailureRatio: 0.5, OpenFor: time.Duration(rapid.IntRange(1, 10).Draw(t, "open")) * time.Second,
			HalfOpen: rapid.IntRange(1, 3).Draw(t, "half"), OnOpen: Wait, MaxWait: time.Duration(rapid.IntRange(1, 60).Draw(t, "most")) * time.Second,
		}
		limits := []Use{{&Limit{Name: "s", Concurrency: rapid.IntRange(1, 4).Draw(t, "permits")}, 1}, {&Limit{Name: "r", Rate: rate("2/s"), Burst: 2, Initial: 2}, 1}}
		acquire := time.Duration(rapid.IntRange(0, 3).Draw(t, "acquire")) * time.Second
		steps := []*Step{
			s.state.Step(0, Rules{Breaker: b, Limits: limits, Timeouts: flow.Timeouts{Acquire: acquire}}, nil),
			s.state.Step(1, Rules{Breaker: b}, nil),
			s.state.Step(2, Rules{Limits: limits[:1]}, nil),
		}
		var all []*seeker
		for i := range rapid.IntRange(1, 80).Draw(t, "actions") {
			switch rapid.SampledFrom([]string{"ask", "ask", "end", "end", "time", "leave"}).Draw(t, "action") {
			case "ask":
				all = append(all, s.ask(steps[rapid.IntRange(0, 2).Draw(t, "step")], i))
			case "time":
				s.to(s.elapsed() + time.Duration(rapid.Int64Range(0, int64(12*time.Second)).Draw(t, "for")))
			case "end":
				if j := draw(t, all, func(k *seeker) bool { return k.admitted >= 0 }); j >= 0 {
					s.done(all[j], rapid.SampledFrom([]Outcome{Success, Failure, Failure, Ignored}).Draw(t, "outcome"), time.Second)
					all = slices.Delete(all, j, j+1)
				}
			case "leave":
				if j := draw(t, all, func(*seeker) bool { return true }); j >= 0 {
					s.leave(all[j])
					all = slices.Delete(all, j, j+1)
				}
			}
			x := s.state.breakers[b]
			if x.probes+x.successes > b.HalfOpen || x.position == HalfOpen && x.free(s.now) > 0 && x.parked.Len() > 0 {
				t.Fatalf("%d probes, %d successes, %d candidates, %d parked", x.probes, x.successes, x.candidates, x.parked.Len())
			}
		}
		for len(all) > 0 {
			s.to(s.elapsed() + time.Second)
			if s.elapsed() > time.Hour {
				t.Fatalf("%d attempts wait for ever", len(all))
			}
			for j := draw(nil, all, func(k *seeker) bool { return k.admitted >= 0 || k.err != nil }); j >= 0; j = draw(nil, all, func(k *seeker) bool { return k.admitted >= 0 || k.err != nil }) {
				s.done(all[j], Success, time.Second)
				all = slices.Delete(all, j, j+1)
			}
		}
		if s.state.Out() != 0 {
			t.Fatalf("%d permits are lost", s.state.Out())
		}
	})
}

// draw picks one of those that will do, without t the first; -1 if none will.
func draw(t *rapid.T, all []*seeker, will func(*seeker) bool) int {
	var those []int
	for i, k := range all {
		if will(k) {
			those = append(those, i)
		}
	}
	switch {
	case len(those) == 0:
		return -1
	case t == nil:
		return those[0]
	}
	return rapid.SampledFrom(those).Draw(t, "which")
}

// A failure that says nothing about the other side is none.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Outcome
	}{
		{nil, Success}, {busy, Failure}, {errItem, Failure}, {&flow.Fault{Err: errItem, Status: 404}, Ignored},
		{flow.Typed("acquire_timeout", errItem), Ignored}, {flow.Typed("expression", errItem), Ignored},
		{&flow.Fault{Err: errItem, Type: "timeout.attempt", Transient: true, Final: true}, Failure},
	} {
		if got := Judge(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}
