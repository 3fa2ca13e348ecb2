package runtime

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/plan"
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

// Invariant 25: of two inputs that always have an item, the counts differ by one at most.
func TestMergeTakesTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		a := p.ints("a", 500)
		p.ints("b", 500)
		b := p.mapInt("negative", func(i int64) int64 { return -i })
		first := true
		p.op("merge", func() flow.Op {
			return processFunc(func(it flow.Item, emit flow.Emit) error {
				if first { // by now both edges are full
					first = false
					<-time.After(time.Second)
				}
				return emit(it)
			})
		}, a, b)
		out := p.sink("sink")
		p.run(t, Options{})
		ahead := 0
		for i, v := range out.values {
			if v > 0 {
				ahead++
			} else {
				ahead--
			}
			if ahead < -1 || ahead > 1 {
				t.Fatalf("after %d items one input is %d ahead", i+1, ahead)
			}
		}
	})
}

// record is a join, and an operator, that checks in which order it is called.
type record struct {
	t       *testing.T
	ended   map[int]bool
	flushed *int
	most    int // items it wants
}

func (r *record) item(port int) error {
	if r.ended[port] || *r.flushed > 0 || r.most < 0 {
		r.t.Errorf("port %d: an item after the end", port)
	}
	if r.most--; r.most < 0 {
		return flow.Done
	}
	return nil
}

func (r *record) End(port int, _ flow.Emit) error {
	if r.ended[port] {
		r.t.Errorf("port %d ended twice", port)
	}
	r.ended[port] = true
	return nil
}

func (r *record) Flush(flow.Emit) error {
	if *r.flushed++; *r.flushed > 1 {
		r.t.Error("flushed twice")
	}
	return nil
}

type recordJoin struct{ *record }

func (r recordJoin) Process(port int, it flow.Item, emit flow.Emit) error {
	if err := r.item(port); err != nil {
		return err
	}
	return emit(it)
}

type recordOp struct{ *record }

func (r recordOp) Process(it flow.Item, emit flow.Emit) error {
	if err := r.item(0); err != nil {
		return err
	}
	return emit(it)
}

// Invariant 13: every input ends once, and nothing comes after; what is held is asked for once, unless nobody wants it.
func TestEndsComeOnceAndLast(t *testing.T) {
	for _, unfused := range []bool{false, true} {
		for _, sequential := range []bool{false, true} {
			for _, wants := range []int{0, 5, 10, 11, 1000} { // of the 3 × 10 that there are
				bubble(t, func(t *testing.T) {
					p := newPipe()
					flushes := [2]int{}
					a, b, c := p.ints("a", 10), p.ints("b", 10), p.ints("c", 10)
					join := &record{t, map[int]bool{}, &flushes[0], wants}
					p.add("join", makes[flow.Join](recordJoin{join}), a, b, c)
					p.last.Component.Traits.Sequential = sequential
					op := &record{t, map[int]bool{}, &flushes[1], 2000}
					p.add("op", makes[flow.Op](recordOp{op}))
					out := p.sink("sink")
					rep := p.run(t, Options{Plan: plan.Options{Unfused: unfused, Capacity: 4}})
					if len(out.values) != min(wants, 30) || rep.ExitCode != 0 {
						t.Errorf("%d items: %+v", len(out.values), rep)
					}
					if all := wants >= 30; all && (flushes[0] != 1 || len(join.ended) != 3) || flushes[1] != 1 {
						t.Errorf("wants %d: flushed %v times, ends %v", wants, flushes, join.ended)
					}
				})
			}
		}
	}
}
