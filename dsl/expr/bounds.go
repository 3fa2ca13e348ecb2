package expr

import (
	"errors"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Bounds on what one evaluation may do, so that none runs away.
const (
	maxSteps = 10_000_000 // turns of loops, and elements and stepText of text that functions go through within them
	maxRange = 1_000_000  // elements of a range
	maxText  = 64 << 20   // bytes of a string that is made
	maxMade  = 256 << 20  // bytes of a value that loops and lets make, which may hold one thing many times

	stepText = 16 // bytes
)

// spend counts steps.
func spend(s *flow.Scope, n ast.Node, steps int) error {
	if s.Steps += steps; s.Steps > maxSteps || s.Steps < 0 {
		return failure("%s takes more than %d steps", text(n), maxSteps)
	}
	return nil
}

// effort is how many steps it takes to go through a value, not into its parts.
func effort(v value.Value) int {
	if k := v.Kind(); k == value.String || k == value.Bytes {
		return v.Len() / stepText
	}
	return v.Len()
}

// spendOn counts the steps of going through a value and all its parts.
func spendOn(s *flow.Scope, n ast.Node, v value.Value) error {
	if err := bounded(n, v); err != nil {
		return err
	}
	return spend(s, n, v.SizeUpTo(maxMade)/stepText)
}

// bounded is the failure of a value that holds more than any may, or is nested so deep that what goes through it, to write it or
// to compare it, might exhaust its stack, as one made by a loop of which each turn holds the result of the turn before.
func bounded(n ast.Node, v value.Value) error {
	if k := v.Kind(); k != value.List && k != value.Object {
		return nil
	}
	switch size, deeper := v.SizeWithin(maxMade, value.MaxDepth); {
	case deeper:
		return failure("%s is about a value nested deeper than %d lists and objects", text(n), value.MaxDepth)
	case size > maxMade:
		return failure("%s is about a value of more than 256 MiB", text(n))
	}
	return nil
}

// errTooMany is the failure of a function that would make a list of too many elements, be they what they may.
var errTooMany = errors.New("makes a list of more than 256 MiB")

// errTooLarge is the failure of a function that would make a value that holds too much, be it what it may.
var errTooLarge = errors.New("makes a value of more than 256 MiB")

// elementBytes is what an element takes in a list.
const elementBytes = 24

// errTooLong is the failure of a function that would make too long a string.
var errTooLong = errors.New("makes text of more than 64 MiB")

func tooLong(n ast.Node) error { return failure("%s makes text of more than 64 MiB", text(n)) }
