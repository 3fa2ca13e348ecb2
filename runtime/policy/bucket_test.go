package policy

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
)

// request is one that comes to a rate, and may go away again before it is served.
type request struct {
	at, gone time.Duration // gone: 0 for never
	cost     int64
}

// gcra says when requests are served that come one after another, first come, first served: by the generic cell rate
// algorithm (ITU-T I.371), in exact fractions of nanoseconds. -1 is never: it went away first.
func gcra(r flow.Rate, burst, initial int64, requests []request) []time.Duration {
	interval := new(big.Rat).Quo(new(big.Rat).SetInt64(int64(r.Per)), new(big.Rat).SetFloat64(r.Count))
	of := func(tokens int64) *big.Rat { return new(big.Rat).Mul(interval, new(big.Rat).SetInt64(tokens)) }
	tolerance := of(burst)
	tat := of(burst - initial)
	tat.Add(tat, new(big.Rat).SetInt64(int64(requests[0].at))) // it begins when it is used first
	floor := time.Duration(0)                                  // until when the queue is held up
	var served []time.Duration
	for _, q := range requests {
		at := max(q.at, floor)
		due := new(big.Rat).Sub(new(big.Rat).Add(tat, of(q.cost)), tolerance)
		if x := rounded(due); x > at {
			at = x
		}
		if q.gone > 0 && q.gone <= at {
			floor = max(floor, q.gone)
			served = append(served, -1)
			continue
		}
		floor = at
		if now := new(big.Rat).SetInt64(int64(at)); now.Cmp(tat) > 0 {
			tat = now
		}
		tat = new(big.Rat).Add(tat, of(q.cost))
		served = append(served, at)
	}
	return served
}

// rounded gives the first nanosecond that is not before x.
func rounded(x *big.Rat) time.Duration {
	n := new(big.Int).Div(x.Num(), x.Denom())
	if !x.IsInt() {
		n.Add(n, big.NewInt(1))
	}
	return time.Duration(n.Int64())
}

// Invariants 46, 47 and 48.
func TestRateServesWhenGCRADoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rate(rapid.SampledFrom([]string{"1/s", "100/s", "3/s", "7/m", "2.5/s", "1000000/s", "10/333ms", "0.1/s", "5/7us"}).Draw(t, "rate"))
		burst := rapid.IntRange(1, 12).Draw(t, "burst")
		initial := rapid.IntRange(0, burst).Draw(t, "initial")
		limit := &Limit{Name: "r", Rate: r, Burst: burst, Initial: initial}
		interval := r.Interval()
		var requests []request
		at := time.Duration(0)
		for range rapid.IntRange(1, 25).Draw(t, "requests") {
			at += time.Duration(rapid.Int64Range(0, int64(3*interval)).Draw(t, "after"))
			q := request{at: at, cost: rapid.Int64Range(1, int64(burst)).Draw(t, "cost")}
			if rapid.IntRange(0, 2).Draw(t, "goes") == 0 {
				q.gone = at + 1 + time.Duration(rapid.Int64Range(0, int64(6*interval)).Draw(t, "gone"))
			}
			requests = append(requests, q)
		}
		served := simulate(t, limit, requests)
		want := gcra(r, int64(burst), int64(initial), requests)
		if !slices.Equal(served, want) {
			t.Fatalf("served at %v\nwant      %v", served, want)
		}
		bounded(t, r, int64(burst), requests, served)
	})
}

// simulate gives when each request is served.
func simulate(t *rapid.T, limit *Limit, requests []request) []time.Duration {
	s := newSim(t)
	type event struct {
		at   time.Duration
		i    int
		goes bool
	}
	var events []event
	for i, q := range requests {
		events = append(events, event{q.at, i, false})
		if q.gone > 0 {
			events = append(events, event{q.gone, i, true})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int {
		if a.goes && b.goes { // nobody is served by the going of another at the instant at which he goes
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.i, a.i))
		}
		return cmp.Compare(a.at, b.at)
	})
	seekers := make([]*seeker, len(requests))
	for _, e := range events {
		s.to(e.at - 1)
		s.now = s.start.Add(e.at) // at one instant, going away comes first
		if k := seekers[e.i]; !e.goes {
			seekers[e.i] = s.ask(s.state.Step(0, Rules{Limits: []Use{{limit, int(requests[e.i].cost)}}}, nil), e.i)
		} else if k.admitted < 0 {
			s.leave(k)
		}
	}
	s.to(1000 * time.Hour)
	served := make([]time.Duration, len(requests))
	for i, k := range seekers {
		served[i] = k.admitted
	}
	return served
}

