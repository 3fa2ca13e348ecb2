package operators

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// What several instances keep, each of some keys, is what one keeps of all: the items that pass, the results in the order
// in which their groups came, and the bytes held.
func TestStateFallsApartByKey(t *testing.T) {
	group := &aggregateOptions{
		By: flow.Keys{{Name: "k", Expr: field("k")}},
		Values: flow.Aggregates{
			{Name: "n", Calls: []flow.AggregateCall{{Func: "count"}}, Result: onlyResult{}},
			{Name: "sum", Calls: []flow.AggregateCall{{Func: "sum", Arg: field("x")}}, Result: onlyResult{}},
			{Name: "all", Calls: []flow.AggregateCall{{Func: "collect", Arg: field("x")}}, Result: onlyResult{}},
		},
	}
	makers := map[string]func() flow.Keyed{
		"aggregate": func() flow.Keyed { return build[flow.Op](aggregate(), group).(flow.Keyed) },
		"distinct":  func() flow.Keyed { return build[flow.Op](distinct(), &distinctOptions{By: field("k")}).(flow.Keyed) },
	}
	for name, maker := range makers {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				keys := rapid.IntRange(1, 40).Draw(t, "keys")
				draw := rapid.Custom(func(t *rapid.T) value.Value {
					x := any(rapid.Float64Range(-1e9, 1e9).Draw(t, "x"))
					if rapid.IntRange(0, 9).Draw(t, "kind") == 0 {
						x = rapid.SampledFrom([]any{nil, 3, "no number"}).Draw(t, "other")
					}
					return object("k", rapid.IntRange(0, keys).Draw(t, "k"), "x", x)
				})
				values := rapid.SliceOfN(draw, 0, 200).Draw(t, "items")
				one, oneErr := alone(maker(), values)
				shards := make([]flow.Keyed, rapid.IntRange(1, 5).Draw(t, "shards"))
				for i := range shards {
					shards[i] = maker()
				}
				many, manyErr := spread(shards, values, rapid.IntRange(1, 50).Draw(t, "part"))
				if one != many || fmt.Sprint(oneErr) != fmt.Sprint(manyErr) {
					t.Fatalf("by one: %s %v\nby %d: %s %v", one, oneErr, len(shards), many, manyErr)
				}
			})
		})
	}
}

// alone gives what an operator gives of items, leaving out what fails.
func alone(op flow.Keyed, values []value.Value) (out string, err error) {
	emit := func(it flow.Item) error {
		out += it.Value.Text() + "\n"
		return nil
	}
	for _, v := range values {
		if fault := op.Process(flow.Item{Value: v}, emit); fault != nil {
			err = fault
		}
	}
	held := int64(0)
	switch op := op.(type) {
	case *grouper:
		held = op.bytes
	case *deduper:
		held = op.bytes
	}
	if f, ok := op.(flow.Flusher); ok {
		_ = f.Flush(emit)
	}
	return fmt.Sprint(out, held), err
}

// spread is alone, of parts, each of whose items are looked at by an instance of its own and kept by those of their keys.
func spread(shards []flow.Keyed, values []value.Value, part int) (out string, err error) {
	held, from := int64(0), uint64(0)
	for ; len(values) > 0; values = values[min(part, len(values)):] {
		seen, items := flow.Seen{From: from}, []flow.Item(nil)
		var looked []flow.Item
		for _, v := range values[:min(part, len(values))] {
			items = append(items, flow.Item{Value: v})
		}
		from += uint64(len(items))
		for len(items) > 0 {
			n, fault := shards[0].Look(items, &seen)
			if looked, items = append(looked, items[:n]...), items[n:]; fault != nil {
				err, items = fault, items[1:]
			}
		}
		seen.Ready()
		for s, shard := range shards {
			var which []int32
			for i, h := range seen.Hash {
				if int(h%uint64(len(shards))) == s {
					which = append(which, int32(i))
				}
			}
			if len(which) > 0 {
				if _, err := shard.Keep(&seen, which); err != nil {
					return "", err
				}
			}
		}
		for i, it := range looked {
			if held += seen.Held[i]; seen.Pass[i] {
				out += it.Value.Text() + "\n"
			}
		}
	}
	if m, ok := shards[0].(flow.Merger); ok {
		m.Merge(shards[1:])
		_ = m.Flush(func(it flow.Item) error {
			out += it.Value.Text() + "\n"
			return nil
		})
	}
	return fmt.Sprint(out, held), err
}
