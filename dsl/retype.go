package dsl

import (
	"maps"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// retype decodes a node's options once more, now that it is known what comes. What is wrong then, and was not before,
// is a mistake about the items. Where what comes is only likely, it is a warning, and the options stay as they were.
func (l *loader) retype(d *draft, in incoming, t *flow.Typing) {
	c := d.node.Component
	_, nests := d.node.Options.(flow.Nester)
	guess := in.By != ""
	if c.Traits.Buffer || nests && guess || len(d.node.In) == 0 && c.Sees == nil || c.Traits.Beside && len(in.ports) != 2 {
		return
	}
	before, options, weight, broken := *l.diags, d.node.Options, d.node.Weight, d.wrong
	outer, typing, outerFailed := l.dec.Expr.Types, l.typing, l.failed
	if l.typing, l.failed = true, in.failed; passes(d.node) {
		l.failed = nil
	}
	l.settle(d, t)
	l.dec.Expr.Types, l.typing, l.failed = outer, typing, outerFailed
	found := *l.diags
	*l.diags = before
	fresh := slices.DeleteFunc(found, func(x diag.Diagnostic) bool {
		return !strings.HasPrefix(x.Code, "FR4") || slices.ContainsFunc(before, func(old diag.Diagnostic) bool { return old.File == x.File && old.Range == x.Range })
	})
	wrong := slices.ContainsFunc(fresh, func(x diag.Diagnostic) bool { return x.Severity == diag.Error })
	if guess {
		for i := range fresh {
			fresh[i].Severity = diag.Warning
			fresh[i].Message += ", by " + in.By
		}
	}
	if *l.diags = append(*l.diags, fresh...); wrong || broken {
		d.node.Options, d.node.Weight = options, weight
		d.wrong = broken || !guess
	}
}

// rounds bounds how often a type that depends on itself may grow until it is taken for any.
const rounds = 4

// settle decodes a node's options with the types of what its expressions see, until these are what the expressions themselves
// make them: the state of a fold is what its next state is made of.
func (l *loader) settle(d *draft, t *flow.Typing) {
	again := *t
	again.Again = true
	if d.sees = map[string]flow.Type{"it": d.node.Takes, "key": l.key, "error": failure}; d.node.Component.Sees != nil {
		l.dec.Expr.Types, l.typing = d.sees, false
		l.options(d, d.options) // what it begins with is made of what comes
		l.typing = true
		d.sees = l.sees(d, t)
	}
	seen := map[diag.Range]diag.Diagnostic{} // as it was first found: what is wrong adds null to what it is made of
	for round := 0; ; round++ {
		*l.diags = nil
		l.dec.Expr.Types = d.sees
		l.options(d, d.options)
		d.wrong = false // but for what is fresh
		l.common(d)
		for i, x := range *l.diags {
			if first, known := seen[x.Range]; known {
				(*l.diags)[i] = first
			} else {
				seen[x.Range] = x
			}
		}
		grown, settled := l.sees(d, &again), true
		for name, of := range grown {
			old := d.sees[name]
			if of.Equal(old) {
				continue
			}
			if grown[name] = old.Or(of); grown[name].Equal(old) {
				continue
			}
			if settled = false; round >= rounds {
				grown[name] = flow.Any
			}
		}
		if settled {
			return
		}
		d.sees = grown
	}
}

// common decodes those of the common keys that hold expressions.
func (l *loader) common(d *draft) {
	if d.usable == nil {
		return
	}
	var k stepKeys
	l.dec.Decode(d.usable, &k, d.place)
	l.when(d, k.When)
	if k.OnError != nil && k.OnError.Value.Expr != nil {
		d.node.OnError.Value = k.OnError.Value.Expr
	}
}

// sees gives the types of what a node's expressions name.
func (l *loader) sees(d *draft, t *flow.Typing) map[string]flow.Type {
	out := map[string]flow.Type{"it": d.node.Takes, "key": l.key, "error": failure}
	if sees := d.node.Component.Sees; sees != nil {
		maps.Copy(out, sees(d.node.Options, t))
	}
	return out
}

// failure is the type of `error`; only what decides on another attempt knows of a status.
var failure = func() flow.Type {
	record := graph.Failure(flow.Any)
	of, _ := record.Field("error")
	fields, _ := of.Fields()
	return flow.ObjectOf(true, append(slices.Clone(fields), flow.Member{Name: "status", Type: flow.Only(value.Int), Optional: true})...)
}()
