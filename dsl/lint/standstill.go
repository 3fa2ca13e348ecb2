package lint

import (
	"fmt"
	"strings"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// standing reports the standstills of a cause, those of the steps within steps included.
func standing(cause graph.Cause, say func(s *graph.Standstill, within bool) (message, help string)) func(p *pass) {
	return func(p *pass) {
		look := func(found []*graph.Standstill, within bool) {
			for _, s := range found {
				if s.Cause == cause {
					message, help := say(s, within)
					p.report(s.Join, nil, message, help)
				}
			}
		}
		look(p.Plan.Standstills(-1), false)
		p.Plan.Walk(func(n *graph.Node) {
			nest, inner := n.Nest()
			switch {
			case inner == nil:
			case nest.Mode == flow.ByKey:
				look(inner.Standstills(-1), true)
			default:
				look(inner.Standstills(1), true)
			}
		})
	}
}

// meanwhile tells what is waited for, and what fills up.
func meanwhile(s *graph.Standstill) string {
	text := fmt.Sprintf("while `%s` waits for %v, the items of %v wait, too", s.Join.ID, s.While, s.Held)
	fork, heldIt, wantsIt := graph.Input{From: s.Fork}, s.Held.From == s.Fork, s.Other.From == s.Fork
	switch {
	case s.Wants != s.Join && wantsIt:
		text += fmt.Sprintf(", and so does `%s` for items of %v, and `%s` in the end for `%s`", s.Wants.ID, s.Other, s.Join.ID, s.Wants.ID)
	case s.Wants != s.Join:
		text += fmt.Sprintf(", and so does `%s` for %v, which comes of %v, and `%s` in the end for `%s`", s.Wants.ID, s.Other, fork, s.Join.ID, s.Wants.ID)
	case heldIt && wantsIt:
		text += fmt.Sprintf(", and both come of %v", fork)
	case heldIt:
		text += fmt.Sprintf(", and %v comes of them", s.Other)
	case wantsIt:
		text += fmt.Sprintf(", which come of %v", s.Other)
	default:
		text += fmt.Sprintf(", and both come of %v", fork)
	}
	if heldIt {
		return text + fmt.Sprintf(": when %d wait, all stand still", s.Room)
	}
	return text + fmt.Sprintf(": when %s of %v wait, all stand still", count(int(s.Room), "item", "items"), fork)
}

func every(n int64) string {
	if n == 1 {
		return "each"
	}
	return fmt.Sprintf("every %d", n)
}

// most is the largest buffer that is worth a proposal.
const most = 1_000_000

// roomier tells how a way gets the room that it needs; "" if that would be too much.
func roomier(s *graph.Standstill) string {
	size, at := s.Cure()
	held := near(s.Join, s.Held.From)
	if s.Held.Output != "" {
		held += "." + s.Held.Output
	}
	switch {
	case size == 0 || size > most:
		return ""
	case at != nil:
		return fmt.Sprintf("let `%s` hold %d items", near(s.Join, at), size)
	case s.First == s.Join:
		return fmt.Sprintf("let `%s` read `%s` by way of a buffer: `- {id: wait, from: %s, buffer: %d}`", near(s.Join, s.Join), held, held, size)
	}
	file := s.Join
	if folder(s.First) == folder(s.Fork) {
		file = s.First
	}
	return fmt.Sprintf("put a buffer before `%s`, to be read by it: `- {from: %s, buffer: %d}`", near(file, s.First), near(file, s.Fork), size)
}

// near gives the name that a node has in the file of another: of steps of a file that is used there, that of the step that
// uses it.
func near(at, n *graph.Node) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(n.ID, folder(at)), "/")
	return name
}

// folder gives what the id of a node begins with, and those of all others in its file.
func folder(n *graph.Node) string { return n.ID[:strings.LastIndexByte(n.ID, '/')+1] }

// or joins what may be done.
func or(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "; or " + second
}

