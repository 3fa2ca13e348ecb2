package flowrun_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type scriptOptions struct {
	Do   []string `flow:"do,short" doc:"What the attempts of an item do, one after another; the last is repeated."`
	Once bool     `flow:"once" doc:"An attempt may have done its work though it failed."`
}

func (o *scriptOptions) Repeatable() (bool, string, string) {
	return !o.Once, "a script", "leave out `once`"
}

// script is a call whose attempts do as its options say: `ok`, `busy` (trouble that may pass, status 503), `bad` (trouble
// that stays, status 404), `panic`, each after a time: `200ms ok`; or `wait 2s`, which fails and asks to wait as long.
// It gives {item, attempt, at}: when it was done.
func script(seen *attempts) *flow.Component {
	return &flow.Component{
		Name: "script", Group: "call", Doc: "Does as it is told.",
		Maker: flow.Makes(func(o *scriptOptions, _ *flow.Env) (flow.Call, error) {
			return &scripted{o, seen}, nil
		}),
	}
}

// attempts counts those of each item, and notes when they begin.
type attempts struct {
	mu    sync.Mutex
	start time.Time
	count map[string]int
	at    []begun
}

type begun struct {
	item string
	at   time.Duration
}

// String lists the attempts as item@time; those of one instant by item.
func (a *attempts) String() string {
	slices.SortStableFunc(a.at, func(x, y begun) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.item, y.item)) })
	var all []string
	for _, b := range a.at {
		all = append(all, fmt.Sprintf("%s@%v", b.item, b.at))
	}
	return strings.Join(all, " ")
}

func (a *attempts) begin(it flow.Item) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := it.Value.Text()
	a.count[name]++
	a.at = append(a.at, begun{name, time.Since(a.start)})
	return a.count[name]
}

type scripted struct {
	opt  *scriptOptions
	seen *attempts
}

func (s *scripted) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	n := s.seen.begin(it)
	do := s.opt.Do[min(n, len(s.opt.Do))-1]
	words := strings.Fields(do)
	if d, err := flow.ParseDuration(words[0]); err == nil {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		words = words[1:]
	}
	busy := &flow.Fault{Err: errors.New("busy"), Type: "http.status", Transient: true, Status: 503}
	switch words[0] {
	case "ok":
		b := value.Builder{}
		b.Set("item", it.Value)
		b.Set("attempt", value.OfInt(int64(n)))
		b.Set("at", value.OfString(time.Since(s.seen.start).String()))
		return []flow.Item{it.With(b.Value())}, nil
	case "busy":
		return nil, busy
	case "wait":
		busy.After, _ = flow.ParseDuration(words[1])
		return nil, busy
	case "bad":
		return nil, &flow.Fault{Err: errors.New("no such thing"), Type: "http.status", Status: 404}
	}
	panic("as told: " + do)
}

