package runtime_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// pieces reads a text a few bytes at a time, so that it comes in many small blocks. After so many reads it has something done.
type pieces struct {
	text  string
	rnd   *rand.Rand
	most  int
	after int
	do    func()
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.after--; p.after == 0 {
		p.do()
	}
	if p.text == "" {
		return 0, io.EOF
	}
	n := copy(b, p.text[:min(len(p.text), 1+p.rnd.IntN(p.most))])
	p.text = p.text[n:]
	return n, nil
}

// sharing is how a run over a text of lines went.
type sharing struct {
	out string
	rep metrics.Report
	err string
}

// share runs a pipeline over a text that comes in small pieces. It is drained after so many reads, if that is not zero.
func share(t *testing.T, text, input string, opt plan.Options, seed uint64, drain int, more ...*flow.Component) (s sharing) {
	t.Helper()
	p, err := load(text, more...)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "heavy") {
		p.Walk(func(n *graph.Node) { n.Weight = 1e6 })
	}
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		in := &pieces{text: input, rnd: rand.New(rand.NewPCG(seed, 1)), most: 600, after: drain}
		started := make(chan *runtime.Run, 1)
		in.do = func() { (<-started).Drain() }
		r, err := runtime.Start(t.Context(), p, runtime.Options{Stdin: in, Stdout: &out, Plan: opt})
		if err != nil {
			t.Fatal(err)
		}
		started <- r
		s.rep = r.Wait()
		if s.out = out.String(); r.Err() != nil {
			s.err = r.Err().Error()
		}
		if leaks := runtime.Leaks(r); len(leaks) > 0 {
			t.Errorf("%s\n%v", text, leaks)
		}
	})
	return s
}

// fates gives what became of all items.
func (s sharing) fates(t *rapid.T, text string) string {
	var b strings.Builder
	for _, x := range s.rep.Steps {
		if sum := x.Completed + x.Filtered + x.Dropped + x.Failures() + x.Fatal + x.Cancelled; x.In != sum || x.Cancelled < 0 || x.Completed < 0 || x.Held != 0 {
			t.Fatalf("%s\n%s: %d admitted, and fates of %d: %+v", text, x.ID, x.In, sum, x)
		}
		fmt.Fprintln(&b, x.ID, x.In, x.Out, x.Completed, x.Filtered, x.Skipped, x.Cancelled)
	}
	return b.String()
}

// lines draws lines of JSON, some of which are not.
func lines(t *rapid.T) []string {
	rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "lines"), 1))
	n, keys := rapid.IntRange(0, 600).Draw(t, "number"), rapid.IntRange(1, 200).Draw(t, "keys")
	odd := rapid.SampledFrom([]int{0, 0, 3, 100}).Draw(t, "odd ones in a thousand")
	var out []string
	for i := range n {
		x := fmt.Sprint(rnd.Float64() * 1e6)
		if rnd.IntN(1000) < odd {
			x = []string{`"no number"`, "9223372036854775807", "9223372036854775800", "1e300", "null", "oh"}[rnd.IntN(6)]
		}
		out = append(out, fmt.Sprintf(`{"n":%d,"k":"key %d","x":%s}`+"\n", i, rnd.IntN(keys), x))
	}
	return out
}

// totals reports whether a step gives its results at the end.
func totals(text string) bool {
	for _, name := range []string{"aggregate", "sort", "fold", "count: {}", "top", "collect:", "reduce"} {
		if strings.Contains(text, name) {
			return true
		}
	}
	return false
}

