package dsl

import (
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// The parts of a file beside the components, described as components' options are.

type header struct {
	Name        string        `flow:"name" doc:"The pipeline's name, for reports and metrics."`
	Description string        `flow:"description" doc:"What the pipeline does."`
	Version     int           `flow:"version" default:"1" doc:"The version of the language; 1 is the only one."`
	Timeout     time.Duration `flow:"timeout" doc:"How long the run may take: then it drains, and exits with 4."`
	Drain       time.Duration `flow:"drain" default:"30s" doc:"How long a stop may take until what is under way is cancelled."`
	Memory      flow.Size     `flow:"memory" default:"512MiB" doc:"What operators such as sort, distinct and aggregate may hold, all together."`
}

type param struct {
	Type    string        `flow:"type,required" enum:"string,int,float,bool,duration,size,list,object,secret" doc:"What the value must be. A list or an object is JSON; a secret is never shown."`
	Default value.Value   `flow:"default" doc:"The value where nobody gives one; without it, one must be given."`
	Env     string        `flow:"env" doc:"The environment variable that gives the value."`
	Enum    []value.Value `flow:"enum" doc:"The only values allowed."`
	Doc     string        `flow:"doc" doc:"What the param is for."`
}

type limit struct {
	Concurrency int       `flow:"concurrency,required" doc:"How many permits there are: a semaphore, first come, first served."`
	By          flow.Expr `flow:"by" doc:"One semaphore for each value of this expression, such as it.host."`
}

func (l *limit) Check(report func(option, message, help string)) {
	if l.Concurrency < 1 {
		report("concurrency", "a limit of no permits lets nothing pass", "write 1 or more")
	}
}

type defaults struct {
	Concurrency *concurrency `flow:"concurrency" doc:"For every call that has none of its own."`
	OnError     *onError     `flow:"on_error" doc:"For every step that has none of its own."`
	Buffer      int          `flow:"buffer" doc:"How many items every channel holds, where no buffer step says otherwise."`
}

func (d *defaults) Check(report func(option, message, help string)) {
	if d.Buffer < 0 {
		report("buffer", "a channel cannot hold less than no items", "write 0 or more")
	}
}

type stepKeys struct {
	ID          string       `flow:"id" doc:"The name by which other steps, and reports, name this one."`
	From        []flow.Ref   `flow:"from" doc:"The steps or sources to read, in place of the step above; several are merged."`
	Description string       `flow:"description" doc:"What the step is for."`
	When        flow.Expr    `flow:"when" doc:"An item for which this is false passes by untouched."`
	OnError     *onError     `flow:"on_error" doc:"What becomes of an item that fails: fail (the default: the run stops), skip, emit, {to: …} or {value: …}."`
	Concurrency *concurrency `flow:"concurrency" doc:"How many items a call works on at once, and in which order the results come."`
	Limits      []limitUse   `flow:"limits" doc:"The named limits to keep."`
	Into        string       `flow:"into" doc:"The field of the item that takes the result of a call."`
}

type sourceKeys struct {
	ID          string   `flow:"id" doc:"The name by which steps, and reports, name this source."`
	Description string   `flow:"description" doc:"What the source is."`
	OnError     *onError `flow:"on_error" doc:"What becomes of text that is no item, such as a broken line: fail (the default), skip, {to: …} or {value: …}."`
}

type sinkKeys struct {
	ID          string     `flow:"id" doc:"The name by which reports name this sink."`
	From        []flow.Ref `flow:"from" doc:"The steps or sources to read; several are merged."`
	Description string     `flow:"description" doc:"What the sink is for."`
	OnError     *onError   `flow:"on_error" doc:"What becomes of an item that cannot be written: fail (the default), skip or {to: …}."`
}

type concurrency struct {
	Max    string    `flow:"max,required,short" doc:"How many run at once: a number, or unbounded."`
	Order  string    `flow:"order" default:"input" enum:"input,completion,key" doc:"The order of the results: of the input; as they finish; or of the input within each key, whose items run one after another."`
	Key    flow.Expr `flow:"key" doc:"The key, of order: key."`
	Window int       `flow:"window" doc:"How many items may be running, waiting, or finished and not handed on; max unless given."`

	max int // 0: unbounded
}

func (c *concurrency) Check(report func(option, message, help string)) {
	if c.Max != "unbounded" {
		n := 0
		for _, r := range c.Max {
			if r < '0' || r > '9' || n > 1e8 {
				n = 0
				break
			}
			n = n*10 + int(r-'0')
		}
		switch {
		case c.Max == "0":
			report("max", "0 at once would run nothing", "write a number from 1 on, or `{max: unbounded}` if that is what you want")
		case n == 0:
			report("max", "`"+c.Max+"` is no number of items from 1 on", "write a number such as 5, or unbounded")
		case c.Window != 0 && c.Window < n:
			report("window", "the window is smaller than max, which it counts in", "write a window of max or more, or none")
		}
		c.max = n
	}
	if c.Order == "key" && c.Key == nil {
		report("order", "the order by key needs a key", "add `key: it.user`, or whatever must stay in order")
	}
	if c.Order != "key" && c.Key != nil {
		report("key", "a key is of use for `order: key` only", "write `order: key`, or leave the key out")
	}
}

type limitUse struct {
	Use    string `flow:"use,required,short" doc:"The limit's name."`
	Weight int    `flow:"weight" default:"1" doc:"How many permits an item takes."`
}

type onError struct {
	Action   string       `flow:"action,short" enum:"fail,skip,emit" doc:"fail: the run stops. skip: the item is left out, and counted. emit: an error item stands in its place."`
	To       flow.Ref     `flow:"to" doc:"The sink or step that takes {item, error: {type, message, step, attempts, at}}."`
	Value    flow.Literal `flow:"value" scope:"error" doc:"What stands in place of the item."`
	Tolerate *tolerate    `flow:"tolerate" doc:"How many failures are too many."`
}

func (o *onError) Check(report func(option, message, help string)) {
	n := 0
	for _, given := range []bool{o.Action != "", o.To != "", o.Value.Expr != nil} {
		if given {
			n++
		}
	}
	if n != 1 {
		report("", "on_error has one outcome: an action, `to` or `value`", "write skip, or {to: SINK}, or {value: …}")
	}
	if o.Tolerate != nil && o.Action == "fail" {
		report("tolerate", "`fail` tolerates nothing", "write `action: skip`, or `to: SINK`")
	}
}

type tolerate struct {
	Errors   int64   `flow:"errors" doc:"More failures than this end the run."`
	Ratio    float64 `flow:"ratio" doc:"A greater share of failures than this ends the run."`
	MinItems int64   `flow:"min_items" default:"100" doc:"How many items there must have been for the ratio to count."`
}

func (t *tolerate) Check(report func(option, message, help string)) {
	if t.Errors < 0 || t.Ratio < 0 || t.Ratio > 1 || t.MinItems < 0 {
		report("", "errors and min_items are 0 or more, and a ratio lies between 0 and 1", "")
	}
	if t.Errors == 0 && t.Ratio == 0 {
		report("", "nothing is tolerated that could be counted", "give `errors: 10`, or `ratio: 0.01`")
	}
}
