package runtime

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Invariant 25.
func TestMergeIsFair(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		a := p.ints("a", 400)
		b := p.source("b", func(_ context.Context, emit flow.Emit) error {
			for i := 1; i <= 400; i++ {
				if err := emit(flow.Item{Value: value.OfInt(int64(-i))}); err != nil {
					return err
				}
			}
			return nil
		})
		p.last = p.op("start", func() flow.Op { return processFunc(func(it flow.Item, emit flow.Emit) error { return emit(it) }) }, a, b)
		out := p.sink("sink")
		p.run(t, Options{})
		var lastA, lastB int64
		for _, v := range out.values {
			if v > 0 && v != lastA+1 || v < 0 && v != lastB-1 {
				t.Fatalf("%d is out of order", v)
			}
			if v > 0 {
				lastA = v
			} else {
				lastB = v
			}
		}
		if lastA != 400 || lastB != -400 {
			t.Fatal(lastA, lastB)
		}
	})
}

// Invariant 26.
func TestConcatOpensInTurn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		ended := false
		a := p.source("a", func(ctx context.Context, emit flow.Emit) error {
			_ = emit(flow.Item{Value: value.OfInt(1)})
			<-time.After(time.Second)
			ended = true
			return nil
		})
		p.source("b", func(ctx context.Context, emit flow.Emit) error {
			if !ended {
				t.Error("the second source was opened before the first ended")
			}
			return emit(flow.Item{Value: value.OfInt(2)})
		})
		b := p.mapInt("map", func(i int64) int64 { return i })
		p.join("concat", flow.Traits{Sequential: true}, a, b)
		out := p.sink("sink")
		rep := p.run(t, Options{})
		if !slices.Equal(out.values, []int64{1, 2}) || rep.Elapsed != time.Second {
			t.Fatal(out.values, rep)
		}
	})
}

// Invariant 27.
func TestBroadcastCopies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		src := p.ints("ints", 3000)
		p.mapInt("a", func(i int64) int64 { return i }, src)
		a := p.sink("sinkA")
		p.take("b", 10, src)
		b := p.sink("sinkB")
		rep := p.run(t, Options{})
		if !slices.Equal(a.values, upTo(3000)) || !slices.Equal(b.values, upTo(10)) {
			t.Fatal(len(a.values), len(b.values), rep)
		}
	})
}

// ends is a join that wants no more once an input has ended.
type ends struct {
	t    *testing.T
	over *bool
}

func (e ends) Process(_ int, it flow.Item, emit flow.Emit) error {
	if *e.over {
		e.t.Error("an item came after the join wanted no more")
	}
	return emit(it)
}
func (e ends) End(int, flow.Emit) error { *e.over = true; return flow.Done }

func TestJoinThatWantsNoMoreEndsAtThatInstant(t *testing.T) {
	for name, other := range map[string]readFunc{"idle": idle, "endless": endless} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPipe()
				a := p.source("a", func(ctx context.Context, emit flow.Emit) error {
					<-time.After(time.Second)
					return emit(flow.Item{Value: value.OfInt(0)})
				})
				b := p.source("b", other)
				p.add("join", makes[flow.Join](ends{t, new(bool)}), a, b)
				out := p.sink("sink")
				if name == "endless" {
					out.write = func(context.Context, []flow.Item) error { <-time.After(time.Second); return nil }
				}
				rep := p.run(t, Options{})
				if rep.ExitCode != 0 || rep.Elapsed < time.Second || rep.Elapsed > time.Minute {
					t.Fatalf("%+v", rep)
				}
			})
		})
	}
}