// TestPolicies runs pipelines with policies in virtual time: what comes out, when attempts begin, when it ends.
func TestPolicies(t *testing.T) {
	for name, c := range map[string]struct{ pipeline, output, at, ends string }{
		"none": {
			"source: {items: [a]}\nsteps:\n  - script: [busy, ok]\n    on_error: {value: \"error.type + ' ' + string(error.attempts)\"}\n",
			`"http.status 1"`, "a@0s", "0s",
		},
		"a number": {
			"source: {items: [a]}\nsteps:\n  - script: [busy, busy, ok]\n    retry: {max_attempts: 3, jitter: none}\n",
			`{"item":"a","attempt":3,"at":"1.5s"}`, "a@0s a@500ms a@1.5s", "1.5s",
		},
		"a name": {
			"retries: {polite: {max_retries: 2, strategy: fixed, initial: 2s, jitter: none}}\nsource: {items: [a]}\nsteps:\n  - script: busy\n    retry: polite\n    on_error: {value: error}\n  - map: [it.type, it.message, it.step, it.attempts]\n",
			`["http.status","busy","script",3]`, "a@0s a@2s a@4s", "4s",
		},
		"by default": {
			"defaults: {retry: {strategy: immediate, max_attempts: 2}, timeout: 1s}\nsource: {items: [a]}\nsteps:\n  - script: [2s ok, 1s ok]\n",
			`{"item":"a","attempt":2,"at":"2s"}`, "a@0s a@1s", "2s",
		},
		"not by default": {
			"defaults: {retry: 4}\nsource: {items: [a]}\nsteps:\n  - script: busy\n    retry: none\n    on_error: skip\n",
			"", "a@0s", "0s",
		},
		"what is wrong stays wrong": {
			"source: {items: [a]}\nsteps:\n  - script: bad\n    retry: 4\n    on_error: {value: error.message}\n",
			`"no such thing"`, "a@0s", "0s",
		},
		"on": {
			"source: {items: [a, b]}\nsteps:\n  - script: [bad, busy, ok]\n    retry: {jitter: none, on: error.status == 404}\n    on_error: {value: error.attempts}\n",
			"2\n2", "a@0s a@500ms b@500ms b@1s", "1s",
		},
		"asked to wait": {
			"source: {items: [a]}\nsteps:\n  - script: [busy, wait 20s, busy, ok]\n    retry: {jitter: none, max_attempts: 4}\n",
			`{"item":"a","attempt":4}`, "a@0s a@500ms a@20.72897573s a@21.22897573s", "21.22897573s",
		},
		"asked to wait for too long": {
			"source: {items: [a]}\nsteps:\n  - script: wait 6m\n    retry: 4\n    on_error: {value: error.attempts}\n",
			"1", "a@0s", "0s",
		},
		"an attempt takes too long": {
			"source: {items: [a]}\nsteps:\n  - script: [1h ok, 1s ok]\n    timeout: 10s\n    retry: {initial: 1s, jitter: none}\n",
			`{"item":"a","attempt":2,"at":"12s"}`, "a@0s a@11s", "12s",
		},
		"may not be repeated": {
			"source: {items: [a]}\nsteps:\n  - script: {do: [1h ok], once: true}\n    timeout: 10s\n    on_error: {value: error.type}\n",
			`"timeout.attempt"`, "a@0s", "10s",
		},
		"the item takes too long": {
			"source: {items: [a]}\nsteps:\n  - script: 4s busy\n    timeout: {attempt: 5s, item: 14s}\n    retry: {strategy: fixed, initial: 2s, max_delay: 2s, jitter: none, max_attempts: 9}\n    on_error: {value: \"[error.type, error.attempts]\"}\n",
			`["timeout.item",3]`, "a@0s a@6s a@12s", "14s",
		},
		"for a permit": {
			"limits: {one: {concurrency: 1}}\nsource: {items: [a, b]}\nsteps:\n  - script: 5s ok\n    concurrency: {max: 2, order: completion}\n    limits: one\n    timeout: {acquire: 2s}\n    on_error: {value: \"[error.type, error.attempts]\"}\n",
			`["acquire_timeout",0]` + "\n" + `{"item":"a","attempt":1,"at":"5s"}`, "a@0s", "5s",
		},
		"a rate": {
			"limits: {rps: {rate: 2/s, burst: 2, initial: 0}}\nsource: {items: [a, b, c, d]}\nsteps:\n  - script: [ok]\n    concurrency: 4\n    limits: {use: rps, weight: 2}\n  - map: it.item\n",
			"\"a\"\n\"b\"\n\"c\"\n\"d\"", "a@1s b@2s c@3s d@4s", "4s",
		},
		"a permit for each key": {
			"limits: {host: {concurrency: 1, by: \"it % 2\"}}\nsource: {items: [1, 2, 3, 4]}\nsteps:\n  - script: 1s ok\n    concurrency: 4\n    limits: host\n  - map: it.at\n",
			"\"1s\"\n\"1s\"\n\"2s\"\n\"2s\"", "1@0s 2@0s 3@1s 4@1s", "2s",
		},
		"a breaker": {
			"source: {items: [a, b, c, d]}\nsteps:\n  - script: busy\n    timeout: 1s\n    breaker: {min_calls: 2, on_open: fail}\n    on_error: {value: \"[error.type, error.attempts]\"}\n",
			`["http.status",1]` + "\n" + `["http.status",1]` + "\n" + `["breaker_open",0]` + "\n" + `["breaker_open",0]`, "a@0s b@0s", "0s",
		},
		"a breaker's value": {
			"breakers: {api: {window: {calls: 2}, min_calls: 2, on_open: {value: \"'later'\"}}}\nsource: {items: [a, b, c]}\nsteps:\n  - script: busy\n    timeout: 1s\n    breaker: api\n    on_error: skip\n",
			`"later"`, "a@0s b@0s", "0s",
		},
		"a breaker that waits": {
			"breakers: {api: {min_calls: 1, half_open_calls: 1}}\nsource: {items: [a, b]}\nsteps:\n  - script: [busy, ok]\n    timeout: 1s\n    retry: {strategy: fixed, initial: 1s, jitter: none}\n    breaker: api\n  - map: it.at\n",
			"\"15s\"\n\"30s\"", "a@0s a@15s b@15s b@30s", "30s",
		},
		"a budget": {
			"budgets: {sparing: {ratio: 0.5, min_per_second: 0}}\nsource: {items: [a, b, c, d]}\nsteps:\n  - script: busy\n    retry: {strategy: immediate, jitter: none, budget: sparing}\n    on_error: {value: \"[error.type, error.attempts]\"}\n",
			strings.Repeat(`["retry_budget_exhausted",1]`+"\n", 1) + `["retry_budget_exhausted",2]` + "\n" + `["retry_budget_exhausted",1]` + "\n" + `["retry_budget_exhausted",2]`, "a@0s b@0s b@0s c@0s d@0s d@0s", "0s",
		},
		"a copy": {
			"source: {items: [a]}\nsteps:\n  - script: [1h ok, 100ms ok]\n    hedge: 200ms\n",
			`{"item":"a","attempt":2,"at":"300ms"}`, "a@0s a@200ms", "300ms",
		},
		"into": {
			"source: {items: [{n: 1}]}\nsteps:\n  - script: [busy, ok]\n    retry: {jitter: none}\n    into: got\n  - map: {n: it.n, attempt: it.got.attempt, meta: meta.attempt}\n",
			`{"n":1,"attempt":2,"meta":2}`, `{"n":1}@0s {"n":1}@500ms`, "500ms",
		},
		"error items": {
			"source: {items: [a, b]}\nsteps:\n  - script: busy\n    retry: {max_attempts: 2, strategy: immediate}\n    on_error: emit\n  - map: it + 1\n  - map: it + 1\n",
			`{"item":"a","error":{"type":"http.status","message":"busy","step":"script","attempts":2}}` + "\n" + `{"item":"b","error":{"type":"http.status","message":"busy","step":"script","attempts":2}}`, "a@0s a@0s b@0s b@0s", "0s",
		},
		"steps within a step": {
			"source: {items: [a]}\nsteps:\n  - each:\n      - script: [busy, 1s ok]\n        retry: {strategy: fixed, initial: 1s, jitter: none}\n      - script: [3s ok]\n    timeout: 10s\n    retry: 2\n  - map: it.at\n",
			`"5s"`, `a@0s a@1s {"item":"a","attempt":2,"at":"2s"}@2s`, "5s",
		},
		"a step of steps is tried again": {
			"source: {items: [a]}\nsteps:\n  - each:\n      - script: [ok, ok]\n      - map: it.item\n      - script: [2s ok]\n    timeout: 1s\n    retry: {max_attempts: 2, strategy: immediate}\n    on_error: {value: error.type}\n",
			`"timeout.attempt"`, "a@0s a@0s a@1s a@1s", "2s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seen := &attempts{start: time.Now(), count: map[string]int{}}
				p, err := flowrun.Parse("test.yaml", []byte(c.pipeline), flowrun.Options{Components: []*flow.Component{script(seen)}})
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				rep, err := p.Run(context.Background(), flowrun.Options{Stdout: &out, Seed: 1})
				if err != nil {
					t.Fatal(err)
				}
				got := strings.TrimSpace(out.String())
				if !sameLines(got, c.output) {
					t.Errorf("%s\ngot\n%s\nwant\n%s", c.pipeline, got, c.output)
				}
				if at := seen.String(); at != c.at || rep.Elapsed.String() != c.ends && (rep.Elapsed != 1 || c.ends != "0s") {
					t.Errorf("%s\nattempts at %s, want %s; %v, want %s", c.pipeline, at, c.at, rep.Elapsed, c.ends)
				}
			})
		})
	}
}

// sameLines compares JSON lines; objects of which a part is wanted may have more fields.
func sameLines(got, want string) bool {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != len(w) {
		return false
	}
	for i := range g {
		part := strings.TrimRight(w[i], "}")
		if g[i] != w[i] && (part == w[i] || !strings.HasPrefix(g[i], part+",")) {
			return false
		}
	}
	return true
}
