package flowrun_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// TestStepsWithinSteps runs steps within steps by call and in goroutines, which must not differ.
func TestStepsWithinSteps(t *testing.T) {
	for name, c := range map[string]struct{ pipeline, want string }{
		"each": {`
source: {range: {from: 1, to: 4}}
steps:
  - each:
      - flat_map: "1..it"
      - filter: it % 2 == 1
      - fold: {init: 0, next: acc + it}
`, "1 1 4 4"},
		"each gives nothing": {`
source: {range: {from: 1, to: 3}}
steps:
  - each: [{filter: it == 2}]
`, "2"},
		"each stops early": {`
source: {range: {from: 3, to: 4}}
steps:
  - each:
      - flat_map: "1..1000"
      - skip: 1
      - take: 2
      - collect: {}
`, "[2,3] [2,3]"},
		"each in each": {`
source: {items: [2, 3]}
steps:
  - each:
      - flat_map: "1..it"
      - each:
          - flat_map: "1..it"
          - count: {}
      - collect: {}
`, "[1,2] [1,2,3]"},
		"into": {`
source: {items: [{n: 2}]}
steps:
  - each:
      - flat_map: "1..it.n"
      - collect: {}
    into: all
`, `{"n":2,"all":[1,2]}`},
		"when": {`
source: {range: {from: 1, to: 3}}
steps:
  - flat_map: {steps: [{map: it * 10}]}
    when: it != 2
`, "10 2 30"},
		"branches within": {`
source: {range: {from: 1, to: 2}}
steps:
  - each:
      - {id: in, map: it}
      - {id: ten, map: it * 10}
      - {from: in, id: neg, map: "-it"}
      - concat: [ten, neg]
`, "10 -1 20 -2"},
		"group_by": {`
source: {range: {from: 1, to: 7}}
steps:
  - group_by:
      key: it % 3
      steps:
        - take: 2
        - fold: {init: 0, next: acc + it}
        - map: "[key, it]"
  - sort: {}
`, "[0,9] [1,5] [2,7]"},
		"group_by in group_by": {`
source: {range: {from: 1, to: 8}}
steps:
  - group_by:
      key: it % 2
      steps:
        - group_by:
            key: it % 4
            steps: [{collect: {}}, {map: "[key, it]"}]
        - map: "[key, it]"
  - sort: {}
`, "[0,[0,[4,8]]] [0,[2,[2,6]]] [1,[1,[1,5]]] [1,[3,[3,7]]]"},
		"each in group_by": {`
source: {range: {from: 1, to: 4}}
steps:
  - group_by:
      key: it % 2
      steps:
        - each: [{count: {}}, {map: key * 10 + it}]
        - collect: {}
  - sort: {}
`, "[1,1] [11,11]"},
		"failures within": {`
source: {range: {from: 1, to: 4}}
steps:
  - flat_map: {steps: [{map: 12 / (it - 2)}, {map: int(it)}]}
    on_error: {value: "'none'"}
`, `-12 "none" 12 6`},
		"failures skipped within": {`
source: {range: {from: 1, to: 4}}
steps:
  - each:
      - flat_map: "1..it"
      - {map: "it == 2 ? int('x') : it", on_error: skip}
      - count: {}
`, "1 1 2 3"},
		"failures routed within": {`
source: {range: {from: 1, to: 2}}
steps:
  - each:
      - {id: risky, map: "it == 2 ? int('x') : it", on_error: {to: mend}}
      - {id: mend, map: it.item * 100}
      - merge: [risky, mend]
`, "1 200"},
	} {
		inEveryArrangement(t, name, c.pipeline, c.want)
	}
}