// In how many shards state is does not show: output, failure and fates are those of one core.
func TestShardsDoNotShow(t *testing.T) {
	steps := []string{
		"distinct: it.k", "distinct: {}", "distinct: it.n % 7", "{distinct: it.n / (it.n % 50), on_error: skip}", "distinct: 1 / (it.n - 333)",
		"distinct: {by: it.k, max_keys: 20}",
		"{aggregate: {by: it.k, values: {n: count(), x: sum(it.x)}}, on_error: skip}", "aggregate: {by: {k: it.k}, values: {x: sum(it.x), l: last(it.n)}}",
		"aggregate: {values: {n: count(), x: sum(it.x)}}", "aggregate: {by: {k: it.n % 3}, values: {n: count(), all: collect(it.k)}}",
		"filter: it.n % 3 != 1", "set: {m: it.n * 2}", "{set: {m: 1 / (it.n - 77)}, on_error: skip}", "set: {m: 1 / (it.n - 300)}",
		`flat_map: "[it, merge(it, {n: it.n + 1})]"`, `flat_map: "map(0..(it.n % 25), merge(it, {n: it.n + #}))"`, "take: 20", "{distinct: it.k, id: heavy}", "sort: it.n",
		"{fold: {init: 0, next: acc + it.x}, on_error: skip}", "fold: {init: 0, next: acc + it.n % (it.n - 400)}", "count: {}", "top: {n: 3, by: it.n}", "collect: {}",
		"reduce: \"{n: it.n, k: acc.k, x: acc.x}\"",
	}
	rapid.Check(t, func(rt *rapid.T) {
		text := "source: {stdin: {}" + rapid.SampledFrom([]string{"", ", on_error: skip"}).Draw(rt, "source") + "}\nsteps:\n"
		keepers := 0
		for i, s := range rapid.SliceOfN(rapid.SampledFrom(steps), 1, 4).Draw(rt, "steps") {
			text += "  - " + strings.Replace(s, "heavy", fmt.Sprintf("heavy%d", i), 1) + "\n"
			if strings.Contains(s, "distinct") || strings.Contains(s, "aggregate") || strings.Contains(s, "sort") || strings.Contains(s, "collect") {
				keepers++
			}
			if totals(s) && !strings.Contains(s, "sort") && !strings.Contains(s, "top") && !strings.Contains(s, "reduce") {
				break
			}
		}
		if keepers == 1 { // which of several comes too late for it, is a matter of how many items they take at a time
			text = rapid.SampledFrom([]string{"", "", "memory: 4KiB\n", "memory: 30KiB\n"}).Draw(rt, "memory") + text
		}
		if _, err := load(text); err != nil && strings.Contains(err.Error(), "FR402") {
			rt.Skip("a step reads what one before it leaves out")
		} else if err != nil {
			rt.Fatal(err)
		}
		input := lines(rt)
		workers, seed := rapid.IntRange(2, 8).Draw(rt, "workers"), rapid.Uint64().Draw(rt, "pieces")
		drain := rapid.SampledFrom([]int{0, 0, 1, 5, 60}).Draw(rt, "drain")
		ahead := rapid.SampledFrom([]int{0, 0, 1, 10, 60}).Draw(rt, "ahead")
		many := share(t, text, strings.Join(input, ""), plan.Options{Workers: workers, Ahead: ahead}, seed, drain)
		fates := many.fates(rt, text)
		if many.rep.Outcome == metrics.Stopped { // the input is as long as what was read of it
			input = input[:many.rep.Steps[0].In]
			one := share(t, text, strings.Join(input, ""), plan.Options{Workers: 1}, seed, 0)
			if totals(text) && (many.out == "" || !strings.Contains(text, "take")) {
				one.out = "" // a take may have been the end of the input before
			}
			if totals(text) && many.err == "" {
				one.err = "" // of what comes behind it
			}
			if many.out != one.out || many.err != one.err {
				rt.Fatalf("%s\ndrained with %d workers, after %d lines: %s\n%s\nby one: %s\n%s", text, workers, len(input), many.err, many.out, one.err, one.out)
			}
			return
		}
		one := share(t, text, strings.Join(input, ""), plan.Options{Workers: 1}, seed, 0)
		switch {
		case many.err != one.err:
			rt.Fatalf("%s\nby %d workers: %s\nby one: %s", text, workers, many.err, one.err)
		case one.err != "": // how much was written before the end is not said
			if !strings.HasPrefix(one.out, many.out) && !strings.HasPrefix(many.out, one.out) {
				rt.Fatalf("%s\nby %d workers:\n%s\nby one:\n%s", text, workers, many.out, one.out)
			}
		case many.out != one.out:
			rt.Fatalf("%s\nby %d workers:\n%s\nby one:\n%s", text, workers, many.out, one.out)
		case !strings.Contains(text, "take") && fates != one.fates(rt, text):
			rt.Fatalf("%s\nby %d workers:\n%s\nby one:\n%s", text, workers, fates, one.fates(rt, text))
		}
	})
}

// census counts items by key. It finds out whether a shard is at two parts at once, or goes back; at a key it panics.
type census struct {
	busy  atomic.Bool
	last  uint64
	count map[uint64]int
	panic [2]int64 // in Look and in Keep
	merge bool     // it panics there
}

func (c *census) Look(items []flow.Item, seen *flow.Seen) (int, error) {
	for _, it := range items {
		v, _ := it.Value.Field("n")
		if v.Int() == c.panic[0] {
			panic("look")
		}
		seen.Keys = value.AppendKey(seen.Keys, v)
		seen.Vars = append(seen.Vars, v)
		seen.Add()
	}
	return len(items), nil
}

func (c *census) Keep(seen *flow.Seen, which []int32) (int, error) {
	if c.busy.Swap(true) {
		panic("a shard is at two parts at once")
	}
	defer c.busy.Store(false)
	for _, i := range which {
		if seen.Vars[i].Int() == c.panic[1] {
			panic("keep")
		}
		if at := seen.From + uint64(i) + 1; at <= c.last {
			panic("a shard has gone back")
		} else {
			c.last = at
		}
		c.count[seen.Hash[i]]++
	}
	return len(which), nil
}

func (c *census) Hold(int64) error                        { return nil }
func (c *census) Process(it flow.Item, _ flow.Emit) error { return nil }
func (c *census) Flush(emit flow.Emit) error {
	return emit(flow.Item{Value: value.OfInt(int64(len(c.count)))})
}
func (c *census) Merge(others []flow.Keyed) {
	if c.merge {
		panic("merge")
	}
	for _, o := range others {
		for hash, n := range o.(*census).count {
			if c.count[hash] += n; c.count[hash] != n {
				panic("a key is in two shards")
			}
		}
	}
}

