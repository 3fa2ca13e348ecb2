package expr

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// comparable reports whether any two values of the types have an order.
func comparable(l, r flow.Type) bool {
	if l.May(value.Int, value.Float) && r.May(value.Int, value.Float) {
		return true
	}
	for _, k := range []value.Kind{value.String, value.Time, value.Duration, value.Bytes} {
		if l.May(k) && r.May(k) {
			return true
		}
	}
	return false
}

// combinations are the kinds of operands that the operators take, and of what they give.
var combinations = map[string][]struct{ l, r, gives value.Kind }{
	"+": {
		{value.String, value.String, value.String}, {value.Time, value.Duration, value.Time}, {value.Duration, value.Time, value.Time},
		{value.Duration, value.Duration, value.Duration},
	},
	"-": {
		{value.Time, value.Time, value.Duration}, {value.Time, value.Duration, value.Time}, {value.Duration, value.Duration, value.Duration},
	},
	"*": {
		{value.Duration, value.Int, value.Duration}, {value.Duration, value.Float, value.Duration}, {value.Int, value.Duration, value.Duration},
		{value.Float, value.Duration, value.Duration},
	},
	"/": {
		{value.Duration, value.Duration, value.Float}, {value.Duration, value.Int, value.Duration}, {value.Duration, value.Float, value.Duration},
	},
}

// combine gives the type of what an operator gives; false if it has no meaning for any two values.
func combine(op string, l, r flow.Type) (flow.Type, bool) {
	var kinds []value.Kind
	if l.May(value.Int, value.Float) && r.May(value.Int, value.Float) {
		whole := l.May(value.Int) && r.May(value.Int)
		switch op {
		case "+", "-", "*":
			if l.May(value.Float) || r.May(value.Float) {
				kinds = append(kinds, value.Float)
			}
			if whole {
				kinds = append(kinds, value.Int)
			}
		case "%":
			if whole {
				kinds = append(kinds, value.Int)
			}
		default:
			kinds = append(kinds, value.Float)
		}
	}
	for _, c := range combinations[op] {
		if l.May(c.l) && r.May(c.r) {
			kinds = append(kinds, c.gives)
		}
	}
	if len(kinds) == 0 {
		return flow.Any, false
	}
	return flow.Only(kinds...), true
}
