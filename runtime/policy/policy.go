// Package policy decides when a call may be attempted.
//
// What a file says is immutable: Retry, Budget, Breaker, Limit, Hedge. A State is what one run has made of it, a Step
// one step's part in it, an Account one item's attempts, and an Admission the way of one attempt to its start. Nothing
// here waits: whoever must wait is told until when, and is woken.
package policy

import (
	"slices"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Rules are what surrounds the calls of one step; the zero value is one attempt, at once and without a bound.
type Rules struct {
	Retry    *Retry
	Breaker  *Breaker
	Limits   []Use
	Hedge    *Hedge
	Timeouts flow.Timeouts
}

// Hedge starts copies of a call that takes long, and takes the first that succeeds.
type Hedge struct {
	Delay time.Duration // from one copy to the next
	Max   int           // copies beside the first
}

// State is the policies of a run at work. Its one lock is held for moments only, and never across a wait.
type State struct {
	mu       sync.Mutex
	seed     uint64
	limits   map[*Limit]*limit
	breakers map[*Breaker]*breaker
	budgets  map[*Budget]*budget
}

// NewState gives the state of a run in which nothing has happened yet. The same seed gives the same delays.
func NewState(seed uint64) *State {
	return &State{seed: seed, limits: map[*Limit]*limit{}, breakers: map[*Breaker]*breaker{}, budgets: map[*Budget]*budget{}}
}

// Step is one step's part in a State.
type Step struct {
	Rules
	state   *State
	number  uint64
	uses    []use // in the order in which an attempt passes them
	breaker *breaker
	budget  *budget
	open    *Admission // of every attempt, where there is nothing to pass; else nil
}

type use struct {
	*limit
	weight int64
	own    bool // the step's own bound on items: copies of a call pass it with the first
}

// Step gives the part of a step. Number tells the steps of a run apart. Ceiling is the step's own bound on the attempts
// that are under way at once; nil is none.
//
// An attempt passes rates, then the ceiling, then semaphores, each kind in the order of names: whoever waits for a
// shared permit then holds none that somebody may hold who waits for one of his.
func (s *State) Step(number uint64, r Rules, ceiling *Limit) *Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &Step{Rules: r, state: s, number: number}
	for _, u := range inOrder(r.Limits) {
		if ceiling != nil && !u.Limit.IsRate() {
			p.uses = append(p.uses, s.own(ceiling))
			ceiling = nil
		}
		p.uses = append(p.uses, use{limit: s.limit(u.Limit), weight: int64(max(u.Weight, 1))})
	}
	if ceiling != nil {
		p.uses = append(p.uses, s.own(ceiling))
	}
	if b := r.Breaker; b != nil {
		if s.breakers[b] == nil {
			s.breakers[b] = newBreaker(b)
		}
		p.breaker = s.breakers[b]
	}
	if r.Retry != nil && r.Retry.Budget != nil {
		b := r.Retry.Budget
		if s.budgets[b] == nil {
			s.budgets[b] = &budget{Budget: b}
		}
		p.budget = s.budgets[b]
	}
	if p.breaker == nil && len(p.uses) == 0 {
		p.open = &Admission{step: p, admitted: true}
	}
	return p
}

func (s *State) own(l *Limit) use {
	return use{limit: newLimit(l), weight: 1, own: l.Adaptive == nil}
}

func (s *State) limit(l *Limit) *limit {
	if s.limits[l] == nil {
		s.limits[l] = newLimit(l)
	}
	return s.limits[l]
}

// Keys gives the keys under which an item passes the step's limits, to be given to Account.Ask.
func (p *Step) Keys(scope *flow.Scope) ([]string, error) {
	var keys []string
	for i, u := range p.uses {
		if u.By == nil {
			continue
		}
		v, err := u.By.Eval(scope)
		if err != nil {
			return nil, err
		}
		if keys == nil {
			keys = make([]string, len(p.uses))
		}
		keys[i] = string(value.AppendKey(nil, v))
	}
	return keys, nil
}

// Gated reports whether a breaker may hold back the step's items.
func (p *Step) Gated() bool { return p.breaker != nil && p.breaker.OnOpen == Wait }

// Watch has f called whenever the step's breaker may admit again, until end is called. It is called with the state's lock
// held.
func (p *Step) Watch(f func()) (end func()) {
	if !p.Gated() {
		return func() {}
	}
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	p.breaker.watchers = append(p.breaker.watchers, &f)
	return func() {
		p.state.mu.Lock()
		defer p.state.mu.Unlock()
		p.breaker.watchers = slices.DeleteFunc(p.breaker.watchers, func(w *func()) bool { return w == &f })
	}
}

// Willing reports whether a breaker lets the step begin items. If not, until is when to ask again, zero for when it
// is told.
func (p *Step) Willing(now time.Time) (ok bool, until time.Time) {
	if !p.Gated() {
		return true, time.Time{}
	}
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	return p.breaker.willing(now)
}

// Pause holds back the rates that an item passes until the given time: the other side has asked for it.
func (p *Step) Pause(keys []string, now, until time.Time) {
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	for i, u := range p.uses {
		if b, ok := u.gate(keyAt(keys, i), now).limiter.(*bucket); ok {
			b.pause(now, until)
		}
	}
}

func keyAt(keys []string, i int) string {
	if keys == nil {
		return ""
	}
	return keys[i]
}
