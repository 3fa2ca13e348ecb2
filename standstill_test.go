package flowrun_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// some lets all but every kth item pass, whatever they are; with more, it gives some twice instead.
type some struct {
	opt *someOptions
	n   int64
}

type someOptions struct {
	K    int64 `flow:"k,short,required"`
	More bool  `flow:"more"`
}

func (s *some) Process(it flow.Item, emit flow.Emit) error {
	s.n++
	switch hit := s.n%s.opt.K == 0; {
	case hit && s.opt.More:
		if err := emit(it); err != nil {
			return err
		}
	case hit:
		return nil
	}
	return emit(it)
}

// wait takes up to so many milliseconds for a call.
type wait struct{ opt *waitOptions }

type waitOptions struct {
	Ms int `flow:"ms,short,required"`
}

func (w wait) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	err := sleepFor(ctx, rand.IntN(w.opt.Ms+1))
	return []flow.Item{it}, err
}

// feed is a source of which nobody knows how long it is.
type feed struct{ opt *feedOptions }

type feedOptions struct {
	N  int64 `flow:"n,short,required"`
	Ms int   `flow:"ms"`
}

func (s feed) Read(ctx context.Context, emit flow.Emit) error {
	for i := range s.opt.N {
		if err := sleepFor(ctx, rand.IntN(s.opt.Ms+1)); err != nil {
			return err
		}
		if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
			return err
		}
	}
	return nil
}

