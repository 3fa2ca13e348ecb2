package dsl

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// The parts of a file that are not components, described as the options of components are.

// header is the top-level keys that are single values.
type header struct {
	Name        string         `flow:"name" doc:"The pipeline's name, for reports and metrics; the file's name unless given."`
	Description string         `flow:"description" doc:"What the pipeline does."`
	Version     int            `flow:"version" default:"1" doc:"The version of the language; 1 is the only one."`
	Timeout     time.Duration  `flow:"timeout" doc:"How long the run may take: then it drains, and exits with 4."`
	Drain       *time.Duration `flow:"drain" doc:"How long a stop may take until what is under way is cancelled; the longer of 30s and the longest timeout of an item unless given."`
	Memory      flow.Size      `flow:"memory" default:"512MiB" doc:"What operators such as sort, distinct and aggregate may hold, all together."`
}

func (h *header) Check(report func(option, message, help string)) {
	if h.Timeout < 0 {
		report("timeout", fmt.Sprintf("a run cannot take %v", h.Timeout), "write a duration such as 10m, or leave it out for no timeout")
	}
	if h.Drain != nil && *h.Drain < 0 {
		report("drain", fmt.Sprintf("a stop cannot take %v", *h.Drain), "write a duration such as 30s, or 0s to cancel at once")
	}
	if h.Memory == 0 {
		report("memory", "operators that may hold nothing can do nothing", "write a size such as 512MiB")
	}
}

// sections are the top-level keys that hold more than a value, with their docs.
var sections = []struct{ name, doc string }{
	{"params", "What the pipeline is given, by name: each a mapping with a type."},
	{"defaults", "Common keys for every step that they apply to, and `buffer` for every channel."},
	{"limits", "Limits by name, which the steps that name them share."},
	{"retries", "Retry policies by name, for the steps that name them."},
	{"breakers", "Breakers by name, which the steps that name them share."},
	{"budgets", "Budgets of retries by name, which the policies that name them share."},
	{"source", "Where the items come from."},
	{"sources", "Several sources by name, to be named by `from`."},
	{"steps", "The operators in order; each reads the one above it, unless its `from` names others."},
	{"sink", "Where the last step's output goes; standard output as JSON lines unless given."},
	{"sinks", "Several sinks by name, each with a `from`, or named by an `on_error: {to: …}`."},
}

type param struct {
	Type    string        `flow:"type,required" enum:"string,int,float,bool,duration,size,list,object,secret" doc:"What the value must be. A list or an object is JSON; a secret is never shown."`
	Default value.Value   `flow:"default" doc:"The value where nobody gives one; without it, one must be given."`
	Env     string        `flow:"env" doc:"The environment variable that gives the value."`
	Enum    []value.Value `flow:"enum" doc:"The only values allowed."`
	Doc     string        `flow:"doc" doc:"What the param is for."`
}

type defaults struct {
	Concurrency *concurrency `flow:"concurrency" doc:"For every call that has none of its own."`
	policies
	Hedge   *hedge   `flow:"hedge" doc:"For every call over a network that may be made twice."`
	OnError *onError `flow:"on_error" doc:"For every step that has none of its own."`
	Buffer  int      `flow:"buffer" doc:"How many items every channel holds, where no buffer step says otherwise."`
}

func (d *defaults) Check(report func(option, message, help string)) {
	(&flow.BufferOptions{Size: d.Buffer, Overflow: "block"}).Check(func(_, message, help string) { report("buffer", message, help) })
}

// policies are the keys of whatever asks something of the outside.
type policies struct {
	Retry   *retryUse   `flow:"retry" doc:"Whether and when a failed attempt is followed by another: a policy, the name of one under retries, a number of attempts, or none."`
	Timeout *timeouts   `flow:"timeout" doc:"How long things may take; a duration alone is that of an attempt."`
	Breaker *breakerUse `flow:"breaker" doc:"Stops calls to a side that fails until it has recovered: a policy, or the name of one under breakers."`
	Limits  []limitUse  `flow:"limits" doc:"The named limits to keep."`
}

