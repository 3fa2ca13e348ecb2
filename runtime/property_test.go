package runtime_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
)

// accounts checks what holds of every run, however it ended.
func accounts(t *rapid.T, text string, res result) {
	for _, s := range res.rep.Steps {
		if sum := s.Completed + s.Filtered + s.Dropped + s.Failures() + s.Fatal + s.Cancelled; s.In != sum || s.Cancelled < 0 || s.Held != 0 {
			t.Fatalf("%s\n%s: %d admitted, and fates of %d: %+v", text, s.ID, s.In, sum, s)
		}
	}
	for name, m := range res.sinks {
		if m.closed != 1 {
			t.Fatalf("%s\n%s was closed %d times", text, name, m.closed)
		}
	}
	if len(res.leaks) > 0 {
		t.Fatalf("%s\n%v", text, res.leaks)
	}
}

// same reports whether two lists are the same, in this order or in any.
func same(a, b []int64, ordered bool) bool {
	if !ordered {
		a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	}
	return slices.Equal(a, b)
}

func none(*runtime.Run) {}

// Invariants 14, 15, 19, 21, 23, 25 to 30, 56 and 58: whatever is drawn, the sinks get what the steps mean, however the
// plan is arranged.
func TestPipelinesMeanWhatTheirStepsMean(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := net(rt)
		if size := rapid.IntRange(-1, 3).Draw(rt, "buffer"); size >= 0 {
			s.head = fmt.Sprintf("defaults: {buffer: %d}\n", size)
		}
		text := s.yaml()
		res, err := run(t, text, anyPlan(rt), 0, none)
		if err != nil {
			rt.Fatal(err)
		}
		accounts(rt, text, res)
		if res.rep.Outcome != metrics.Complete {
			rt.Fatalf("%s\n%s: %s", text, res.rep.Outcome, res.rep.Error)
		}
		for name, want := range s.want {
			if m := res.sinks[name]; !same(m.items, want.items, want.ordered) || !m.committed {
				rt.Fatalf("%s\n%s got  %v\n%s want %v", text, name, m.items, name, want.items)
			}
		}
	})
}

// A limit of source items is as if the source had no more.
func TestLimitIsAShorterInput(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &sketch{t: rt, want: map[string]stream{}}
		out := s.chain()
		text := s.yaml()
		limit := rapid.OneOf(rapid.IntRange(1, 45), rapid.IntRange(200, 1300)).Draw(rt, "limit")
		res, err := run(t, text, anyPlan(rt), int64(limit), none)
		if err != nil {
			rt.Fatal(err)
		}
		accounts(rt, text, res)
		source := res.rep.Steps[0].In
		if source > int64(limit) || res.rep.Outcome != metrics.Complete {
			rt.Fatalf("%s\nlimit %d: %+v", text, limit, res.rep)
		}
		want := out.of(upTo(min(limit, s.given)))
		for _, got := range res.sinks {
			if !same(got.items, want, out.ordered) || !got.committed {
				rt.Fatalf("%s\nlimit %d: got %v, want %v", text, limit, got.items, want)
			}
		}
	})
}

// Invariants 12, 13 and 22: a run that is stopped ends at that instant, commits nothing, and leaves nothing behind.
func TestStopAtAnyInstant(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := net(rt)
		text := s.yaml()
		at := time.Duration(rapid.IntRange(0, 60).Draw(rt, "at")) * time.Millisecond
		res, err := run(t, text, anyPlan(rt), 0, func(r *runtime.Run) {
			time.Sleep(at)
			r.Stop()
		})
		if err != nil {
			rt.Fatal(err)
		}
		accounts(rt, text, res)
		if res.rep.Outcome == metrics.Complete {
			if res.rep.Elapsed > at {
				rt.Fatalf("%s\nstopped at %v, and complete at %v", text, at, res.rep.Elapsed)
			}
			return
		}
		if res.rep.Elapsed > at && res.rep.Elapsed > 1 || res.rep.Outcome != metrics.Stopped || res.rep.ExitCode != 130 {
			rt.Fatalf("%s\nstopped at %v: %+v", text, at, res.rep)
		}
		for name, m := range res.sinks {
			if want := s.want[name]; m.committed || want.ordered && !prefix(m.items, want.items) {
				rt.Fatalf("%s\n%s got %v of %v, committed %v", text, name, m.items, want.items, m.committed)
			}
		}
	})
}

func prefix(got, of []int64) bool { return len(got) <= len(of) && slices.Equal(got, of[:len(got)]) }

// Invariants 60 and 63: a drain is as if the source had given no more than it had by then.
func TestDrainAtAnyInstant(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &sketch{t: rt, want: map[string]stream{}, each: true}
		out := s.chain()
		text := s.yaml()
		at := time.Duration(rapid.IntRange(0, 60).Draw(rt, "at")) * time.Millisecond
		res, err := run(t, text, anyPlan(rt), 0, func(r *runtime.Run) {
			time.Sleep(at)
			r.Drain()
		})
		if err != nil {
			rt.Fatal(err)
		}
		accounts(rt, text, res)
		want := out.of(upTo(int(res.rep.Steps[0].In)))
		for _, got := range res.sinks {
			if !slices.Equal(got.items, want) || !got.committed {
				rt.Fatalf("%s\ndrained at %v after %d items: got %v, want %v", text, at, res.rep.Steps[0].In, got.items, want)
			}
		}
		if res.rep.Outcome == metrics.Stopped && (res.rep.ExitCode != 130 || !res.rep.Drained) {
			rt.Fatalf("%s\ndrained at %v: %+v", text, at, res.rep)
		}
	})
}

func upTo(n int) (out []int64) {
	for i := range n {
		out = append(out, int64(i+1))
	}
	return out
}
