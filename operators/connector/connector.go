// Package connector lists the components that reach outside systems, one folder each.
package connector

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators/connector/exec"
	"github.com/flowrun/flowrun/operators/connector/http"
)

// All gives every component that reaches an outside system, in the order of the reference.
func All() []*flow.Component {
	return slices.Concat(http.All(), exec.All())
}
