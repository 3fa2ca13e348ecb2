package runtime_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

type pass struct{}

func (pass) Process(it flow.Item, emit flow.Emit) error { return emit(it) }

// TestOperatorsOfAWorkerCannotBeMade has an operator that is made once and not again, as each of several goroutines needs it:
// the run fails, and says so of the step.
func TestOperatorsOfAWorkerCannotBeMade(t *testing.T) {
	for name, source := range map[string]string{"blocks of a source": "{stdin: {}}", "items of a channel": "{items: {of: [1, 2, 3], times: 1000}}"} {
		t.Run(name, func(t *testing.T) {
			made := 0
			once := &flow.Component{
				Name: "once", Doc: "Passes items.", Traits: flow.Traits{Stateless: true, Single: true},
				Maker: flow.Makes(func(*struct{}, *flow.Env) (flow.Op, error) {
					if made++; made > 1 {
						return nil, errors.New("there is one already")
					}
					return pass{}, nil
				}),
			}
			s := share(t, "source: "+source+"\nsteps:\n  - {id: heavy, once: {}}\n", strings.Repeat("1\n", 1000), plan.Options{Workers: 2}, 1, 0, once)
			if s.rep.Outcome != metrics.Failed || !strings.HasSuffix(s.err, "heavy: there is one already") {
				t.Errorf("%s, %q, with %d bytes given", s.rep.Outcome, s.err, len(s.out))
			}
		})
	}
}
