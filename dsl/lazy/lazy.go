// Package lazy makes regular expressions that are compiled when they are first used: most runs use none of them, and to
// compile them all takes longer than to load a pipeline.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp gives a regular expression, which the first call compiles.
func Regexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
