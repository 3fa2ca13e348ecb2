package flow

import (
	"testing"

	"github.com/flowrun/flowrun/flow/value"
)

// reluctant computes in columns for the first item of each only.
type reluctant struct{ tried *int }

func (reluctant) String() string                     { return "it" }
func (reluctant) Eval(s *Scope) (value.Value, error) { return value.OfBool(true), nil }
func (reluctant) Takes(*Column) bool                 { return true }
func (r reluctant) Funcs() (func(*Scope) (value.Value, error), func(*Scope) (bool, error)) {
	return r.Eval, func(*Scope) (bool, error) { return true, nil }
}

func (r reluctant) Columns(*Column) Columns {
	return Columns{
		Make: func(in Column, _ *Room) Column { *r.tried += in.Len(); return in.Cut(0, 1) },
		Test: func(in Column, room []bool) []bool { *r.tried += in.Len(); room[0] = true; return room[:1] },
	}
}

// Columns that give up again and again are not tried for each item: that would cost its square.
func TestColumnsThatDoNotPayAreLeft(t *testing.T) {
	items := make([]Item, MaxColumn)
	for i := range items {
		items[i].Value = value.OfInt(int64(i))
	}
	for what, items := range map[string]func(e Expr) ([]Item, error){
		"filter": func(e Expr) ([]Item, error) { _, out, err := NewFilter(e).Items(&Scope{}, items, nil); return out, err },
		"map":    func(e Expr) ([]Item, error) { _, out, err := NewMapper(e).Items(&Scope{}, items, nil); return out, err },
	} {
		tried := 0
		out, err := items(reluctant{&tried})
		if err != nil || len(out) != MaxColumn || tried > 2*MaxColumn {
			t.Errorf("%s: %d items, %d tried, %v", what, len(out), tried, err)
		}
	}
}
