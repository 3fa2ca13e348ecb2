package runtime_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/runtime/plan"
)

// A pipeline is drawn together with its meaning: each step says in YAML what it does to items, and in Go what that makes
// of the list of them all. Items are integers.

// stream is what a source or a step gives.
type stream struct {
	id      string
	items   []int64
	ordered bool                         // they come in this order
	sources map[string]bool              // that it comes from
	of      func(source []int64) []int64 // what it would be of another source, of a chain
}

// step is something that may be done to a stream.
type step struct {
	yaml  string
	means func([]int64) []int64
	order string // "keeps" it, "needs" it (the result depends on it), "loses" it, "makes" one of none
}

// each makes the meaning of a step that looks at one item alone.
func each(f func(i int64) []int64) func([]int64) []int64 {
	return func(in []int64) (out []int64) {
		for _, i := range in {
			out = append(out, f(i)...)
		}
		return out
	}
}

func only(ok bool, i int64) []int64 {
	if ok {
		return []int64{i}
	}
	return nil
}

// anyStep draws a step.
func anyStep(t *rapid.T) step {
	k := rapid.Int64Range(1, 7).Draw(t, "k")
	n := int(k)
	total := func(in []int64) (sum int64) {
		for _, i := range in {
			sum += i
		}
		return sum
	}
	return rapid.SampledFrom([]step{
		{"map: (it * 3 + 1) % 1000", each(func(i int64) []int64 { return []int64{(i*3 + 1) % 1000} }), "keeps"},
		{fmt.Sprintf("filter: it %% %d != 0", k+1), each(func(i int64) []int64 { return only(i%(k+1) != 0, i) }), "keeps"},
		{"flat_map: \"[it, it + 1]\"", each(func(i int64) []int64 { return []int64{i, i + 1} }), "keeps"},
		{"map: -it\n    when: it % 2 == 0", each(func(i int64) []int64 {
			if i%2 == 0 {
				return []int64{-i}
			}
			return []int64{i}
		}), "keeps"},
		{fmt.Sprintf("map: \"it %% %d == 0 ? 1 %% (it - it) : it\"\n    on_error: skip", k+1), each(func(i int64) []int64 { return only(i%(k+1) != 0, i) }), "keeps"},
		{fmt.Sprintf("map: \"it %% %d == 0 ? 1 %% (it - it) : it\"\n    on_error: {value: -7}", k+1), each(func(i int64) []int64 {
			if i%(k+1) == 0 {
				return []int64{-7}
			}
			return []int64{i}
		}), "keeps"},
		{fmt.Sprintf("take: %d", n-1), func(in []int64) []int64 { return in[:min(n-1, len(in))] }, "needs"},
		{fmt.Sprintf("take: %d", 5*n), func(in []int64) []int64 { return in[:min(5*n, len(in))] }, "needs"},
		{fmt.Sprintf("skip: %d", n), func(in []int64) []int64 { return in[min(n, len(in)):] }, "needs"},
		{fmt.Sprintf("take_while: it < %d", 20*k), func(in []int64) []int64 {
			for i, x := range in {
				if x >= 20*k {
					return in[:i]
				}
			}
			return in
		}, "needs"},
		{fmt.Sprintf("chunks: %d\n  - map: sum(it)", n), func(in []int64) (out []int64) {
			for chunk := range slices.Chunk(in, n) {
				out = append(out, total(chunk))
			}
			return out
		}, "needs"},
		{fmt.Sprintf("distinct: it %% %d", k), func(in []int64) (out []int64) {
			seen := map[int64]bool{}
			for _, i := range in {
				if !seen[i%k] {
					seen[i%k] = true
					out = append(out, i)
				}
			}
			return out
		}, "needs"},
		{fmt.Sprintf("changes: it %% %d", k), func(in []int64) (out []int64) {
			for n, i := range in {
				if n == 0 || i%k != in[n-1]%k {
					out = append(out, i)
				}
			}
			return out
		}, "needs"},
		{"scan: {init: 0, next: acc + it}", func(in []int64) (out []int64) {
			sum := int64(0)
			for _, i := range in {
				sum += i
				out = append(out, sum)
			}
			return out
		}, "needs"},
		{"fold: {init: 0, next: acc + it}", func(in []int64) []int64 { return []int64{total(in)} }, "makes"},
		{"sort: {}", func(in []int64) []int64 { return slices.Sorted(slices.Values(in)) }, "makes"},
		{fmt.Sprintf("buffer: %d", n), func(in []int64) []int64 { return in }, "keeps"},
		{fmt.Sprintf("work: {ms: %d}\n    concurrency: {max: %d, window: %d}", 3*k, n, n+n/2), func(in []int64) []int64 { return in }, "keeps"},
		{fmt.Sprintf("work: {ms: %d}\n    concurrency: {max: %d, order: completion}", 5*k, n+1), func(in []int64) []int64 { return in }, "loses"},
		{fmt.Sprintf("work: {ms: 4}\n    concurrency: {max: %d, order: key, key: it %% 3}", n+1), func(in []int64) []int64 { return in }, "loses"},
		{fmt.Sprintf("work: {ms: %d, bad: %d}\n    concurrency: %d\n    on_error: skip", k, k+1, n), each(func(i int64) []int64 { return only(i%(k+1) != 0, i) }), "keeps"},
	}).Draw(t, "step")
}

