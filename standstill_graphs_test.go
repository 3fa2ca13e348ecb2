package flowrun_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/runtime/plan"
)

// maze is a pipeline that is drawn step by step, with branches that part and meet wherever they like.
type maze struct {
	t     *rapid.T
	lines []string
	open  []string // what may be read
	read  map[string]bool
}

// add adds a step and gives its id.
func (m *maze) add(format string, args ...any) string {
	id := fmt.Sprintf("s%d", len(m.lines))
	m.lines = append(m.lines, fmt.Sprintf("  - {id: %s, %s}!\n", id, fmt.Sprintf(format, args...)))
	m.open = append(m.open, id)
	return id
}

// pick draws a stream to read.
func (m *maze) pick() string {
	id := rapid.SampledFrom(m.open).Draw(m.t, "stream")
	m.read[id] = true
	return id
}

func (m *maze) number(most int) int { return rapid.IntRange(1, most).Draw(m.t, "number") }

// step draws a step with one input.
func (m *maze) step() {
	in, n := m.pick(), m.number(6)
	text := rapid.SampledFrom([]string{
		"map: it", "map: it", "some: N", "some: {k: N, more: true}", "chunks: N", "chunks: {size: N, timeout: 2ms}", "take: N", "take: 2N", "skip: N", "sort: {}", "count: {}",
		"distinct: {}", "buffer: N", "buffer: 2N", "buffer: {size: N, overflow: drop_oldest}", "buffer: {size: N, bytes: 10}", "wait: N", "wait: N, concurrency: N",
		"wait: N, concurrency: {max: N, order: completion}", "delay: Nms", "conflate: {}", "debounce: Nms", "each: [{map: it}, {wait: N}], concurrency: 2", "each: [{some: N}, {wait: 1}]",
		"flat_map: {steps: [{some: {k: N, more: true}}, {wait: 1}], mode: merge}", "group_by: {key: 1, steps: [{buffer: 1}, {wait: 1}]}", "any: false", "scan: {init: 0, next: acc + 1}",
		"map: it, when: \"false\"", "sort: {}, when: \"false\"",
	}).Draw(m.t, "step")
	m.add("from: [%s], %s", in, strings.ReplaceAll(text, "N", fmt.Sprint(n)))
}

// fork draws a step with several outputs.
func (m *maze) fork() {
	in := m.pick()
	kind := rapid.SampledFrom([]string{"balance: 2", "partition: {n: 2, by: string(it)}"}).Draw(m.t, "fork")
	id := m.add("from: [%s], %s", in, kind)
	m.open = append(m.open[:len(m.open)-1], id+".0", id+".1")
}

// join draws a step with several inputs.
func (m *maze) join() {
	var in []string
	for range rapid.IntRange(2, 3).Draw(m.t, "inputs") {
		if id := rapid.SampledFrom(m.open).Draw(m.t, "stream"); !slices.Contains(in, id) {
			in = append(in, id)
		}
	}
	if len(in) < 2 {
		return
	}
	kind := rapid.IntRange(0, 7).Draw(m.t, "join")
	if kind == 6 {
		in = in[:2]
	}
	for _, id := range in {
		m.read[id] = true
	}
	all, n := strings.Join(in, ", "), m.number(5)
	switch kind {
	case 0, 1:
		m.add("zip: {inputs: [%s], end: %s}", all, rapid.SampledFrom([]string{"any", "all"}).Draw(m.t, "end"))
	case 2:
		m.add("interleave: {inputs: [%s], k: %d}", all, n)
	case 3:
		m.add("concat: [%s]", all)
	case 4:
		m.add("merge: [%s]", all)
	case 5:
		m.add("zip_latest: [%s]", all)
	case 6:
		m.add("from: [%s], join: {with: %s, on: it == other}", in[0], in[1])
	case 7:
		m.add("merge_sorted: {inputs: [%s], by: 1}", all)
	}
}

// pair draws branches that are zipped by lineage.
func (m *maze) pair() {
	in := m.pick()
	if strings.Contains(in, ".") {
		in = m.add("from: [%s], map: it", in)
		m.read[in] = true
	}
	var ends []string
	for range 2 {
		end := m.add("from: [%s], %s", in, rapid.SampledFrom([]string{
			"map: it", "distinct: {}", "wait: 2, concurrency: {max: 3, order: completion}", "skip: 2", "take: 5", "buffer: 2", "map: it, when: \"false\"",
		}).Draw(m.t, "branch"))
		m.read[end] = true
		ends = append(ends, end)
	}
	m.add("zip: {inputs: [%s], align: lineage}", strings.Join(ends, ", "))
}

