// Package operators is the sources, operators and sinks that every flowrun has, one file each.
package operators

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators/connector"
)

// All gives every component, in the order of the reference.
func All() []*flow.Component {
	return append([]*flow.Component{
		items(), rangeSource(), generate(), interval(), stdin(), fileSource(),
		mapOp(), filter(), set(), keep(), drop(), flatMap(), enumerate(), tap(), parse(), format(),
		take(), skip(), takeWhile(), skipWhile(),
		fold(), scan(), reduce(), collect(), count(), aggregate(), sortOp(), top(),
		chunks(),
		sleep(), throttle(),
		buffer(),
		merge(), concat(),
		groupBy(),
		distinct(), changes(),
		each(),
		stdout(), fileSink(), discard(),
	}, connector.All()...)
}