var standstills = []*Rule{{
	ID: "D01", Severity: diag.Error, Right: true, Title: "branches that give different numbers of items, taken in turn",
	Doc: "`zip` by position and `interleave` take as many items of each input. When the inputs are branches of one step and one of them gives fewer, as " +
		"it leaves some out or makes one of several, the other is ahead by ever more: its channels fill, the step that feeds both cannot give it " +
		"another item, and so gives none to the branch that is waited for. No buffer is large enough. Pair what came of the same item, by `align: lineage`; " +
		"or take the items as they come, by `merge` or `zip_latest`.",
	Bad:  "source: {range: {from: 1, to: 100000}}\nsteps:\n  - id: n\n    map: it\n  - id: odd\n    filter: it % 2 == 1\n  - zip: [n, odd]\n",
	Good: "source: {range: {from: 1, to: 100000}}\nsteps:\n  - id: n\n    map: it\n  - id: odd\n    filter: it % 2 == 1\n  - zip: {inputs: [n, odd], align: lineage}\n",
	find: standing(graph.Diverging, func(s *graph.Standstill, _ bool) (message, help string) {
		why := fmt.Sprintf("nobody can say that %v gives as many items as %v", s.Other, s.Held)
		if s.Per[0] > 0 && s.Per[1] > 0 {
			why = fmt.Sprintf("%v gives an item for %s of `%s`, and %v for %s", s.Other, every(s.Per[1]), s.Fork.ID, s.Held, every(s.Per[0]))
		}
		return why + ": " + meanwhile(s), or("use `zip` with `align: lineage`, `merge` or `zip_latest`", roomier(s))
	}),
}, {
	ID: "D02", Severity: diag.Error, Right: true, Title: "a branch that holds less than the other one keeps",
	Doc: "Two branches of one step give as many items, but one of them later: it keeps some, or several of its items are taken before one of the other. Those " +
		"of the other wait in its channels meanwhile. When these hold fewer, they fill up, and the step that feeds both stands still. A `buffer` in that " +
		"branch, as large as the message says, cures it for good; `buffer: auto` finds the size by itself.",
	Bad: "source: {range: {from: 1, to: 100000}}\nsteps:\n  - id: n\n    map: it\n  - id: a\n    map: it * 10\n  - id: b\n    map: -it\n    from: n\n" +
		"  - interleave: {inputs: [a, b], k: 2500}\n",
	Good: "source: {range: {from: 1, to: 100000}}\nsteps:\n  - id: n\n    map: it\n  - id: a\n    map: it * 10\n  - buffer: auto\n    from: n\n  - id: b\n    map: -it\n" +
		"  - interleave: {inputs: [a, b], k: 2500}\n",
	find: standing(graph.Short, func(s *graph.Standstill, _ bool) (message, help string) {
		return meanwhile(s), or(roomier(s), "use `merge` or `zip_latest`")
	}),
}, {
	ID: "D03", Severity: diag.Error, Right: true, Title: "branches of one source, read one after another",
	Doc: "`concat` reads its second input when the first has ended, `join` its items when the table is complete, and `merge_sorted` leaves an input where it is " +
		"until the others have given something greater. Meanwhile the items of that branch wait in its channels; these fill, and then the step that " +
		"feeds both stands still, the branch that is waited for included. Nothing goes on. A branch that ends in a result, such as a `count`, does not wait, " +
		"nor does one that a `take` ends before its channels are full.",
	Bad:  "source: {range: {from: 1, to: 100000}}\nsteps:\n  - id: a\n    map: it\n  - id: b\n    map: it * 2\n    from: range\n  - concat: [a, b]\n",
	Good: "source: {range: {from: 1, to: 100000}}\nsteps:\n  - id: a\n    map: it\n  - id: b\n    map: it * 2\n    from: range\n  - merge: [a, b]\n",
	find: standing(graph.Starving, func(s *graph.Standstill, within bool) (message, help string) {
		if !s.Join.Component.Traits.Beside {
			help = "use `merge`"
		}
		if !within {
			help = or(help, "read the source twice, under two names")
		}
		return meanwhile(s), or(help, roomier(s))
	}),
}}
