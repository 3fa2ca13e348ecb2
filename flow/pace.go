package flow

// Pace is how many items a step gives for those that it takes. Where branches meet again, it tells whether they stay in
// step. What a component's traits say need not be said again: One is a Per of 1.
type Pace struct {
	Per  int64 // it gives one item for each so many, as it takes the last of them; of a Join, for each so many of every input. 0: that depends
	Most int64 // it gives so many at most, in all; with the trait Cuts it wants no more then. 0: there is no bound
}

// PaceOf makes a component say its pace, from its options.
func PaceOf[O any](f func(o *O) Pace) func(options any) Pace {
	return func(options any) Pace { return f(options.(*O)) }
}

// GivesOne is the pace of a component that gives one result, if any.
func GivesOne(any) Pace { return Pace{Most: 1} }

// Hold is when a Join leaves the items of an input where they are.
type Hold int

// The holds.
const (
	Never   Hold = iota // it takes them whatever becomes of the other input
	InTurn              // while it is ahead of the other input: it takes as many items of each
	Behind              // while the other input gives nothing, however many wait meanwhile
	Loading             // until the other input has ended, and until then nothing is given
	Sparing             // while it is far ahead of the other input, to hold less; it takes them all the same where Env.Unheld asks for that
)

// Holder is implemented by the options of a Join that is Choosy or has the trait Sequential: it says when the items of an
// input, by port, wait for another input. Ahead is, of InTurn, how many items of the other input it may want
// beyond those of this one that it has taken.
type Holder interface {
	Holds(port, other int) (h Hold, ahead int64)
}
