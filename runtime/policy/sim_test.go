package policy

import (
	"fmt"
	"pgregory.net/rapid"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// sim runs admissions in a time of its own: whoever waits looks again when it is woken, or its time has come.
type sim struct {
	t       rapid.TB
	now     time.Time
	start   time.Time
	state   *State
	waiting []*seeker
}

// seeker is an attempt on its way.
type seeker struct {
	id       int
	a        *Admission
	until    time.Time
	looked   bool
	admitted time.Duration // when; -1 while it is not
	err      error
}

func newSim(t rapid.TB) *sim {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return &sim{t: t, now: start, start: start, state: NewState(1)}
}

func (s *sim) elapsed() time.Duration { return s.now.Sub(s.start) }

// ask begins an attempt of a step.
func (s *sim) ask(p *Step, id int) *seeker {
	k := &seeker{id: id, admitted: -1}
	account := p.Account(int64(id), s.now)
	k.a = account.Ask(nil, false, s.now, func() {})
	s.waiting = append(s.waiting, k)
	s.settle()
	return k
}

// settle lets everybody look who has something to look at, until nobody has.
func (s *sim) settle() {
	rounds := 0
	for again := true; again; {
		if rounds++; rounds > 1000 {
			s.t.Fatalf("at %v, they wake each other for ever", s.elapsed())
		}
		again = false
		for _, k := range s.waiting {
			if k.looked && !k.a.Moved() && (k.until.IsZero() || s.now.Before(k.until)) || k.admitted >= 0 || k.err != nil {
				continue
			}
			again, k.looked = true, true
			x := k.a.Look(s.now)
			k.until, k.err = x.Until, x.Err
			if x.Admitted {
				k.admitted = s.elapsed()
			}
			if !x.Admitted && x.Err == nil && !x.Until.IsZero() && !s.now.Before(x.Until) {
				s.t.Fatalf("at %v, %d is told to look again at once", s.elapsed(), k.id)
			}
		}
	}
	var still []*seeker
	for _, k := range s.waiting {
		if k.admitted < 0 && k.err == nil {
			still = append(still, k)
		}
	}
	s.waiting = still
}

// to lets time pass.
func (s *sim) to(at time.Duration) {
	end := s.start.Add(at)
	for {
		next := end
		for _, k := range s.waiting {
			if !k.until.IsZero() && k.until.Before(next) {
				next = k.until
			}
		}
		s.now = next
		s.settle()
		if next.Equal(end) {
			return
		}
	}
}

// leave ends an attempt without a call.
func (s *sim) leave(k *seeker) {
	k.a.Leave(s.now)
	for i, other := range s.waiting {
		if other == k {
			s.waiting = append(s.waiting[:i:i], s.waiting[i+1:]...)
			break
		}
	}
	s.settle()
}

func (s *sim) done(k *seeker, outcome Outcome, took time.Duration) {
	k.a.Done(outcome, took, s.now)
	s.settle()
}

func rate(text string) flow.Rate {
	r, err := flow.ParseRate(text)
	if err != nil {
		panic(fmt.Sprint("no rate: ", text))
	}
	return r
}