// bounded checks that over no time more is served than the burst and what the rate gives in it.
func bounded(t *rapid.T, r flow.Rate, burst int64, requests []request, served []time.Duration) {
	for i := range served {
		total := int64(0)
		for j := i; j < len(served) && served[i] >= 0; j++ {
			if served[j] < 0 {
				continue
			}
			total += requests[j].cost
			gained := new(big.Rat).Mul(new(big.Rat).SetFloat64(r.Count), big.NewRat(int64(served[j]-served[i]), int64(r.Per)))
			if most := gained.Add(gained, new(big.Rat).SetInt64(burst)); new(big.Rat).SetInt64(total).Cmp(most) > 0 {
				t.Fatalf("%d tokens from %v to %v", total, served[i], served[j])
			}
		}
	}
}

func TestRateOfBurstOneSpacesEvenly(t *testing.T) {
	s := newSim(t)
	p := s.state.Step(0, Rules{Limits: []Use{{&Limit{Rate: rate("3/s"), Burst: 1, Initial: 1}, 1}}}, nil)
	var all []*seeker
	for i := range 7 {
		all = append(all, s.ask(p, i))
	}
	s.to(time.Hour)
	for i, k := range all {
		// a third of a second is no whole number of nanoseconds, and no two come closer than that
		if want := time.Duration(i) * 333333334; k.admitted != want {
			t.Errorf("%d at %d, want %d", i, k.admitted, want)
		}
	}
}

func TestPausedRate(t *testing.T) {
	s := newSim(t)
	p := s.state.Step(0, Rules{Limits: []Use{{&Limit{Rate: rate("10/s"), Burst: 2, Initial: 2}, 1}}}, nil)
	s.ask(p, 0)
	waits := []*seeker{}
	s.to(40 * time.Millisecond) // 1.4 tokens
	p.Pause(nil, s.now, s.now.Add(time.Second))
	p.Pause(nil, s.now, s.now.Add(time.Millisecond)) // asks for less
	for i := range 3 {
		waits = append(waits, s.ask(p, i))
	}
	s.to(time.Minute)
	for i, want := range []time.Duration{1040, 1100, 1200} {
		if waits[i].admitted != want*time.Millisecond {
			t.Errorf("%d at %v, want %vms", i, waits[i].admitted, int64(want))
		}
	}
}

// A token is given back by an attempt that was not made after all.
func TestRefundedToken(t *testing.T) {
	s := newSim(t)
	r, one := &Limit{Name: "r", Rate: rate("1/s"), Burst: 1, Initial: 1}, &Limit{Name: "s", Concurrency: 1}
	rules := Rules{Limits: []Use{{one, 1}, {r, 1}}, Timeouts: flow.Timeouts{Acquire: 100 * time.Millisecond}}
	holder := s.ask(s.state.Step(0, Rules{Limits: []Use{{one, 1}}}, nil), 0)
	p := s.state.Step(1, rules, nil)
	turned := s.ask(p, 1) // takes the token, and waits for the permit
	s.to(100 * time.Millisecond)
	if flow.ErrorType(turned.err) != "acquire_timeout" || turned.err.Error() != "waited for the limit `s` for the acquire timeout of 100ms" {
		t.Fatal(turned.err)
	}
	s.done(holder, Success, 0)
	if k := s.ask(p, 2); k.admitted != 100*time.Millisecond {
		t.Errorf("at %v: the token was lost", k.admitted)
	}
}

func TestRatesOfManyKeysAreForgottenOnlyWhenFull(t *testing.T) {
	now := time.Unix(0, 0)
	l := &limit{Limit: &Limit{Rate: rate("1/s"), Burst: 1, Initial: 1}, gates: map[string]*gate{}}
	for i := range 100000 {
		g := l.gate(strconv.Itoa(i), now)
		if ok, _ := g.take(1, now); !ok {
			t.Fatal(i)
		}
		if ok, _ := l.gate(strconv.Itoa(i), now).take(1, now); ok {
			t.Fatalf("key %d was forgotten", i)
		}
		now = now.Add(10 * time.Millisecond)
	}
	if len(l.gates) > 300 {
		t.Errorf("%d keys are kept, of which 100 matter", len(l.gates))
	}
}

func TestCountable(t *testing.T) {
	for _, c := range []struct {
		rate  string
		burst int
		want  bool
	}{{"1000000000/s", 1e9, true}, {"999983/w", 1e6, false}, {"1/w", 1e3, true}, {"0.000001/h", 1, true}, {"0.000001/h", 1e9, false}} {
		if got := Countable(rate(c.rate), c.burst); got != c.want {
			t.Errorf("%s, burst %d: %v", c.rate, c.burst, got)
		}
	}
}
