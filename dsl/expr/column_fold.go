package expr

import (
	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// folding makes the next state of the first variable, by steps on it and on columns, one after the other.
type folding struct {
	steps []foldStep
	when  *column // of what leaves the state as it is, where this does not hold; nil: nothing does
	not   bool    // where it does
}

// foldStep is an operator on the state and a column. Of a comparison, nothing but a choice can be made.
type foldStep struct {
	op    columnOp // colItem: what is in the column; colChoose: the same, where it compares so with the state
	with  *column
	swaps bool     // the state is the right operand
	is    uint8    // of a comparison and a choice: the orders of the column and the state for which it holds
	node  ast.Node // of a comparison: what is compared
}

// isState reports whether an operand is the state before.
func (o *operand) isState() bool { return o.place == variable && o.slot == 0 }

// state gives the steps that make an operand of the state before; false where something else does.
func (o *operand) state() ([]foldStep, bool) {
	if o.isState() {
		return nil, true
	}
	if f := o.folds; f != nil && f.when == nil && f.steps[len(f.steps)-1].op != colCompare {
		return f.steps, true
	}
	return nil, false
}

// foldingOf gives the folding that an operator on two operands is; nil where it is none.
func foldingOf(op columnOp, l, r *operand) *folding {
	steps, ok := l.state()
	step := foldStep{op: op, with: columnOf(r)}
	if !ok {
		steps, ok = r.state()
		step.with, step.swaps = columnOf(l), true
	}
	if !ok || step.with == nil || op == colModulo && step.swaps {
		return nil
	}
	return &folding{steps: append(steps[:len(steps):len(steps)], step)}
}

// comparedBy gives the folding that a comparison with the state is, for a choice to be made of it; nil where it is none.
func comparedBy(orders uint8, l, r *operand) *folding {
	f := foldingOf(colCompare, l, r)
	if f == nil || len(f.steps) > 1 || orders == same || orders == less|greater {
		return nil
	}
	s := &f.steps[0]
	if s.is, s.node = orders, l.node; !s.swaps {
		s.is, s.node = mirrored(orders), r.node
	}
	return f
}

// mirrored gives the orders that operands have the other way around.
func mirrored(orders uint8) uint8 { return orders&same | orders&less<<2 | orders&greater>>2 }

// foldingChoice gives the folding that a choice is; nil where it is none.
func foldingChoice(cond, yes, no *operand) *folding {
	not := yes.isState()
	if not {
		yes, no = no, yes
	}
	if !no.isState() {
		return nil
	}
	steps, ok := yes.state()
	if with := columnOf(yes); !ok && with != nil {
		steps, ok = []foldStep{{op: colItem, with: with}}, true
	}
	if !ok || len(steps) == 0 {
		return nil
	}
	if when := columnOf(cond); when != nil {
		return &folding{steps, when, not}
	}
	f := cond.folds
	if f == nil || f.steps[0].op != colCompare || steps[0].op != colItem || yes.node.String() != f.steps[0].node.String() {
		return nil
	}
	return &folding{steps: []foldStep{{op: colChoose, with: steps[0].with, swaps: not, is: f.steps[0].is}}}
}

// goes reports whether the steps make an int of an int, or a float of a float.
func (f *folding) goes(kind value.Kind, like *flow.Column) bool {
	if f.when != nil && f.when.kind(like) != value.Bool {
		return false
	}
	for _, s := range f.steps {
		with := s.with.kind(like)
		switch s.op {
		case colPlus, colMinus, colTimes:
			if !isNumeric(with) || kind == value.Int && with != kind {
				return false
			}
		case colDivide:
			if !isNumeric(with) || kind == value.Int {
				return false
			}
		case colModulo:
			if with != value.Int || kind != value.Int {
				return false
			}
		case colMin, colMax, colChoose, colItem:
			if with != kind {
				return false
			}
		default:
			return false
		}
	}
	return true
}
