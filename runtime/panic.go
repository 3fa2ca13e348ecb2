package runtime

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// PanicError is a panic of a component, caught.
type PanicError struct {
	Value any
	Stack []byte
}

// Error says what was panicked with.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// caught, deferred, makes a panic the function's error.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = &PanicError{Value: p, Stack: debug.Stack()}
	}
}

// What is called of components outside a stage's goroutine.

func makeComponent(n *graph.Node, env *flow.Env) (c any, err error) {
	defer caught(&err)
	return n.Component.Maker.Build(n.Options, env)
}

func openComponent(ctx context.Context, o flow.Opener) (err error) {
	defer caught(&err)
	return o.Open(ctx)
}

func closeSink(ctx context.Context, s flow.Sink, commit bool) (err error) {
	defer caught(&err)
	return s.Close(ctx, commit)
}

func prepareSink(ctx context.Context, s flow.Sink) (err error) {
	defer caught(&err)
	if p, ok := s.(flow.Preparer); ok {
		return p.Prepare(ctx)
	}
	return nil
}

func closeComponent(c flow.Closer) (err error) {
	defer caught(&err)
	c.Close()
	return nil
}

// guard, deferred, turns a panic of the stage's goroutine into a failure of the run that names the operator at work.
func (s *stage) guard() {
	p := recover()
	if p == nil {
		return
	}
	node, n := s.busy()
	n.spoil()
	s.run.panicked(node, p)
}

// busy gives the innermost operator at work, or the sink, else the head, and its counts.
func (s *stage) busy() (*graph.Node, *counts) {
	if s.sink != nil {
		return s.sink.node, &s.sink.n
	}
	node, n := s.spec.Nodes()[0], &counts{}
	if s.head != nil {
		n = &s.head.n
	}
	for _, l := range s.links {
		if l.busy {
			node, n = l.node, &l.n
		}
	}
	for range s.benches { // of steps within steps, the innermost
		for _, b := range s.benches {
			if b.nest.node != node {
				continue
			}
			for _, l := range b.cur.links {
				if l.busy {
					node, n = l.node, &l.n
				}
			}
		}
	}
	return node, n
}

func (r *Run) panicked(n *graph.Node, p any) {
	r.fail(n, &PanicError{Value: p, Stack: debug.Stack()})
}
