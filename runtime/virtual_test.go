package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/operators"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// The components that the pipelines have beside flowrun's own.

type feedOptions struct {
	N  int64 `flow:"n,required"`
	Ms int64 `flow:"ms"`
}

type workOptions struct {
	Ms  int64 `flow:"ms,required"`
	Bad int64 `flow:"bad"`
}

type memoOptions struct {
	Name string `flow:"name,required"`
	Ms   int64  `flow:"ms"`
}

// spread gives a number up to most that looks random, and is always the same for n.
func spread(n, most int64) int64 { return int64(uint64(n)*0x9E3779B97F4A7C15>>33) % (most + 1) }

func pause(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type feed struct{ *feedOptions }

func (f feed) Read(ctx context.Context, emit flow.Emit) error {
	for i := int64(1); i <= f.N; i++ {
		if err := pause(ctx, time.Duration(spread(i, f.Ms))*time.Millisecond); err != nil {
			return err
		}
		if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
			return err
		}
	}
	return nil
}

type work struct{ *workOptions }

func (w work) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	i := it.Value.Int()
	if err := pause(ctx, time.Duration(spread(i, w.Ms))*time.Millisecond); err != nil {
		return nil, err
	}
	if w.Bad > 0 && i%w.Bad == 0 {
		return nil, errors.New("the item is bad")
	}
	return []flow.Item{it}, nil
}

// memo is a sink that keeps what it gets.
type memo struct {
	*memoOptions
	items     []int64
	closed    int
	committed bool
}

func (m *memo) Write(ctx context.Context, items []flow.Item) error {
	if err := pause(ctx, time.Duration(m.Ms)*time.Millisecond); err != nil {
		return err
	}
	for _, it := range items {
		m.items = append(m.items, it.Value.Int())
	}
	return nil
}

func (m *memo) Close(_ context.Context, commit bool) error {
	m.closed++
	m.committed = commit
	return nil
}

// result is how a run went.
type result struct {
	sinks map[string]*memo
	rep   metrics.Report
	leaks []string
}

// load checks a pipeline and gives its plan.
func load(text string, more ...*flow.Component) (*graph.Plan, error) {
	reg := flow.NewRegistry(append(operators.All(), more...)...)
	p, _, list := dsl.Load("test.yaml", []byte(text), dsl.Settings{Registry: reg})
	if p == nil {
		return nil, fmt.Errorf("%s\n%v", text, list)
	}
	return p, nil
}

// arranged is how a plan is arranged.
type arranged struct {
	plan.Options
	heavy bool // every step is worth several goroutines
}

// run runs a pipeline in virtual time, of so many source items at most. Meanwhile gets the run when it has started.
func run(t *testing.T, text string, how arranged, limit int64, meanwhile func(*runtime.Run)) (res result, err error) {
	res.sinks = map[string]*memo{}
	var mu sync.Mutex
	p, err := load(text,
		&flow.Component{Name: "feed", Maker: flow.Makes(func(o *feedOptions, _ *flow.Env) (flow.Source, error) { return feed{o}, nil })},
		&flow.Component{Name: "work", Maker: flow.Makes(func(o *workOptions, _ *flow.Env) (flow.Call, error) { return work{o}, nil })},
		&flow.Component{Name: "memo", Maker: flow.Makes(func(o *memoOptions, _ *flow.Env) (flow.Sink, error) {
			m := &memo{memoOptions: o}
			mu.Lock()
			defer mu.Unlock()
			res.sinks[o.Name] = m
			return m, nil
		})})
	if err != nil {
		return res, err
	}
	for _, n := range p.Nodes {
		if how.heavy {
			n.Weight = 1e6
		}
	}
	synctest.Test(t, func(t *testing.T) {
		r, e := runtime.Start(t.Context(), p, runtime.Options{Plan: how.Options, Limit: limit})
		if err = e; err != nil {
			return
		}
		meanwhile(r)
		res.rep = r.Wait()
		res.leaks = runtime.Leaks(r)
	})
	return res, err
}
