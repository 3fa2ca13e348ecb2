package policy

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// server answers the calls of a saturated step: each takes as long as it says.
func saturate(s *sim, p *Step, until time.Duration, takes func(at time.Duration) time.Duration, outcome func(at time.Duration) Outcome, each func()) {
	type call struct {
		k          *seeker
		begun, end time.Duration
	}
	var calls []call
	waiting := s.ask(p, 0)
	for s.elapsed() < until {
		for waiting.admitted >= 0 {
			calls = append(calls, call{waiting, s.elapsed(), s.elapsed() + takes(s.elapsed())})
			waiting = s.ask(p, 0)
		}
		next := 0
		for i, c := range calls {
			if c.end < calls[next].end {
				next = i
			}
		}
		c := calls[next]
		calls = append(calls[:next:next], calls[next+1:]...)
		s.to(c.end)
		s.done(c.k, outcome(s.elapsed()), c.end-c.begun)
		each()
	}
	s.leave(waiting)
	for _, c := range calls {
		s.leave(c.k)
	}
}

func succeeds(time.Duration) Outcome { return Success }

func always(d time.Duration) func(time.Duration) time.Duration {
	return func(time.Duration) time.Duration { return d }
}

// Invariant 50.
func TestAdaptiveGrowsWhileCallsTakeNoLonger(t *testing.T) {
	for _, takes := range []time.Duration{time.Millisecond, 333333333, time.Second} {
		s := newSim(t)
		limit := &Limit{Name: "a", Adaptive: &Adaptive{Min: 1, Max: 20}}
		last := int64(1)
		saturate(s, s.state.Step(0, Rules{Limits: []Use{{limit, 1}}}, nil), 100*takes, always(takes), succeeds, func() {
			u := s.state.Usage(limit)
			if u.Permits < last || u.Permits > last+1 || u.InUse > u.Permits {
				t.Fatalf("at %v: from %d to %+v", s.elapsed(), last, u)
			}
			last = u.Permits
		})
		if last != 20 || s.state.Out() != 0 {
			t.Errorf("%v: it grew to %d", takes, last)
		}
	}
}

func TestAdaptiveShrinksWithinTwoIntervals(t *testing.T) {
	const usual = 100 * time.Millisecond
	for name, c := range map[string]struct {
		takes   func(time.Duration) time.Duration
		outcome func(time.Duration) Outcome
	}{
		"three times as long": {func(at time.Duration) time.Duration {
			if at >= 3*time.Second {
				return 3 * usual
			}
			return usual
		}, succeeds},
		"refused": {always(usual), func(at time.Duration) Outcome {
			if at >= 3*time.Second {
				return Failure
			}
			return Success
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSim(t)
			limit := &Limit{Name: "a", Adaptive: &Adaptive{Min: 2, Max: 200}}
			most, shrunk := int64(0), time.Duration(0)
			saturate(s, s.state.Step(0, Rules{Limits: []Use{{limit, 1}}}, nil), 5*time.Second, c.takes, c.outcome, func() {
				u := s.state.Usage(limit)
				if u.Permits < most && shrunk == 0 {
					shrunk = s.elapsed()
					if u.Permits != most*9/10 {
						t.Errorf("it shrank from %d to %d", most, u.Permits)
					}
				}
				most = max(most, u.Permits)
			})
			if shrunk == 0 || shrunk > 3*time.Second+2*3*usual {
				t.Errorf("it shrank at %v, from %d", shrunk, most)
			}
		})
	}
}

// It never grows where the limit is not what holds calls up, and stays within its bounds whatever happens.
func TestAdaptiveStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.IntRange(1, 5).Draw(t, "min")
		limit := &Limit{Name: "a", Adaptive: &Adaptive{Min: low, Max: low + rapid.IntRange(0, 20).Draw(t, "more")}}
		s := newSim(t)
		p := s.state.Step(0, Rules{Limits: []Use{{limit, 1}}}, nil)
		var all []*seeker
		for i := range rapid.IntRange(1, 100).Draw(t, "actions") {
			s.to(s.elapsed() + time.Duration(rapid.IntRange(0, 50).Draw(t, "after"))*time.Millisecond)
			if len(all) == 0 || rapid.Bool().Draw(t, "begin") {
				all = append(all, s.ask(p, i))
			} else {
				j := rapid.IntRange(0, len(all)-1).Draw(t, "which")
				if all[j].admitted < 0 {
					s.leave(all[j])
				} else {
					s.done(all[j], rapid.SampledFrom([]Outcome{Success, Failure, Ignored}).Draw(t, "outcome"), time.Duration(rapid.IntRange(1, 500).Draw(t, "took"))*time.Millisecond)
				}
				all = append(all[:j:j], all[j+1:]...)
			}
			if u := s.state.Usage(limit); i > 0 && u.Keys == 1 && (u.Permits < int64(limit.Adaptive.Min) || u.Permits > int64(limit.Adaptive.Max)) {
				t.Fatalf("%+v", u)
			}
		}
		for _, k := range all {
			s.leave(k)
		}
		if s.state.Out() != 0 {
			t.Fatal("a permit is lost")
		}
	})
}

func TestAdaptiveDoesNotGrowUnlessItIsReached(t *testing.T) {
	s := newSim(t)
	limit := &Limit{Name: "a", Adaptive: &Adaptive{Min: 4, Max: 200}}
	p := s.state.Step(0, Rules{Limits: []Use{{limit, 1}}}, nil)
	for i := range 200 {
		k := s.ask(p, i)
		s.to(s.elapsed() + 10*time.Millisecond)
		s.done(k, Success, 10*time.Millisecond)
	}
	if u := s.state.Usage(limit); u.Permits != 4 {
		t.Errorf("one call at a time, and it grew to %d", u.Permits)
	}
}
