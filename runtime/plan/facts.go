package plan

import "encoding/json"

// Explanation is what can be said of a layout: for people, and for tools.
type Explanation struct {
	Pipeline   string       `json:"pipeline,omitempty"` // none of steps within a step
	Workers    int          `json:"workers"`            // goroutines that may compute in one stage at once
	Goroutines Bound        `json:"goroutines"`         // at once, at most
	Stages     []StageFacts `json:"stages"`             // upstream first
	Channels   []Channel    `json:"channels"`
	Shared     []Shared     `json:"shared,omitempty"` // limits, breakers and budgets that have a name
	Memory     *Memory      `json:"memory,omitempty"` // none of steps within a step
	Pace       *Pace        `json:"pace,omitempty"`   // what the hints say of the throughput
	Slow       []string     `json:"slow,omitempty"`   // what keeps the pipeline from working on more at once
	Faults     []string     `json:"faults,omitempty"` // for which it would not start
}

// Bound is how many there are at most; Unbounded where nothing bounds them, which JSON shows as null.
type Bound int

// MarshalJSON gives the number, or null.
func (b Bound) MarshalJSON() ([]byte, error) {
	if b == Bound(Unbounded) {
		return []byte("null"), nil
	}
	return json.Marshal(int(b))
}

func (b Bound) plus(c Bound) Bound {
	if b == Bound(Unbounded) || c == Bound(Unbounded) {
		return Bound(Unbounded)
	}
	return b + c
}

func (b Bound) times(n Bound) Bound {
	switch {
	case b == 0 || n == 0:
		return 0
	case b == Bound(Unbounded) || n == Bound(Unbounded):
		return Bound(Unbounded)
	}
	return b * n
}

// StageFacts are the facts of a stage.
type StageFacts struct {
	Name       string      `json:"name"` // of its first step
	Kind       string      `json:"kind"` // source, compute, call, join, buffer, steps or sink
	Steps      []StepFacts `json:"steps"`
	Apart      string      `json:"apart,omitempty"`     // why it is not one with the stage before it
	Single     string      `json:"single,omitempty"`    // why one goroutine does all of its computing
	Singly     string      `json:"singly,omitempty"`    // why its steps take one item after another, and not many at a time
	Workers    int         `json:"workers,omitempty"`   // goroutines that compute at once, where there are several
	Blocks     int         `json:"blocks,omitempty"`    // of items, or of the source's input, that they have under way at most
	Encodes    string      `json:"encodes,omitempty"`   // the sink that these encode for
	Order      string      `json:"order"`               // of what it gives: input, completion, key, mixed, join or result
	WhyOrder   string      `json:"why_order,omitempty"` // what makes it so
	Goroutines Bound       `json:"goroutines"`          // at once, at most
	Holds      Bound       `json:"holds"`               // items at most, beside those in channels and those that its steps keep
}

// StepFacts are the facts of a source, a step or a sink.
type StepFacts struct {
	ID        string       `json:"id"`
	Component string       `json:"component"`
	Place     string       `json:"place"` // source, step or sink
	Line      int          `json:"line"`
	File      string       `json:"file,omitempty"`    // in which that line is, where it is not the pipeline's own
	Options   string       `json:"options,omitempty"` // as written, in short
	Takes     string       `json:"takes,omitempty"`
	Gives     string       `json:"gives,omitempty"`
	Reads     []string     `json:"reads,omitempty"` // the parts of the item that its expressions name
	Used      *Used        `json:"used,omitempty"`  // of a source: what of its items anybody reads
	Weight    int          `json:"weight_ns,omitempty"`
	Shards    int          `json:"shards,omitempty"` // that what it keeps is in, where several goroutines come to it, one at a time to each
	Failed    string       `json:"failed"`           // what becomes of an item that fails
	Calls     *CallFacts   `json:"calls,omitempty"`  // of what asks something of the outside
	Inner     *Explanation `json:"inner,omitempty"`  // of its own steps
}

// Channel is a bounded queue between two stages.
type Channel struct {
	From     string   `json:"from"`             // the step that gives; "" is what is given to steps within a step
	Output   string   `json:"output,omitempty"` // of that step: "" is the main one
	To       string   `json:"to"`               // the stage that reads; "" is what steps within a step give
	Capacity int      `json:"capacity"`         // items
	Why      string   `json:"why"`
	Buffers  []string `json:"buffers,omitempty"` // the steps whose size it has
	Type     string   `json:"type,omitempty"`    // of the items
}

// Shared is a policy that steps share by its name.
type Shared struct {
	Kind  string   `json:"kind"` // limit, breaker or budget
	Name  string   `json:"name"`
	What  string   `json:"what"`
	File  string   `json:"file,omitempty"` // where that is not the pipeline's own
	Line  int      `json:"line"`
	Steps []string `json:"steps"`
}
