package dsl_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/policy"
)

// plan loads a pipeline of a source, these keys at the top, and these steps.
func plan(t *testing.T, top string, steps ...string) *graph.Plan {
	t.Helper()
	src := "source: {items: [1]}\n" + top + "\nsteps:\n"
	for _, s := range steps {
		src += "  - " + strings.ReplaceAll(s, "\n", "\n    ") + "\n"
	}
	p, files, list := dsl.Load("pipeline.yaml", []byte(src), dsl.Settings{Registry: registry()})
	if p == nil {
		t.Fatalf("%s\n%v %v", src, list, files)
	}
	return p
}

// each gives the rules of the steps, those within steps behind the step around them.
func each(p *graph.Plan) (rules []policy.Rules) {
	p.Walk(func(n *graph.Node) {
		if n.Component.Kind() == flow.KindCall {
			rules = append(rules, n.Rules)
		}
	})
	return rules
}

const get = "http: \"http://example.test/${it}\""

func TestWhatCallsHaveUnlessTold(t *testing.T) {
	r := each(plan(t, "", get, "sleep: 1ms", "http: {post: \"http://example.test/${it}\", json: {id: it}}"))
	if *r[0].Retry != *policy.Default() || r[0].Timeouts != (flow.Timeouts{Attempt: 30 * time.Second}) {
		t.Errorf("%+v", r[0])
	}
	if r[1].Retry != nil || r[1].Timeouts != (flow.Timeouts{}) {
		t.Errorf("%+v", r[1])
	}
	if r[2].Retry == nil { // which the component bounds to what was never sent
		t.Errorf("%+v", r[2])
	}
}

func TestShortForms(t *testing.T) {
	r := each(plan(t, "retries: {polite: {max_retries: 7, strategy: linear, initial: 2s}}\nbreakers: {api: {}}",
		get+"\nretry: 6\ntimeout: 10s", get+"\nretry: none", get+"\nretry: polite\nbreaker: api", get+"\nretry: 1\nhedge: 200ms", get+"\nbreaker: none\nretry: {use: polite}"))
	six := policy.Default()
	six.MaxAttempts = 6
	switch {
	case *r[0].Retry != *six || r[0].Timeouts.Attempt != 10*time.Second:
		t.Errorf("%+v", r[0])
	case r[1].Retry != nil:
		t.Errorf("%+v", r[1])
	case r[2].Retry.MaxAttempts != 8 || r[2].Retry.Increment != 2*time.Second || r[2].Retry.Name != "polite" || r[2].Breaker.Name != "api":
		t.Errorf("%+v", r[2])
	case r[3].Retry != nil || *r[3].Hedge != (policy.Hedge{Delay: 200 * time.Millisecond, Max: 1}):
		t.Errorf("%+v", r[3])
	case r[4].Breaker != nil || r[4].Retry != r[2].Retry:
		t.Errorf("%+v", r[4])
	}
}

// What stands on a step takes the place of the default; of the timeouts, each clock by itself.
func TestDefaultsOfPolicies(t *testing.T) {
	r := each(plan(t, "defaults: {retry: 2, timeout: {attempt: 5s, item: 1m, connect: 1s}, limits: rps, breaker: {min_calls: 7}, hedge: 1s}\nlimits: {rps: {rate: 5/s}, other: {concurrency: 1}}",
		get, get+"\nretry: none\ntimeout: {item: 2m}\nlimits: other", "sleep: 1ms",
		"each:\n  - "+get, "http: {post: \"http://example.test/${it}\", json: {id: it}}"))
	switch {
	case r[0].Retry.MaxAttempts != 2 || r[0].Timeouts != (flow.Timeouts{Attempt: 5 * time.Second, Item: time.Minute, Connect: time.Second}) || r[0].Limits[0].Limit.Name != "rps":
		t.Errorf("%+v", r[0])
	case r[1].Retry != nil || r[1].Timeouts != (flow.Timeouts{Attempt: 5 * time.Second, Item: 2 * time.Minute, Connect: time.Second}) || r[1].Limits[0].Limit.Name != "other":
		t.Errorf("%+v", r[1])
	case r[2].Timeouts.Connect != 0 || r[2].Retry.MaxAttempts != 2 || r[2].Hedge != nil:
		t.Errorf("%+v", r[2])
	case r[0].Breaker == r[1].Breaker || r[0].Breaker.MinCalls != 7:
		t.Error("a breaker in the defaults is one for each step")
	case r[3].Retry != nil || r[3].Timeouts != (flow.Timeouts{}) || r[3].Limits != nil || r[4].Retry.MaxAttempts != 2:
		t.Errorf("the defaults are for the steps within a step, and not for both: %+v %+v", r[3], r[4])
	case r[0].Hedge == nil || r[5].Hedge != nil:
		t.Error("what may be done once only has no copies by default")
	}
}