// TestModesOfFlatMap runs three items whose steps take 30, 10 and 25 ms, and come every 5 ms.
func TestModesOfFlatMap(t *testing.T) {
	for mode, want := range map[string]string{
		"mode: concat":          "30 31 10 11 25 26 after 65ms",
		"mode: merge, max: 3":   "10 11 30 31 25 26 after 35ms",
		"mode: merge, max: 2":   "10 11 30 31 25 26 after 40ms",
		"mode: merge, max: 1":   "30 31 10 11 25 26 after 65ms",
		"mode: ordered":         "30 31 10 11 25 26 after 35ms",
		"mode: ordered, max: 2": "30 31 10 11 25 26 after 55ms",
		"mode: latest":          "25 26 after 35ms",
	} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, rep := result(t, `
source: {items: [30, 10, 25]}
steps:
  - throttle: 1/5ms
  - flat_map: {`+mode+`, steps: [{sleep: "${it}ms"}, {flat_map: "[it, it + 1]"}]}
`, runtime.Options{})
				if got := got + " after " + rep.Elapsed.String(); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if s := step(rep, "flat_map"); strings.Contains(mode, "latest") && s.Cancelled != 2 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestFailureWithinAStepNamesItsPlace(t *testing.T) {
	for _, kind := range []string{"each: {", "flat_map: {", "group_by: {key: 1, "} {
		for _, arrangement := range arrangements {
			synctest.Test(t, func(t *testing.T) {
				_, rep := result(t, `
source: {range: {from: 1, to: 3}}
steps:
  - id: outer
    `+kind+`steps: [
      {map: it},
      {id: broken, map: "it == 2 ? int('x') : it"}]}
`, runtime.Options{Plan: arrangement})
				if rep.ExitCode != 1 || !strings.HasPrefix(rep.Error, "test.yaml:7:20: outer/broken: ") {
					t.Errorf("%s %+v: exit %d %s", kind, arrangement, rep.ExitCode, rep.Error)
				}
			})
		}
	}
}

func TestPanicWithinAStepNamesTheStepWithin(t *testing.T) {
	broken := &flow.Component{Name: "broken", Maker: flow.Makes(func(*struct{}, *flow.Env) (flow.Op, error) { return panics{}, nil })}
	for _, kind := range []string{"flat_map: {", "group_by: {key: 1, ", "each: {"} {
		for _, arrangement := range arrangements {
			synctest.Test(t, func(t *testing.T) {
				_, rep := result(t, `
source: {range: {from: 1, to: 3}}
steps:
  - `+kind+`steps: [{map: it}, {broken: {}}]}
`, runtime.Options{Plan: arrangement}, broken)
				if rep.ExitCode != 70 || !strings.Contains(rep.Error, "/broken: panic: oops") {
					t.Errorf("%s %+v: exit %d %s", kind, arrangement, rep.ExitCode, rep.Error)
				}
			})
		}
	}
}

type panics struct{}

func (panics) Process(flow.Item, flow.Emit) error { panic("oops") }

// TestStepsWithinAStepEndWithIt: what follows wants no more, in the middle of steps that would take hours.
func TestStepsWithinAStepEndWithIt(t *testing.T) {
	for _, kind := range []string{
		"each: {steps: &s [{sleep: \"${it == 1 ? 0 : 3600}s\"}]}, concurrency: {max: 4, order: completion}",
		"flat_map: {mode: merge, steps: [{sleep: \"${it == 1 ? 0 : 3600}s\"}]}",
		"group_by: {key: it, steps: [{sleep: \"${it == 1 ? 0 : 3600}s\"}]}",
	} {
		synctest.Test(t, func(t *testing.T) {
			got, rep := result(t, `
source: {generate: {state: 1, next: state + 1}}
steps:
  - {`+kind+`}
  - take: 1
`, runtime.Options{})
			if got != "1" || rep.Elapsed > time.Second || rep.ExitCode != 0 {
				t.Errorf("%s: %s after %v, exit %d %s", kind, got, rep.Elapsed, rep.ExitCode, rep.Error)
			}
		})
	}
}

func TestGroupsEndWhenIdle(t *testing.T) {
	for _, arrangement := range arrangements {
		synctest.Test(t, func(t *testing.T) {
			got, rep := result(t, `
source: {items: [1, 2, 1, 2, 2, 1]}
steps:
  - throttle: 1/s
  - group_by: {key: it, idle: 2500ms, steps: [{count: {}}, {map: "[key, it]"}]}
  - sort: {}
`, runtime.Options{Plan: arrangement})
			if got != "[1,1] [1,2] [2,3]" || rep.ExitCode != 0 {
				t.Errorf("%+v: %s, exit %d %s", arrangement, got, rep.ExitCode, rep.Error)
			}
		})
	}
}

func TestTooManyGroups(t *testing.T) {
	for _, arrangement := range arrangements {
		synctest.Test(t, func(t *testing.T) {
			_, rep := result(t, `
source: {range: {from: 1, to: 9}}
steps:
  - group_by: {key: it, max_groups: 3, steps: [{count: {}}]}
    on_error: skip
`, runtime.Options{Plan: arrangement})
			if rep.ExitCode != 1 || !strings.Contains(rep.Error, "more than the 3 groups") {
				t.Errorf("%+v: exit %d %s", arrangement, rep.ExitCode, rep.Error)
			}
			got, rep := result(t, `
source: {items: [1, 1, 2, 3, 1, 4, 2, 1]}
steps:
  - group_by: {key: it, max_groups: 3, overflow: evict, steps: [{collect: {}}]}
  - sort: {}
`, runtime.Options{Plan: arrangement})
			if got != "[1,1,1,1] [2] [2] [3] [4]" || rep.ExitCode != 0 {
				t.Errorf("%+v: %s, exit %d %s", arrangement, got, rep.ExitCode, rep.Error)
			}
		})
	}
}

// TestStopWithholdsTotalsOfGroups: a total over half of the input would look final.
func TestStopWithholdsTotalsOfGroups(t *testing.T) {
	for _, arrangement := range arrangements {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			r := begin(t, `
source: {interval: {every: 1s}}
steps:
  - group_by: {key: it.n % 2, steps: [{count: {}}]}
`, runtime.Options{Stdout: &out, Plan: arrangement})
			time.Sleep(4500 * time.Millisecond)
			r.Drain()
			rep := r.Wait()
			if out.Len() > 0 || rep.ExitCode != 0 || fmt.Sprint(rep.Withheld) != "[group_by/count]" {
				t.Errorf("%+v: %s, withheld %v, exit %d %s", arrangement, out.String(), rep.Withheld, rep.ExitCode, rep.Error)
			}
		})
	}
}

// TestStepsWithinStepsWithoutRoom: channels that hold nothing do not keep results from those that several instances give them to.
func TestStepsWithinStepsWithoutRoom(t *testing.T) {
	for _, step := range []string{
		"flat_map: {mode: concat, steps: [{sleep: 1ms}]}", "flat_map: {mode: merge, steps: [{sleep: 1ms}]}", "flat_map: {mode: ordered, steps: [{sleep: 1ms}]}",
		"group_by: {key: it % 2, steps: [{sleep: 1ms}]}", "group_by: {key: it % 2, steps: [{delay: 1ms}]}", "each: [{sleep: 1ms}]",
	} {
		synctest.Test(t, func(t *testing.T) {
			got, rep := result(t, "defaults: {buffer: 0}\nsource: {range: {from: 1, to: 5}}\nsteps:\n  - "+step+"\n  - sort: {}\n", runtime.Options{})
			if got != "1 2 3 4 5" || rep.ExitCode != 0 {
				t.Errorf("%s: %s, exit %d %s", step, got, rep.ExitCode, rep.Error)
			}
		})
	}
}
