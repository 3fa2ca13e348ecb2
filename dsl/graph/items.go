package graph

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Items gives the type of what is read.
func (in Input) Items() flow.Type {
	switch in.Output {
	case "":
		return in.From.All()
	case "error":
		return Failure(in.From.Takes)
	}
	return in.From.Takes // a case of a step that only says where its items go
}

// Failure is the type of what becomes of an item that failed.
func Failure(item flow.Type) flow.Type {
	text, number := flow.Only(value.String), flow.Only(value.Int)
	return flow.ObjectOf(true, flow.Member{Name: "item", Type: item}, flow.Member{Name: "error", Type: flow.ObjectOf(true,
		flow.Member{Name: "type", Type: text}, flow.Member{Name: "message", Type: text}, flow.Member{Name: "step", Type: text},
		flow.Member{Name: "attempts", Type: number}, flow.Member{Name: "at", Type: flow.Only(value.Time)})})
}
