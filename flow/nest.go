package flow

import "time"

// Steps is an option that is a list of steps: a pipeline within the step, which the runtime runs as the options' Nest
// says. Its first step reads what the step is given; what its last step gives is what the step gives.
type Steps struct {
	Plan any // of the loader and the runtime; nil where there are no steps
}

// Nester is implemented by the options of a component that runs steps of its own.
type Nester interface {
	// Nest says how the steps are run; nil where these options have none.
	Nest() *Nest
}

// NestMode is when a step's own steps are begun, and in which order their results are given.
type NestMode string

// The modes. All but ByKey begin the steps anew for each item, and end them with it.
const (
	Each    NestMode = "each"    // of a Call: all of an item's results at once, when its steps have ended
	Concat  NestMode = "concat"  // one item after another
	Merge   NestMode = "merge"   // several items at once, results as they come
	Ordered NestMode = "ordered" // several items at once, results in the order of the items
	Latest  NestMode = "latest"  // an item's steps are cancelled when the next item comes
	ByKey   NestMode = "key"     // one pipeline for each key, which takes all of its items
)

// Nest is how a step runs the steps that it has of its own.
type Nest struct {
	Steps Steps
	Mode  NestMode
	Max   int // how many run at once, items or keys; 0 is no bound

	// Of ByKey.
	Key   Expr
	Idle  time.Duration // a key that got nothing for so long ends; 0 is never
	Evict bool          // past Max, the key that got nothing for longest ends; else the run does
}