type censusOptions struct {
	Look  int64 `flow:"look"`
	Keep  int64 `flow:"keep"`
	Merge bool  `flow:"merge"`
}

// roll counts items, which come to it in the order of their numbers. At one it panics, at another it fails.
type roll struct {
	busy   atomic.Bool
	last   int64
	oh, no int64
}

func (r *roll) Process(it flow.Item, _ flow.Emit) error {
	if r.busy.Swap(true) {
		panic("two parts are at it at once")
	}
	defer r.busy.Store(false)
	v, _ := it.Value.Field("n")
	switch n := v.Int(); {
	case n == r.oh:
		panic("keep")
	case n == r.no:
		return errors.New("no")
	case n != r.last+1:
		panic(fmt.Sprintf("%d comes after %d", n, r.last))
	}
	r.last++
	return nil
}

func (r *roll) Flush(emit flow.Emit) error { return emit(flow.Item{Value: value.OfInt(r.last)}) }

type rollOptions struct {
	Oh int64 `flow:"oh"`
	No int64 `flow:"no"`
}

// takers are components to which several goroutines come in turn.
func takers() []*flow.Component {
	total := flow.Traits{Total: true, Fresh: true}
	return []*flow.Component{
		{Name: "census", Traits: total, Maker: flow.Makes(func(o *censusOptions, _ *flow.Env) (flow.Op, error) {
			return &census{count: map[uint64]int{}, panic: [2]int64{o.Look, o.Keep}, merge: o.Merge}, nil
		})},
		{Name: "roll", Traits: total, Maker: flow.Makes(func(o *rollOptions, _ *flow.Env) (flow.Op, error) { return &roll{oh: o.Oh, no: o.No}, nil })},
	}
}

// What is kept is at one part at a time, in the order of the input. A panic there ends the run, and keeps nobody waiting.
func TestPartsTakeTurns(t *testing.T) {
	var input strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&input, `{"n":%d}`+"\n", i+1)
	}
	for step, want := range map[string]string{
		"census: {}": "", "census: {look: 1}": "panic: look", "census: {look: 1500}": "panic: look", "census: {keep: 1}": "panic: keep",
		"census: {keep: 1500}": "panic: keep", "census: {keep: 3000}": "panic: keep", "census: {merge: true}": "panic: merge",
		"census: {look: 1700, keep: 1600}": "panic: keep", "census: {look: 1600, keep: 1700}": "panic: look",
		"roll: {}": "", "roll: {oh: 1}": "panic: keep", "roll: {oh: 1700}": "panic: keep", "roll: {no: 1500, oh: 1501}": ": no", "roll: {no: 3000}": ": no",
	} {
		for seed := range uint64(5) {
			for _, workers := range []int{2, 4, 8} {
				text := "source: {stdin: {}}\nsteps:\n  - filter: it.n > 0\n  - " + step + "\n"
				got := share(t, text, input.String(), plan.Options{Workers: workers}, seed, 0, takers()...)
				if want == "" && (got.err != "" || got.out != "3000\n") || want != "" && (!strings.HasSuffix(got.err, want) || got.out != "") {
					t.Errorf("%s on %d: %q, %s", step, workers, got.out, got.err)
				}
			}
		}
	}
}

// What is kept where, and why not so, is explained.
func TestWhereThingsAreKeptIsExplained(t *testing.T) {
	for step, want := range map[string]string{
		"distinct: it.k": "8", "aggregate: {by: it.k, values: {n: count()}}": "8", "{distinct: it.k, on_error: skip}": "8", "count: {}": "1", "sort: it.n": "1",
		"distinct: {by: it.k, max_keys: 9}":                                             "several goroutines work before it, and each result depends on the items before",
		"distinct: {by: it.k, ttl: 1h}":                                                 "several goroutines work before it, and each result depends on the items before",
		"{distinct: it.k, when: it.n > 1}":                                              "several goroutines work before it, and `when` lets items pass it by",
		"{distinct: it.k, on_error: {value: 1}}":                                        "several goroutines work before it, and its failed items are replaced in their places",
		"{fold: {init: 0, next: acc}, on_error: {action: skip, tolerate: {errors: 3}}}": "several goroutines work before it, and its failed items are counted, as so many are tolerated",
		"{any: it.n > 2}":                                                               "several goroutines work before it, and each result depends on the items before",
	} {
		p, err := load("source: {stdin: {}}\nsteps:\n  - filter: it.n > 0\n  - " + step + "\n  - map: \"{k: it}\"\n")
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, s := range runtime.Arrange(p, runtime.Options{Plan: plan.Options{Workers: 3}}).Explain().Stages {
			for i, x := range s.Steps {
				got := s.Apart
				if i > 0 {
					got = fmt.Sprint(x.Shards)
				}
				if x.Line == 4 {
					if found = true; got != want {
						t.Errorf("%s: %s, want %s", step, got, want)
					}
				}
			}
		}
		if !found {
			t.Errorf("%s is not explained", step)
		}
	}
}
