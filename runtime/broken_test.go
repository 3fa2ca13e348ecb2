package runtime_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// TestAFailureComesByEveryOutput has a source fail in one of its blocks. What follows reads the failure behind the items before
// it, wherever it comes to it first: by a step's main output, or by one beside that.
func TestAFailureComesByEveryOutput(t *testing.T) {
	var input strings.Builder
	for i := range 300 {
		fmt.Fprintf(&input, "{\"n\":%d}\n", i)
	}
	input.WriteString("oh\n")
	for name, steps := range map[string]string{
		"on_error": "  - {id: b, map: 1 / (it.n - 3), on_error: {to: dead}}\nsinks:\n  out: {from: b, stdout: {}}\n  dead: {discard: {}}\n",
		"route":    "  - {id: b, route: {cases: {some: it.n > 200}}}\nsinks:\n  out: {from: b.some, stdout: {}}\n  rest: {from: b.else, discard: {}}\n",
		"late":     "  - {id: b, window: {size: 1s, time: \"'2024-01-01'\"}}\nsinks:\n  out: {from: b, stdout: {}}\n  late: {from: b.late, discard: {}}\n",
		"a buffer": "  - {id: b, buffer: {size: 5, bytes: 1MiB}}\nsinks:\n  out: {from: b, stdout: {}}\n",
		"a join":   "  - {id: b, filter: it.n > 0}\n  - {id: c, map: it.n, from: b}\n  - {id: d, map: it.n, from: b}\n  - zip: [c, d]\n",
		"steps":    "  - {flat_map: {steps: [{sleep: 1ms}], mode: merge, max: 3}}\n",
		"a call":   "  - sleep: 1ms\n",
	} {
		for _, workers := range []int{1, 2, 4} {
			s := share(t, "source: {stdin: {}}\nsteps:\n  - filter: it.n >= 0\n"+steps, input.String(), plan.Options{Workers: workers}, 1, 0)
			if s.rep.Outcome != metrics.Failed || s.rep.ExitCode != 1 || !strings.HasSuffix(s.err, "stdin: <stdin>:301:1: 'o' where a value is due") {
				t.Errorf("%s on %d: %s, %d: %s", name, workers, s.rep.Outcome, s.rep.ExitCode, s.err)
			}
		}
	}
}