type stepKeys struct {
	ID          string       `flow:"id" doc:"The name by which other steps, and reports, name this one."`
	From        []flow.Ref   `flow:"from" doc:"The steps or sources to read, in place of the step above; several are merged."`
	Description string       `flow:"description" doc:"What the step is for."`
	When        flow.Expr    `flow:"when" doc:"An item for which this is false passes by untouched."`
	OnError     *onError     `flow:"on_error" doc:"What becomes of an item that fails: fail (the default: the run stops), skip, emit, {to: …} or {value: …}."`
	Concurrency *concurrency `flow:"concurrency" doc:"How many items a call works on at once, and in which order the results come."`
	policies
	Hedge *hedge `flow:"hedge" doc:"Makes a copy of a call that takes long, and takes the first result."`
	Into  string `flow:"into" doc:"The field of the item that takes the result of a call."`
	Hints *hints `flow:"hints" doc:"What is known of a call, for warnings and sizes; nothing runs differently."`
}

type sourceKeys struct {
	ID          string     `flow:"id" doc:"The name by which steps, and reports, name this source."`
	Description string     `flow:"description" doc:"What the source is."`
	Schema      *flow.Type `flow:"schema" doc:"What its items are: a type such as int or string?, [string], or a mapping of fields to types. An item that is none is text that is no item."`
	policies
	Hints   *hints   `flow:"hints" doc:"What is known of its requests, for warnings; nothing runs differently."`
	OnError *onError `flow:"on_error" doc:"What becomes of text that is no item, such as a broken line: fail (the default), skip, {to: …} or {value: …}."`
}

type sinkKeys struct {
	ID          string     `flow:"id" doc:"The name by which reports name this sink."`
	From        []flow.Ref `flow:"from" doc:"The steps or sources to read; several are merged."`
	Description string     `flow:"description" doc:"What the sink is for."`
	policies
	OnError *onError `flow:"on_error" doc:"What becomes of an item that cannot be written: fail (the default), skip or {to: …}."`
}

type onError struct {
	Action   string       `flow:"action,short" enum:"fail,skip,emit" doc:"fail: the run stops. skip: the item is left out, and counted. emit: an error item stands in its place."`
	To       flow.Ref     `flow:"to" doc:"The sink or step that takes {item, error: {type, message, step, attempts, at}}."`
	Value    flow.Literal `flow:"value" scope:"error" doc:"What stands in place of the item."`
	Tolerate *tolerate    `flow:"tolerate" doc:"How many failures are too many."`
}

func (o *onError) Check(report func(option, message, help string)) {
	var outcomes []string
	for outcome, given := range map[string]bool{"action": o.Action != "", "to": o.To != "", "value": o.Value.Expr != nil} {
		if given {
			outcomes = append(outcomes, "`"+outcome+"`")
		}
	}
	slices.Sort(outcomes)
	switch {
	case len(outcomes) == 0:
		report("", "`on_error` says nothing about what becomes of the item", "add `action: skip`, `to: SINK` or `value: EXPRESSION`")
	case len(outcomes) > 1:
		report("", "`on_error` has one outcome, and here are "+strings.Join(outcomes, " and "), "keep one of them")
	case o.Tolerate != nil && o.Action == "fail":
		report("tolerate", "`fail` ends the run at the first failure, so there is nothing to tolerate", "write `action: skip`, or `to: SINK`")
	}
}

type tolerate struct {
	Errors   int64   `flow:"errors" doc:"More failures than this end the run."`
	Ratio    float64 `flow:"ratio" doc:"A greater share of failures than this ends the run."`
	MinItems int64   `flow:"min_items" default:"100" doc:"How many items there must have been for the ratio to count."`
}

func (t *tolerate) Check(report func(option, message, help string)) {
	switch {
	case t.Errors < 0:
		report("errors", fmt.Sprintf("%d is no number of failures", t.Errors), "write a number from 1 on")
	case t.Ratio < 0 || t.Ratio > 1:
		report("ratio", fmt.Sprintf("the ratio %g is not between 0 and 1", t.Ratio), "write 0.01 for one failure in a hundred items")
	case t.MinItems < 0:
		report("min_items", fmt.Sprintf("%d is no number of items", t.MinItems), "write a number from 0 on")
	case t.Errors == 0 && t.Ratio == 0:
		report("", "`tolerate` bounds nothing", "give `errors: 10` or `ratio: 0.01`, or leave `tolerate` out")
	}
}
