package flow

import (
	"fmt"

	"github.com/flowrun/flowrun/flow/value"
)

// Steps that the loader or the planner puts something else in the place of: see Traits.

// UseOptions are the options of the use step: the file whose steps stand in its place, and what it is given.
type UseOptions struct {
	File string                 `flow:"file,required,short" doc:"The file of the steps; a relative path starts at the file that names it."`
	With map[string]value.Value `flow:"with" doc:"What its params are given, by name: data, in which text may be a template of the params of this file."`
}

// BufferOptions are the options of the buffer step: the bound of the edge in its place.
type BufferOptions struct {
	Size     int    `flow:"size,required,short" doc:"How many items the channel at this place holds."`
	Bytes    Size   `flow:"bytes" doc:"How many bytes it holds, estimated; 0 is no bound beside size."`
	Overflow string `flow:"overflow" default:"block" enum:"block,drop_newest,drop_oldest,latest,fail" doc:"What a full channel does: wait (block), drop the arriving item, drop the oldest queued item, keep only the latest item, or fail the run."`
}

// Check finds sizes with which no item would pass.
func (o *BufferOptions) Check(report func(option, message, help string)) {
	switch {
	case o.Size < 0:
		report("size", fmt.Sprintf("a channel cannot hold %d items", o.Size), "write 0 or more")
	case o.Size == 0 && (o.Bytes > 0 || o.Overflow != "block" && o.Overflow != "latest"):
		report("size", "a buffer without any place lets no item pass", "write 1 or more")
	}
}
