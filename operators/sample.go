package operators

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

type sampleOptions struct {
	Every time.Duration `flow:"every" doc:"Passes the latest item of each such time, if there was one."`
	Ratio float64       `flow:"ratio" doc:"Passes this share of the items, chosen at random: 0.01 for one in a hundred. The same run gives the same sample again."`
	By    flow.Expr     `flow:"by" doc:"Of a ratio: all items for which this is the same are passed, or none of them."`
}

func (o *sampleOptions) Check(report func(option, message, help string)) {
	switch {
	case (o.Every != 0) == (o.Ratio != 0):
		report("", "`sample` takes either a time or a share", "write `sample: {every: 1s}` or `sample: {ratio: 0.01}`")
	case o.Every < 0:
		report("every", "a time cannot be less than none", "write a duration such as 1s")
	case o.Ratio < 0 || o.Ratio > 1:
		report("ratio", fmt.Sprintf("the share %g is not between 0 and 1", o.Ratio), "write 0.01 for one in a hundred")
	case o.By != nil && o.Ratio == 0:
		report("by", "a key is of use with `ratio` only", "leave it out")
	}
}

func sample() *flow.Component {
	return &flow.Component{
		Name: "sample", Group: "cut", Traits: flow.Traits{Prompt: true},
		Doc:   "Passes some of the items: the latest of each time, or a share of all.",
		Gives: flow.GivesSame,
		Maker: flow.Makes(func(o *sampleOptions, env *flow.Env) (flow.Op, error) {
			if o.Every > 0 {
				return &periodic{every: o.Every, start: time.Now()}, nil
			}
			return &sampler{opt: o, random: rand.New(rand.NewPCG(hash([]byte(env.Step)), 0))}, nil
		}),
		Examples: []flow.Example{
			{
				Doc:      "All clicks of a third of the users.",
				Pipeline: "source: {items: [{u: 1}, {u: 2}, {u: 3}, {u: 1}, {u: 3}]}\nsteps:\n  - sample: {ratio: 0.34, by: it.u}\n  - map: it.u\n", Output: "3\n3\n",
			},
			{
				Doc:      "The latest of every 50 ms; the first time ends 50 ms after the run began.",
				Pipeline: "source: {interval: {every: 20ms, count: 6}}\nsteps:\n  - sample: {every: 50ms}\n  - map: it.n\n", Output: "2\n4\n5\n",
			},
		},
	}
}

// sampler passes items at random.
type sampler struct {
	opt    *sampleOptions
	scope  flow.Scope
	key    []byte
	random *rand.Rand
}

func (s *sampler) Process(it flow.Item, emit flow.Emit) error {
	x := 0.0
	if s.opt.By == nil {
		x = s.random.Float64()
	} else {
		v, err := s.opt.By.Eval(s.scope.Set(it))
		if err != nil {
			return err
		}
		s.key = value.AppendKey(s.key[:0], v)
		x = float64(hash(s.key)>>11) / (1 << 53)
	}
	if x >= s.opt.Ratio {
		return nil
	}
	return emit(it)
}

// periodic passes the latest item of each period.
type periodic struct {
	every  time.Duration
	start  time.Time
	latest flow.Item
	due    time.Time // the end of the period of latest; zero: there is none
	lost   int64
}

func (p *periodic) Process(it flow.Item, _ flow.Emit) error {
	p.latest = it
	if !p.due.IsZero() {
		p.lost++
	} else {
		p.due = p.start.Add((time.Since(p.start)/p.every + 1) * p.every)
	}
	return nil
}

func (p *periodic) Dropped() int64                         { return p.lost }
func (p *periodic) Deadline() time.Time                    { return p.due }
func (p *periodic) Tick(_ time.Time, emit flow.Emit) error { return p.Flush(emit) }

func (p *periodic) Flush(emit flow.Emit) error {
	if p.due.IsZero() {
		return nil
	}
	it := p.latest
	p.latest, p.due = flow.Item{}, time.Time{}
	return emit(it)
}
