package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// place says where the value of an operand stands.
type place uint8

const (
	computed place = iota // what its code gives
	constant              // in the operand: it is the same for every item
	item                  // `it`
	variable              // one of the operator's
	local                 // of a loop or a let
)

// operand is a compiled part of an expression. Its code computes it wherever it stands; what else is known of it lets
// whatever it is part of do without a call.
type operand struct {
	node  ast.Node
	code  code
	test  test // of a condition: what never gives anything but a bool
	place place
	slot  int         // of a variable or a local
	value value.Value // of a constant
	path  *path       // of a field of another operand
	ints  *ints       // of arithmetic with constants

	column *column  // of what can be computed for a column of items
	folds  *folding // of what makes a state of the state before and such a column
}

// What a closure calls is not inlined where the function that makes the closure is (Go 1.26): hence the functions here
// that make closures, and are small, are not to be inlined.

func computedBy(run code) operand { return operand{code: run} }

func constantly(v value.Value) code {
	return func(*flow.Scope) (value.Value, error) { return v, nil }
}

func constantOf(v value.Value) operand {
	return operand{place: constant, value: v, code: constantly(v)}
}

func theItem() operand {
	return operand{place: item, code: func(s *flow.Scope) (value.Value, error) { return s.It, nil }}
}

func variableAt(slot int) operand {
	return operand{place: variable, slot: slot, code: func(s *flow.Scope) (value.Value, error) {
		if slot < len(s.Vars) {
			return s.Vars[slot], nil
		}
		return value.Value{}, nil
	}}
}

func localAt(slot int) operand {
	return operand{place: local, slot: slot, code: func(s *flow.Scope) (value.Value, error) { return s.Locals[slot], nil }}
}

// condition gives the operand that a test computes.
//
//go:noinline
func condition(holds test) operand {
	return operand{test: holds, code: func(s *flow.Scope) (value.Value, error) {
		ok, err := holds(s)
		return value.OfBool(ok), err
	}}
}

// asTest gives what tests the operand; anything but a bool is an error.
//
//go:noinline
func (o operand) asTest() test {
	if o.test != nil {
		return o.test
	}
	run, n := o.code, o.node
	return func(s *flow.Scope) (bool, error) {
		v, err := run(s)
		if err == nil && v.Kind() != value.Bool {
			err = failure("%s is %s, not a bool", text(n), flow.Describe(v))
		}
		return v.Bool(), err
	}
}

// atHand reports whether the operand stands in the scope, where in reads it.
func (o *operand) atHand() bool { return o.place >= item }

// in reads an operand that is at hand.
func (o *operand) in(s *flow.Scope) value.Value {
	if o.place == item {
		return s.It
	}
	if o.place == local {
		return s.Locals[o.slot]
	}
	if o.slot < len(s.Vars) {
		return s.Vars[o.slot]
	}
	return value.Value{}
}

// isInt reports whether the operand is a constant int.
func (o *operand) isInt() bool { return o.place == constant && o.value.IsInt() }

// failure is an item error that names the part of the expression.
func failure(format string, args ...any) error {
	return flow.Typed("expression", fmt.Errorf(format, args...))
}

// text gives a part of an expression for a message.
func text(n ast.Node) string {
	s := n.String()
	if utf8.RuneCountInString(s) > 60 {
		s = string([]rune(s)[:59]) + "…"
	}
	return strings.ToValidUTF8(s, "�")
}
