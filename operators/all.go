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
		mapOp(), filter(), set(), keep(), drop(), flatMap(), mapWhile(), enumerate(), tap(), parse(), format(), expand(),
		take(), skip(), takeWhile(), skipWhile(), takeUntil(), atMost(), sample(), first(),
		fold(), scan(), reduce(), collect(), count(), aggregate(), anyOp(), allOp(), sortOp(), top(),
		chunks(), readyChunks(), window(),
		throttle(), debounce(), delay(), sleep(), keepAlive(),
		buffer(), conflate(), use(),
		merge(), concat(), interleave(), zip(), zipLatest(), mergeSorted(), join(),
		route(), partition(), balance(), groupBy(),
		distinct(), changes(),
		each(),
		stdout(), fileSink(), discard(),
	}, connector.All()...)
}