func TestSharedPoliciesAreOne(t *testing.T) {
	r := each(plan(t, "breakers: {api: {}}\nbudgets: {b: {ratio: 0.1}}\nretries: {p: {budget: b}}\nlimits: {l: {concurrency: 2}}",
		get+"\nretry: p\nbreaker: api\nlimits: {use: l, weight: 2}", get+"\nretry: {budget: b}\nbreaker: api\nlimits: l"))
	if r[0].Breaker != r[1].Breaker || r[0].Retry.Budget != r[1].Retry.Budget || r[0].Limits[0].Limit != r[1].Limits[0].Limit || r[0].Limits[0].Weight != 2 || r[0].Retry.Budget.Name != "b" {
		t.Errorf("%+v\n%+v", r[0], r[1])
	}
}

// A stop lets items finish, as long as a timeout of theirs allows.
func TestDrainIsAsLongAsTheLongestItem(t *testing.T) {
	for top, want := range map[string]time.Duration{"": 2 * time.Minute, "drain: 5s": 5 * time.Second, "drain: 0s": 0} {
		if p := plan(t, top, get+"\ntimeout: {item: 40s}", "each:\n  - "+get+"\n    timeout: {item: 2m}"); p.Drain != want {
			t.Errorf("%q: %v, want %v", top, p.Drain, want)
		}
	}
	if p := plan(t, "", get+"\ntimeout: {item: 10s}"); p.Drain != 30*time.Second {
		t.Error(p.Drain)
	}
}

func TestBuffersAreSizedByHints(t *testing.T) {
	p := plan(t, "", "buffer: auto", get+"\nhints: {rate: 120/m, latency: 1300ms}")
	size := 0
	p.Walk(func(n *graph.Node) {
		if b, ok := n.Options.(*flow.BufferOptions); ok {
			size = b.Size
		}
	})
	if size != 6 { // 2 a second for 1.3 seconds, twice, and none half
		t.Error(size)
	}
}

func TestBreakersAndLimitsAsWritten(t *testing.T) {
	p := plan(t, strings.Join([]string{
		"breakers:",
		"  a: {window: {calls: 50}, min_calls: 10, failure_ratio: 0.3, slow_call: 2s, open_for: 1m, half_open_calls: 5, on_open: fail}",
		"  b: {window: 20s, slow_call: 1s, slow_ratio: 0.9, on_open: {value: error.type}}",
		"limits:",
		"  a: {rate: 10/s, burst: 5, initial: 0}",
		"  b: {adaptive: {min: 2}}",
		"  c: {concurrency: 3, by: it}",
	}, "\n"), "map: it")
	a, b := p.Breakers[0].Policy, p.Breakers[1].Policy
	if (*a != policy.Breaker{Name: "a", Calls: 50, MinCalls: 10, FailureRatio: 0.3, SlowCall: 2 * time.Second, SlowRatio: 0.5, OpenFor: time.Minute, HalfOpen: 5, OnOpen: policy.Fail, MaxWait: 5 * time.Minute}) {
		t.Errorf("%+v", a)
	}
	if b.Window != 20*time.Second || b.SlowRatio != 0.9 || b.OnOpen != policy.Value || fmt.Sprint(b.Value) != "error.type" {
		t.Errorf("%+v", b)
	}
	l := p.Limits
	if l[0].Policy.Burst != 5 || l[0].Policy.Initial != 0 || l[0].Policy.Rate.String() != "10/s" || *l[1].Policy.Adaptive != (policy.Adaptive{Min: 2, Max: 200}) || l[2].Policy.Concurrency != 3 || l[2].Policy.By == nil {
		t.Errorf("%+v", l)
	}
}
