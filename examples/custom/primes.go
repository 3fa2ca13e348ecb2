package main

import (
	"context"
	"errors"
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type primesOptions struct {
	To   int64 `flow:"to,short" doc:"The largest number to look at; without it, there is no end."`
	From int64 `flow:"from" default:"2" doc:"The smallest."`
}

func (o *primesOptions) Check(report func(option, message, help string)) {
	if o.From < 2 {
		report("from", "there is no prime below 2", "leave it out, or write 2 or more")
	}
}

func (o *primesOptions) Endless() bool { return o.To == 0 }

func primes() *flow.Component {
	return &flow.Component{
		Name: "primes", Group: "source",
		Doc:   "Gives the prime numbers, found by trial division.",
		Gives: func(any, *flow.Typing) flow.Type { return flow.Only(value.Int) },
		Maker: flow.Makes(func(o *primesOptions, _ *flow.Env) (flow.Source, error) {
			return &divider{o}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {primes: 10}\n", Output: "2\n3\n5\n7\n",
		}},
	}
}

type divider struct{ opt *primesOptions }

// Read gives one prime after another. Emit waits until the next step takes it, and fails when nobody wants more.
func (d *divider) Read(ctx context.Context, emit flow.Emit) error {
	for n := d.opt.From; d.opt.To == 0 || n <= d.opt.To; n++ {
		if prime(n) {
			if err := emit(flow.Item{Value: value.OfInt(n)}); err != nil {
				return err
			}
		}
		if ctx.Err() != nil { // primes may be far apart
			return ctx.Err()
		}
		if n == math.MaxInt64 {
			return errors.New("a larger prime is no int of 64 bits")
		}
	}
	return nil
}

func prime(n int64) bool {
	for d := int64(2); d <= n/d; d++ {
		if n%d == 0 {
			return false
		}
	}
	return true
}