func sleepFor(ctx context.Context, ms int) error {
	if ms == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var standing = flowrun.Registry(
	&flow.Component{Name: "some", Maker: flow.Makes(func(o *someOptions, _ *flow.Env) (flow.Op, error) { return &some{opt: o}, nil })},
	&flow.Component{Name: "wait", Traits: flow.Traits{One: true}, Maker: flow.Makes(func(o *waitOptions, _ *flow.Env) (flow.Call, error) { return wait{o}, nil })},
	&flow.Component{Name: "stream", Maker: flow.Makes(func(o *feedOptions, _ *flow.Env) (flow.Source, error) { return feed{o}, nil })},
)

// forced is the comment that lets a step through that may bring the run to a standstill.
const forced = " # flowrun: ignore D01, D02, D03 because it is forced"

// checked loads a pipeline and gives the rules that it breaks.
func checked(t testing.TB, pipeline string) (p *graph.Plan, broken []string) {
	t.Helper()
	p, _, list := dsl.Load("test.yaml", []byte(pipeline), dsl.Settings{Registry: standing})
	for _, d := range list {
		switch {
		case strings.HasPrefix(d.Code, "D0"):
			if !slices.Contains(broken, d.Code) {
				broken = append(broken, d.Code)
			}
		case d.Severity == diag.Error:
			t.Fatalf("%s\n%v", pipeline, d)
		}
	}
	return p, broken
}

// ended runs a plan and gives how it ended.
func ended(t testing.TB, p *graph.Plan, opt plan.Options) metrics.Report {
	t.Helper()
	r, err := runtime.Start(context.Background(), p, runtime.Options{Plan: opt})
	if err != nil {
		t.Fatal(err)
	}
	return r.Wait()
}

// TestWitnesses has, for each rule, pipelines that break it and do stand still when they are forced.
func TestWitnesses(t *testing.T) {
	for name, c := range map[string]struct{ rule, pipeline, circle string }{
		"zip with a filter": {"D01", `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: odd, filter: it % 20 == 1}
  - zip: [n, odd]!
`, "stream … n waits to send to zip: its buffer of 4 is full; zip waits for an item of odd; odd waits for an item of stream … n"},
		"zip of the outputs of a route": {"D01", `
source: {stream: 100}
steps:
  - {id: r, route: {cases: {small: it < 50}}}
  - zip: [r.small, r.else]!
`, "stream … r waits to send to zip: its buffer of 4 is full; zip waits for an item of stream … r"},
		"zips of two sources": {"D01", `
sources: {s: {stream: 100}, t: {stream: 100}}
steps:
  - {id: few, from: t, filter: it % 20 == 1}
  - {id: x, zip: [s, t]!}
  - {id: y, zip: [s, few]!}
  - merge: [x, y]
`, "t waits to send to x: its buffer of 4 is full; x waits for an item of s; s waits to send to y: its buffer of 4 is full; y waits for an item of few; few waits for an item of t"},
		"interleave of many at a time": {"D02", `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: a, map: it}
  - {id: b, from: n, map: it}
  - interleave: {inputs: [a, b], k: 11}!
`, "stream … n waits to send to b: its buffer of 4 is full; b waits to send to interleave: its buffer of 4 is full; interleave waits for an item of a; a waits for an item of stream … n"},
		"zip with a sorted branch": {"D02", `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: sorted, sort: it}
  - zip: [sorted, n]!
`, "stream … n waits to send to zip: its buffer of 4 is full; zip waits for an item of sorted; sorted waits for an item of stream … n"},
		"concat": {"D03", `
source: {stream: 100}
steps:
  - {id: a, map: it}
  - {id: b, from: stream, map: it}
  - concat: [a, b]!
`, "stream waits to send to b: its buffer of 4 is full; b waits to send to concat: its buffer of 4 is full; concat waits for an item of a; a waits for an item of stream"},
		"concat, with a call that works ahead": {"D03", `
source: {stream: 100}
steps:
  - {id: a, map: it}
  - {id: b, from: stream, wait: 3, concurrency: 2}
  - concat: [a, b]!
`, "stream waits to send to b: its buffer of 4 is full; b waits to send to concat: its buffer of 4 is full; concat waits for an item of a; a waits for an item of stream"},
		"merge_sorted": {"D03", `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: later, map: it + 50}
  - merge_sorted: [n, later]!
`, "stream … n waits to send to later: its buffer of 4 is full; later waits to send to merge_sorted: its buffer of 4 is full; merge_sorted waits for an item of stream … n"},
		"join with a table": {"D03", `
source: {stream: 100}
steps:
  - {id: n, map: it}
  - {id: known, filter: it % 3 == 0}
  - {from: n, join: {with: known, on: it == other}!}
`, "stream … n waits to send to join: its buffer of 4 is full; join waits for an item of known; known waits for an item of stream … n"},
		"concats the other way round": {"D03", `
sources: {s: {stream: 100}, t: {stream: 100}}
steps:
  - {id: x, concat: [s, t]!}
  - {id: y, concat: [t, s]!}
  - merge: [x, y]
`, "s waits to send to y: its buffer of 4 is full; y waits for an item of t; t waits to send to x: its buffer of 4 is full; x waits for an item of s"},
		"what failed": {"D03", `
source: {stream: 100}
steps:
  - {id: a, map: "it < 50 ? int('x') : it", on_error: {to: bad}}
  - {id: bad, map: it.error.type}
  - concat: [a, bad]!
`, "stream … a waits to send to bad: its buffer of 4 is full; bad waits to send to concat: its buffer of 4 is full; concat waits for an item of stream … a"},
		"within a group": {"D03", `
source: {stream: 100}
steps:
  - group_by:
      key: 1
      steps:
        - {id: m, map: it}
        - {id: n, map: it}
        - concat: [m, n]!
`, "group_by/m waits to send to group_by/n: its buffer of 4 is full; group_by/n waits to send to group_by/concat: its buffer of 4 is full; group_by/concat waits for an item of group_by/m"},
	} {
		t.Run(name, func(t *testing.T) {
			text := "defaults: {buffer: 4}" + c.pipeline
			if _, broken := checked(t, strings.ReplaceAll(text, "!", "")); !slices.Equal(broken, []string{c.rule}) {
				t.Fatalf("it breaks %v, and should break %s", broken, c.rule)
			}
			p, _ := checked(t, force(text))
			synctest.Test(t, func(t *testing.T) {
				rep := ended(t, p, plan.Options{Workers: 1})
				if got := circle(rep); rep.ExitCode != 5 || got != c.circle {
					t.Errorf("exit %d %s\ngot  %s\nwant %s", rep.ExitCode, rep.Error, got, c.circle)
				}
			})
		})
	}
}

// TestWitnessOfAPermit has a step that holds all permits of a limit which the steps within it wait for: D05, forced by giving
// them the same limit after the check.
func TestWitnessOfAPermit(t *testing.T) {
	p, _ := checked(t, `
limits: {a: {concurrency: 2}, b: {concurrency: 2}}
source: {stream: 100}
steps:
  - each: [{wait: 3, limits: b}]
    limits: a
    concurrency: 5
`)
	p.Walk(func(n *graph.Node) {
		for i := range n.Rules.Limits {
			n.Rules.Limits[i].Limit = p.Limits[0].Policy
		}
	})
	synctest.Test(t, func(t *testing.T) {
		rep := ended(t, p, plan.Options{})
		want := "each waits for its own steps; each/wait waits for the limit `a`"
		if got := circle(rep); rep.ExitCode != 5 || got != want {
			t.Errorf("exit %d %s\ngot  %s\nwant %s", rep.ExitCode, rep.Error, got, want)
		}
	})
}

// circle gives who waits for whom.
func circle(rep metrics.Report) string {
	var all []string
	for _, w := range rep.Deadlock {
		all = append(all, w.Text)
	}
	return strings.Join(all, "; ")
}

// force lets the steps through that are marked by `!`.
func force(pipeline string) string {
	var lines []string
	for line := range strings.Lines(pipeline) {
		if marked := strings.Contains(line, "!"); marked {
			line = strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "!", "") + forced + "\n"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "")
}
