package operators

import (
	"reflect"

	"github.com/flowrun/flowrun/flow/value"
)

// accumulators are the states of an aggregate function, one for each group, whose number it has.
type accumulators interface {
	grow()       // for one more group
	clear(i int) // as if no item had come to the group
	// take takes the arguments of items, each into the state of its group. An error ends it at the position n.
	take(b *batch, arg int) (n int, err error)
	result(i int) value.Value
	size() int // bytes of a state, beside what it keeps
}

// batch is the arguments of items for each of which there is a group.
type batch struct {
	groups []uint32      // numbers
	which  []int32       // of the items that args has, those that are meant; nil: all
	args   []value.Value // of each item, so many, of which there are some at the beginning
	each   int
	held   []int64 // what is held more, by items of args
}

// counted is what a call without an argument has for one.
var counted = value.OfBool(true)

// states are accumulators of states that are a T each, the zero of which is that of no items. Add takes a value, telling how
// many bytes it holds more than before, and made gives what it makes of all.
type states[T any] struct {
	series[T]
	add  func(state *T, v value.Value) (held int64, err error)
	made func(state *T) value.Value
}

func statesOf[T any](add func(*T, value.Value) (int64, error), made func(*T) value.Value) func() accumulators {
	return func() accumulators { return &states[T]{add: add, made: made} }
}

func (s *states[T]) grow() { s.series.add() }

func (s *states[T]) clear(i int) { *s.at(i) = *new(T) }

func (s *states[T]) result(i int) value.Value { return s.made(s.at(i)) }

func (s *states[T]) size() int { return int(reflect.TypeFor[T]().Size()) }

func (s *states[T]) take(b *batch, arg int) (n int, err error) {
	for n, group := range b.groups {
		i, v := position(b.which, n), counted
		if arg >= 0 {
			v = b.args[i*b.each+arg]
		}
		held, err := s.add(s.at(int(group)), v)
		if err != nil {
			return n, err
		}
		b.held[i] += held
	}
	return len(b.groups), nil
}
