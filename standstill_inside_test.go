package flowrun_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/plan"
)

// TestJustInside runs pipelines that keep the rules by a hair: buffers are as small as the rules let them be, and everything else
// is as it comes. None may ever hang.
func TestJustInside(t *testing.T) {
	const runs = 10_000
	templates := map[string]string{
		"D01": `
source: {stream: {n: N, ms: M}}
steps:
  - {id: n, map: it}
  - {id: a, wait: M, concurrency: C}
  - {chunks: K}
  - {id: x, map: it}
  - {from: n, map: it}
  - {id: y, chunks: K}
  - zip: [x, y]
`,
		"D02, many at a time": `
source: {stream: {n: N, ms: M}}
steps:
  - {id: n, map: it}
  - {id: a, wait: M, concurrency: C}
  - {from: n, buffer: auto}
  - {id: b, wait: M}
  - interleave: {inputs: [a, b], k: K}
`,
		"D02, all before one": `
source: {range: {from: 1, to: N}}
steps:
  - {id: n, map: it}
  - {id: a, wait: M}
  - {id: sorted, sort: it}
  - {id: b, from: n, buffer: auto}
  - zip: [sorted, b]
`,
		"D03, one after the other": `
source: {range: {from: 1, to: N}}
steps:
  - {id: n, map: it}
  - {id: a, some: K}
  - {from: n, buffer: auto}
  - {id: b, wait: M, concurrency: {max: C, order: completion}}
  - concat: [a, b]
`,
		"D03, a table": `
source: {range: {from: 1, to: N}}
steps:
  - {id: n, map: it}
  - {id: known, wait: M, concurrency: C}
  - {id: b, from: n, buffer: auto}
  - {from: b, join: {with: known, on: it == other}}
`,
		"D03, sorted": `
source: {range: {from: 1, to: N}}
steps:
  - {id: a, buffer: auto}
  - {id: x, map: it}
  - {from: range, buffer: auto}
  - {id: y, map: it + 1000}
  - merge_sorted: [x, y]
`,
		"D03, cut short": `
source: {stream: {n: N, ms: M}}
steps:
  - {id: n, map: it}
  - {id: head, take: K}
  - {from: n, buffer: auto}
  - {id: b, wait: M}
  - concat: [head, b]
`,
		"D05": `
limits: {p: {concurrency: 2}, q: {concurrency: 1}}
source: {stream: {n: N}}
steps:
  - each: [{wait: M, limits: q}]
    limits: p
    concurrency: C
`,
	}
	const variants = 25
	for name, template := range templates {
		tight, hung := false, false // whether anything smaller was tried, and hung
		for range variants {
			n, k := 1+rand.IntN(30), 1+rand.IntN(6)
			text := strings.NewReplacer("N", fmt.Sprint(n), "K", fmt.Sprint(k), "M", fmt.Sprint(rand.IntN(3)), "C", fmt.Sprint(1+rand.IntN(4))).Replace(template)
			text = fmt.Sprintf("defaults: {buffer: %d}", rand.IntN(3)) + text
			p := sized(t, text)
			opt := plan.Options{Unfused: rand.IntN(2) == 0, Workers: 1 + rand.IntN(2)}
			synctest.Test(t, func(t *testing.T) {
				for range runs / variants / len(templates) {
					if rep := ended(t, p, opt); rep.ExitCode != 0 {
						t.Fatalf("%s\n%s\nexit %d %s", name, text, rep.ExitCode, rep.Error)
					}
				}
			})
			for _, n := range p.Nodes {
				if o, ok := n.Options.(*flow.BufferOptions); ok && n.Chosen != "" && o.Size > 2 && !hung {
					tight = true
					o.Size -= 2
					synctest.Test(t, func(t *testing.T) { hung = ended(t, p, plan.Options{Workers: 1}).ExitCode == 5 })
					o.Size += 2
				}
			}
		}
		if strings.Contains(template, "auto") && !(tight && hung) {
			t.Errorf("%s: with room for two items less it did not hang: the rule asks for too much", name)
		}
	}
}

// sized loads a pipeline that keeps the rules. A buffer that need hold nothing for their sake holds one item.
func sized(t *testing.T, text string) *graph.Plan {
	t.Helper()
	for range 3 {
		p, _, list := dsl.Load("test.yaml", []byte(text), dsl.Settings{Registry: standing})
		if p != nil {
			return p
		}
		for _, d := range list {
			if d.Code != "FR208" || !strings.Contains(d.Message, "nor do branches meet here") {
				t.Fatalf("%s\n%v", text, d)
			}
		}
		line := list[0].Range.Start.Line
		lines := strings.SplitAfter(text, "\n")
		lines[line-1] = strings.Replace(lines[line-1], "auto", "1", 1)
		text = strings.Join(lines, "")
	}
	t.Fatal(text)
	return nil
}