// nest draws a step with branches of its own.
func (m *maze) nest() {
	in := m.pick()
	branch := func() string {
		text := rapid.SampledFrom([]string{"map: it", "some: N", "chunks: N", "wait: 1", "buffer: N", "sort: {}", "take: N", "delay: 1ms"}).Draw(m.t, "branch")
		return strings.ReplaceAll(text, "N", fmt.Sprint(m.number(4)))
	}
	around := rapid.SampledFrom([]string{
		"each: [%s], concurrency: 2", "flat_map: {steps: [%s]}", "flat_map: {mode: merge, steps: [%s]}", "flat_map: {mode: ordered, steps: [%s]}", "group_by: {key: 1, steps: [%s]}",
	}).Draw(m.t, "around")
	join := rapid.SampledFrom([]string{"zip: [a, b]", "interleave: {inputs: [a, b], k: 3}", "concat: [a, b]", "merge: [a, b]", "{from: a, join: {with: b, on: it == other}}"}).Draw(m.t, "join")
	many := rapid.SampledFrom([]string{"map: it", "some: {k: 1, more: true}", "flat_map: 1..30"}).Draw(m.t, "many")
	m.add("from: [%s], %s", in, fmt.Sprintf(around, fmt.Sprintf("{id: i, %s}, {id: a, %s}, {id: b, from: i, %s}, %s", many, branch(), branch(), join)))
}

// draw draws a pipeline, with a `!` at the end of each step.
func draw(t *rapid.T) string {
	m := &maze{t: t, read: map[string]bool{}}
	text := fmt.Sprintf("defaults: {buffer: %d}\nsources:\n", rapid.IntRange(0, 3).Draw(t, "buffer"))
	for i := range rapid.IntRange(1, 2).Draw(t, "sources") {
		id, n := fmt.Sprintf("in%d", i), rapid.IntRange(0, 50).Draw(t, "items")
		if rapid.Bool().Draw(t, "known") {
			text += fmt.Sprintf("  %s: {range: {from: 1, to: %d}}\n", id, n)
		} else {
			text += fmt.Sprintf("  %s: {stream: {n: %d, ms: %d}}\n", id, n, rapid.IntRange(0, 2).Draw(t, "ms"))
		}
		m.open = append(m.open, id)
	}
	for range rapid.IntRange(2, 9).Draw(t, "steps") {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			m.fork()
		case 1, 2, 3:
			m.join()
		case 4:
			m.pair()
		case 5:
			m.nest()
		default:
			m.step()
		}
	}
	m.step()
	text += "steps:\n" + strings.Join(m.lines, "") + "sinks:\n"
	for i, id := range m.open {
		if !m.read[id] {
			text += fmt.Sprintf("  out%d: {from: [%s], discard: {}}\n", i, id)
		}
	}
	return text
}

// TestWhatBreaksNoRuleNeverHangs draws graphs. One that breaks none of the rules must come to its end, however fast its parts
// are. Of those that do break one, some must hang, or the test tells nothing.
func TestWhatBreaksNoRuleNeverHangs(t *testing.T) {
	clean, broken, hung := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		text := draw(rt)
		p, rules := checked(t, strings.ReplaceAll(text, "!", ""))
		if len(rules) > 0 {
			broken++
			p, _ = checked(t, force(text))
		} else {
			clean++
		}
		opt := plan.Options{Unfused: rapid.Bool().Draw(rt, "unfused"), Workers: rapid.IntRange(1, 2).Draw(rt, "workers")}
		stuck := ""
		synctest.Test(t, func(t *testing.T) {
			for range 3 {
				if rep := ended(t, p, opt); rep.ExitCode == 5 {
					stuck = rep.Error
				}
			}
		})
		switch {
		case stuck == "":
		case len(rules) == 0:
			rt.Fatalf("%s\nit breaks no rule, and: %s", text, stuck)
		default:
			hung++
		}
	})
	t.Logf("%d break no rule; of %d that break one, %d hang", clean, broken, hung)
	if clean == 0 || hung == 0 {
		t.Errorf("%d break no rule; of %d that break one, %d hang: that tells nothing", clean, broken, hung)
	}
}
