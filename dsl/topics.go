package dsl

import (
	"reflect"

	"github.com/flowrun/flowrun/dsl/config"
)

// Topic is keys of a file that belong to no component, as the reference shows them.
type Topic struct {
	Name    string
	Doc     string
	Options []config.Option
}

// Topics gives the parts of a file: its top, what is declared there, and the common keys, each of which that has keys of its
// own is a part, too.
func Topics() []Topic {
	top := config.Options(reflect.TypeFor[header]())
	for _, s := range sections {
		top = append(top, config.Option{Name: s.name, Type: "mapping", Doc: s.doc})
	}
	topics := []Topic{
		{"pipeline", "The keys at the top of a file.", top},
		{"params", "A param: `params: {NAME: {type: int}}`.", config.Options(reflect.TypeFor[param]())},
		{"limits", "A limit that steps share by its name: `limits: {NAME: {concurrency: 3}}`.", config.Options(reflect.TypeFor[limit]())},
		{"budgets", "A bound on retries that steps share by its name: `budgets: {NAME: {ratio: 0.2}}`.", config.Options(reflect.TypeFor[budget]())},
	}
	source, step, sink := config.Options(reflect.TypeFor[sourceKeys]()), config.Options(reflect.TypeFor[stepKeys]()), config.Options(reflect.TypeFor[sinkKeys]())
	topics = append(topics,
		Topic{"source", "The keys of a source, beside its component.", withoutFields(source)},
		Topic{"steps", "The keys of a step, beside its component. Those from `concurrency` on are for calls, and some sources and sinks have them, too.", withoutFields(step)},
		Topic{"sink", "The keys of a sink, beside its component.", withoutFields(sink)},
	)
	for _, o := range step {
		if o.Fields != nil && o.Name != "limits" {
			topics = append(topics, Topic{o.Name, o.Doc, o.Fields})
		}
	}
	return topics
}

// withoutFields gives options without what is within them.
func withoutFields(options []config.Option) []config.Option {
	out := make([]config.Option, len(options))
	for i, o := range options {
		o.Fields = nil
		out[i] = o
	}
	return out
}
