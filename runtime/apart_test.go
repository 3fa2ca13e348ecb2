package runtime

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/plan"
)

// printed is a source of records that are text, in blocks. It remembers where they stand.
type printed struct {
	mu sync.Mutex
	at map[uintptr]value.Value
}

func (p *printed) Steady() bool { return true }
func (p *printed) Splits() bool { return true }

func (p *printed) ReadBlocks(_ context.Context, give func(flow.Block) error) error {
	for range 4 {
		if err := give(p); err != nil {
			return err
		}
	}
	return nil
}

func (p *printed) Read(ctx context.Context, emit flow.Emit) error {
	return p.ReadBlocks(ctx, func(b flow.Block) error { return b.Decode(emit, nil) })
}

func (p *printed) Decode(emit flow.Emit, _ func(flow.Item, error) error) error {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, `{"n":%d,"text":"some text that is a part of a long one"}`+"\n", i)
	}
	d := value.Decoder{Text: true}
	for rest := []byte(text.String()); len(rest) > 0; {
		v, n, _ := d.Line(rest)
		rest = rest[n:]
		p.mu.Lock()
		p.at[v.Address()] = v
		p.mu.Unlock()
		if err := emit(flow.Item{Value: v}); err != nil {
			return err
		}
	}
	return nil
}

// TestFewItemsOfABlockAreCopied has a step let all items pass, or few of them: those few do not hold on to the text of the
// others, however the plan is arranged.
func TestFewItemsOfABlockAreCopied(t *testing.T) {
	for _, how := range []struct {
		plan.Options
		counted bool // what fails is, so that items go one by one
	}{
		{Options: plan.Options{Workers: 1}}, {Options: plan.Options{Workers: 1, Unfused: true}}, {Options: plan.Options{Workers: 2}},
		{plan.Options{Workers: 1}, true}, {plan.Options{Workers: 1, Unfused: true}, true},
	} {
		for every, copied := range map[int64]bool{1: false, 3: false, 100: true} {
			bubble(t, func(t *testing.T) {
				p, src := newPipe(), &printed{at: map[uintptr]value.Value{}}
				p.add("source", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Source, error) { return src, nil })})
				n := p.op("some", func() flow.Op {
					return processFunc(func(it flow.Item, emit flow.Emit) error {
						if n, _ := it.Value.Field("n"); n.Int()%every > 0 {
							return nil
						}
						return emit(it)
					})
				})
				n.Component.Traits.Stateless, n.Component.Traits.Single = true, true
				if how.counted {
					n.OnError = graph.OnError{Action: "skip", Tolerance: graph.Tolerance{Errors: 1}}
				}
				sink, there, all := p.sink("sink"), 0, 0
				sink.write = func(_ context.Context, items []flow.Item) error {
					src.mu.Lock()
					defer src.mu.Unlock()
					for _, it := range items {
						if all++; !src.at[it.Value.Address()].IsNull() {
							there++
						}
					}
					return nil
				}
				p.run(t, Options{Plan: how.Options})
				if want := 4 * int((999+every)/every); all != want || copied != (there == 0) || !copied && there < all*8/10 {
					t.Errorf("%+v, one of %d: %d of %d items are where they were", how, every, there, all)
				}
			})
		}
	}
}
