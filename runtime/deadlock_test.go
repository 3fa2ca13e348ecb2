package runtime

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// Invariants 30 and 31: the second branch fills while the first is still read.
func TestDeadlockIsDetectedAtTheInstant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		src := p.source("source", func(ctx context.Context, emit flow.Emit) error {
			for i := 1; i <= 100; i++ {
				<-time.After(time.Millisecond)
				if err := emit(flow.Item{Value: value.OfInt(int64(i))}); err != nil {
					return err
				}
			}
			return nil
		})
		a := p.mapInt("a", func(i int64) int64 { return i }, src)
		b := p.mapInt("b", func(i int64) int64 { return i }, src)
		p.join("concat", flow.Traits{Sequential: true}, a, b)
		p.sink("sink")
		rep := p.run(t, Options{Plan: plan.Options{Capacity: 4}})
		if rep.ExitCode != 5 || rep.Outcome != metrics.Deadlock || !strings.Contains(rep.Error, "concat") {
			t.Fatalf("%d %s", rep.ExitCode, rep.Error)
		}
		if rep.Elapsed > 15*time.Millisecond {
			t.Fatal(rep.Elapsed)
		}
	})
}