// sketch is a pipeline file that is being drawn, with what its sinks must get.
type sketch struct {
	t                     *rapid.T
	head                  string
	sources, steps, sinks []string
	free                  []stream // not read yet
	given                 int      // items of the last source
	want                  map[string]stream
	each                  bool // no step is drawn that loses the order, or gives a total
}

func (s *sketch) name(kind string) string {
	return fmt.Sprintf("%s%d", kind, len(s.sources)+len(s.steps)+len(s.sinks))
}

// source draws a source. One that waits gives an item now and then; another gives all at once.
func (s *sketch) source() stream {
	n := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, 40), rapid.IntRange(200, 1200)).Draw(s.t, "items")
	s.given = n
	id := s.name("in")
	waits := rapid.Bool().Draw(s.t, "waits")
	out := stream{id: id, ordered: true, sources: map[string]bool{id: true}, of: func(in []int64) []int64 { return in }}
	for i := range n {
		out.items = append(out.items, int64(i+1))
	}
	if waits {
		s.sources = append(s.sources, fmt.Sprintf("%s: {feed: {n: %d, ms: %d}}", id, n, rapid.IntRange(0, 5).Draw(s.t, "ms")))
	} else {
		s.sources = append(s.sources, fmt.Sprintf("%s: {range: {from: 1, to: %d}}", id, n))
	}
	return out
}

// extend draws some steps behind a stream.
func (s *sketch) extend(in stream, most int) stream {
	for range rapid.IntRange(0, most).Draw(s.t, "steps") {
		step := anyStep(s.t)
		if step.order == "needs" && !in.ordered || s.each && (step.order == "loses" || step.order == "makes") {
			continue
		}
		out := stream{id: s.name("step"), items: step.means(in.items), ordered: in.ordered, sources: in.sources}
		before := in.of
		out.of = func(source []int64) []int64 { return step.means(before(source)) }
		switch step.order {
		case "loses":
			out.ordered = false
		case "makes":
			out.ordered = true
		}
		// A step may be written as two: the first reads what is above, the last has the name.
		first, last, two := strings.Cut(step.yaml, "\n  - ")
		if two {
			s.steps = append(s.steps, fmt.Sprintf("  - from: [%s]\n    %s\n  - id: %s\n    %s\n", in.id, first, out.id, last))
		} else {
			s.steps = append(s.steps, fmt.Sprintf("  - id: %s\n    from: [%s]\n    %s\n", out.id, in.id, step.yaml))
		}
		in = out
	}
	return in
}

// join draws a join of two streams: concat of what have no source in common, else merge.
func (s *sketch) join(a, b stream) stream {
	out := stream{id: s.name("join"), items: slices.Concat(a.items, b.items), sources: map[string]bool{}}
	apart := true
	for id := range a.sources {
		out.sources[id] = true
		apart = apart && !b.sources[id]
	}
	for id := range b.sources {
		out.sources[id] = true
	}
	kind := "merge"
	if apart && rapid.Bool().Draw(s.t, "concat") {
		kind, out.ordered = "concat", a.ordered && b.ordered
	}
	s.steps = append(s.steps, fmt.Sprintf("  - id: %s\n    %s: [%s, %s]\n", out.id, kind, a.id, b.id))
	return out
}

func (s *sketch) sink(in stream) {
	id := s.name("out")
	s.sinks = append(s.sinks, fmt.Sprintf("  %s:\n    from: [%s]\n    memo: {name: %s, ms: %d}\n", id, in.id, id, rapid.IntRange(0, 3).Draw(s.t, "sink ms")))
	s.want[id] = in
}

// chain draws one source, some steps and a sink.
func (s *sketch) chain() stream {
	out := s.extend(s.source(), 6)
	s.sink(out)
	return out
}

// net draws up to three sources, branches and joins.
func net(t *rapid.T) *sketch {
	s := &sketch{t: t, want: map[string]stream{}}
	for range rapid.IntRange(1, 3).Draw(t, "sources") {
		s.free = append(s.free, s.extend(s.source(), 3))
	}
	for range rapid.IntRange(0, 4).Draw(t, "moves") {
		i := rapid.IntRange(0, len(s.free)-1).Draw(t, "stream")
		switch a := s.free[i]; {
		case rapid.Bool().Draw(t, "branch"):
			s.free = append(s.free, s.extend(a, 3)) // read by two now
		case len(s.free) > 1:
			j := (i + 1) % len(s.free)
			if s.free[j].id == a.id {
				continue
			}
			joined := s.extend(s.join(a, s.free[j]), 3)
			s.free = slices.DeleteFunc(s.free, func(x stream) bool { return x.id == a.id || x.id == s.free[j].id })
			s.free = append(s.free, joined)
		}
	}
	for _, in := range s.free {
		s.sink(in)
	}
	return s
}

func (s *sketch) yaml() string {
	text := s.head + "sources:\n"
	for _, x := range s.sources {
		text += "  " + x + "\n"
	}
	if len(s.steps) > 0 {
		text += "steps:\n" + strings.Join(s.steps, "")
	}
	return text + "sinks:\n" + strings.Join(s.sinks, "")
}

// anyPlan draws how a plan is arranged, which must not change what it computes.
func anyPlan(t *rapid.T) arranged {
	return arranged{
		Options: plan.Options{
			Unfused:  rapid.Bool().Draw(t, "unfused"),
			Capacity: rapid.SampledFrom([]int{0, 1, 2, 3, 16}).Draw(t, "capacity"),
			Workers:  rapid.IntRange(1, 3).Draw(t, "workers"),
		},
		heavy: rapid.Bool().Draw(t, "heavy"),
	}
}
