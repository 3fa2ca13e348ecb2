package runtime_test

import (
	"context"
	goruntime "runtime"
	"strings"
	"testing"
	"weak"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// notes is a sink that keeps what is written.
type notes struct{ *strings.Builder }

func (n notes) Write(_ context.Context, items []flow.Item) error {
	for _, it := range items {
		n.Builder.Write(append(value.AppendJSON(nil, it.Value), 10))
	}
	return nil
}

func (n notes) Close(context.Context, bool) error { return nil }

// Items that fail and go elsewhere do so by many goroutines as by one: the same ones, in the order of the input.
func TestWhatGoesElsewhereDoesNotShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, name) }
		steps := []string{
			draw("before", "", "filter: it.n % 5 != 1", "distinct: it.n % 90", `flat_map: "map(0..(it.n % 25), merge(it, {n: it.n + #}))"`),
			"{id: some, " + draw("some", "set: {m: 10 / (it.n % 7)}", "filter: 1 / (it.n % 3) > 0", "set: {m: it.x * 2}", `flat_map: "[it, merge(it, {n: 10 / (it.n % 4)})]"`,
				"join: {with: table, on: it.n % 10 == other / (it.n % 4)}", "distinct: 7 / (it.n % 5)", "aggregate: {by: {m: it.n % 3}, values: {x: sum(it.x)}}") + ", on_error: {to: rejects}}",
			draw("behind", "", "set: {k: it.n}", "count: {}", `flat_map: "[it, it, it]"`, "take: 40"),
		}
		if draw("where", "step", "step", "source") == "source" {
			steps[1] = strings.Replace(steps[1], "to: rejects", "action: skip", 1)
		}
		text := "source: {stdin: {}, on_error: " + map[bool]string{true: "skip", false: "{to: rejects}"}[strings.Contains(steps[1], "rejects")] + "}\nsources:\n  table: {items: [1, 2, 3]}\nsteps:\n"
		if !strings.Contains(steps[1], "table") {
			text = strings.Replace(text, "sources:\n  table: {items: [1, 2, 3]}\n", "", 1)
		}
		for i, s := range steps {
			if s != "" && (i == 0 || !strings.Contains(steps[1], "aggregate") || i == 1) {
				text += "  - " + s + "\n"
			}
		}
		text += "sink: {stdout: {}}\nsinks:\n  rejects: {notes: {}}\n"
		input := strings.Join(append([]string{`{"n":2,"k":"key 0","x":0}` + "\n"}, lines(rt)...), "")
		opt := plan.Options{Workers: rapid.IntRange(2, 8).Draw(rt, "workers"), Ahead: rapid.SampledFrom([]int{0, 1, 10}).Draw(rt, "ahead")}
		seed, drain := rapid.Uint64().Draw(rt, "pieces"), rapid.SampledFrom([]int{0, 0, 0, 3}).Draw(rt, "drain")
		run := func(opt plan.Options, drain int) (s sharing, rejects string) {
			b := notes{&strings.Builder{}}
			s = share(t, text, input, opt, seed, drain, &flow.Component{Name: "notes", Maker: flow.Makes(func(*noOptions, *flow.Env) (flow.Sink, error) { return b, nil })})
			return s, b.String()
		}
		many, rejected := run(opt, drain)
		fates := many.fates(rt, text)
		if many.rep.Outcome == metrics.Stopped { // how far it came is a matter of chance
			return
		}
		one, want := run(plan.Options{Workers: 1}, 0)
		if strings.Contains(text, "take") {
			rejected, want, fates = "", "", "" // how much was read ahead is a matter of chance
		} else if f := one.fates(rt, text); one.err == "" && f != fates {
			rt.Fatalf("%s\nby %d workers:\n%s\nby one:\n%s", text, opt.Workers, fates, f)
		}
		if many.err != one.err || one.err == "" && (many.out != one.out || rejected != want) {
			rt.Fatalf("%s\nby %d workers: %s\n%s\n%s\nby one: %s\n%s\n%s", text, opt.Workers, many.err, many.out, rejected, one.err, one.out, want)
		}
	})
}

// apiece gives items each of which is text of a block of its own.
type apiece struct{ blocks *[]weak.Pointer[byte] }

func (a apiece) Read(_ context.Context, emit flow.Emit) error {
	for range 40 {
		block := append(make([]byte, 0, flow.BlockSize), `{"k":"some text","zero":0}`...)
		*a.blocks = append(*a.blocks, weak.Make(&block[0]))
		d := value.Decoder{Text: true}
		v, err := d.Decode(block)
		if err != nil {
			return err
		}
		if err := emit(flow.Item{Value: v}); err != nil {
			return err
		}
	}
	return nil
}

// keep is a sink that holds all items.
type keep struct{ items *[]flow.Item }

func (k keep) Write(_ context.Context, items []flow.Item) error {
	*k.items = append(*k.items, items...)
	return nil
}

func (k keep) Close(context.Context, bool) error { return nil }

// Items that fail may wait for long where they go, and are few of many: they hold on to no block of the input.
func TestWhatGoesElsewherePinsNoBlock(t *testing.T) {
	for _, workers := range []int{1, 2} {
		var blocks []weak.Pointer[byte]
		var items []flow.Item
		share(t, "source: {apiece: {}}\nsteps:\n  - {id: heavy, filter: 1 / it.zero > 0, on_error: {to: kept}}\nsink: {stdout: {}}\nsinks:\n  kept: {keep: {}}\n", "", plan.Options{Workers: workers}, 1, 0,
			&flow.Component{Name: "apiece", Maker: flow.Makes(func(*noOptions, *flow.Env) (flow.Source, error) { return apiece{&blocks}, nil })},
			&flow.Component{Name: "keep", Maker: flow.Makes(func(*noOptions, *flow.Env) (flow.Sink, error) { return keep{&items}, nil })})
		goruntime.GC()
		held := 0
		for _, b := range blocks {
			if b.Value() != nil {
				held++
			}
		}
		if len(items) != 40 || held > 0 {
			t.Errorf("%d items that failed hold %d blocks, by %d", len(items), held, workers)
		}
		goruntime.KeepAlive(items)
	}
}
