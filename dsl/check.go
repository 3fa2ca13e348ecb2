package dsl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// unread reports outputs that nobody reads: their items would be lost, or stand in the way.
func (l *loader) unread() {
	for _, d := range l.drafts {
		switch {
		case d.place == "sink" || l.unsure || d == l.end:
		case l.routes(d):
			l.untaken(d)
		case d.last().read:
		case d.node.Component == graph.Entry:
			l.dec.At(d.at, "FR305", "none of these steps reads the item that they are given", "leave out the `from` of the first")
		case l.inside:
			l.dec.At(d.at, "FR305", fmt.Sprintf("nobody reads the output of `%s`", d.node.ID), fmt.Sprintf("read it by `from: %s`, or leave it out", d.node.ID))
		default:
			l.dec.At(d.at, "FR305", fmt.Sprintf("nobody reads the output of `%s`", d.node.ID), fmt.Sprintf("read it by `from: %s`, put its items into a `discard` sink, or leave it out", d.node.ID))
		}
	}
}

// routes reports whether a node has several outputs and none beside them.
func (l *loader) routes(d *draft) bool {
	c := d.last().node.Component
	return c != nil && c.Kind() == flow.KindRouter
}

// untaken reports outputs of a router that nobody reads.
func (l *loader) untaken(d *draft) {
	for _, output := range d.last().node.Outputs() {
		if !slices.Contains(d.last().taken, output) {
			name := d.node.ID + "." + output
			help := fmt.Sprintf("read it by `from: %s`, or put its items into a sink: `sinks: {nowhere: {discard: {}, from: %s}}`", name, name)
			if l.inside {
				help = fmt.Sprintf("read it by `from: %s`", name)
			}
			l.dec.At(d.at, "FR305", fmt.Sprintf("nobody reads the output `%s`", name), help)
		}
	}
}

// aim finds where an on_error for several steps sends failed items.
func (l *loader) aim(s *standard) {
	if s == nil || s.to == nil {
		return
	}
	if s.target, _ = l.resolve(*s.to); s.target != nil {
		s.target.targeted = true
	}
}

// byDefault applies the on_error of steps that use files, then that of the defaults, to the steps that have none of their
// own.
func (l *loader) byDefault() {
	var all []*draft
	for _, d := range l.drafts {
		if d.fragment != nil {
			l.otherwise(d.standard, d.fragment.flat(), fmt.Sprintf("no step of `%s`", d.fragment.file.Name), "leave it out")
		}
		all = append(all, d.flat()...)
	}
	l.otherwise(l.fallback, all, "no step", "leave the default out")
}

// otherwise applies an on_error to the steps that have none of their own. Failed items are not sent to a node from which
// they would come back.
func (l *loader) otherwise(s *standard, all []*draft, nobody, help string) {
	if s == nil || s.OnError == nil {
		return
	}
	policy := graph.OnError{Action: s.OnError.Action, Value: s.OnError.Value.Expr, Tolerance: tolerance(s.OnError)}
	if policy.Value != nil {
		policy.Action = "value"
	}
	routed := false
	for _, d := range all {
		if d.place != "step" || d.node.OnError.Action != "" || d.noErrors || d.broken {
			continue
		}
		switch {
		case s.to == nil:
			d.node.OnError = policy
		case s.target != nil && !leads(s.target.node, d.node, map[*graph.Node]bool{}):
			policy.Action = "to"
			d.node.OnError = policy
			l.route(d, *s.to)
			routed = true
		}
	}
	if s.target != nil && !routed && !l.unsure {
		l.dec.At(s.to.at, "FR305", fmt.Sprintf("%s sends its failed items to `%s`", nobody, s.to.name), help)
	}
}

// leads reports whether items of one node come to the other, or it is the other.
func leads(from, to *graph.Node, seen map[*graph.Node]bool) bool {
	if from == to {
		return true
	}
	if seen[to] {
		return false
	}
	seen[to] = true
	return slices.ContainsFunc(to.In, func(in graph.Input) bool { return leads(from, in.From, seen) })
}

// cycles reports nodes that, in the end, read their own output. Each circle is reported once.
func (l *loader) cycles() {
	before := len(*l.diags)
	defer func() { l.unsure = l.unsure || len(*l.diags) > before }()
	at := map[*graph.Node]*draft{}
	for _, d := range l.drafts {
		for _, x := range d.flat() { // a file that is used is one step here: it has no circle of its own
			at[x.node] = d
		}
	}
	var path []*draft
	done := map[*draft]bool{}
	var visit func(d *draft)
	visit = func(d *draft) {
		if start := slices.Index(path, d); start >= 0 {
			names := []string{d.node.ID} // the path goes upstream
			for i := len(path) - 1; i >= start; i-- {
				names = append(names, path[i].node.ID)
			}
			l.dec.At(d.at, "FR306", "the items would go in a circle: "+strings.Join(names, " → "), "let one of these steps read another")
			return
		}
		if done[d] {
			return
		}
		path = append(path, d)
		for _, in := range d.node.In {
			visit(at[in.From])
		}
		path = path[:len(path)-1]
		done[d] = true
	}
	for _, d := range l.drafts {
		visit(d)
	}
}

// exclusive reports nodes that need the same thing for themselves, such as a file to write.
func exclusive(all []*draft) {
	owners := map[[2]string]*draft{}
	for _, d := range all {
		x, ok := d.node.Options.(flow.Exclusive)
		if !ok || d.wrong || x.Exclusive() == "" {
			continue
		}
		key := [2]string{d.place, x.Exclusive()}
		if other := owners[key]; other != nil {
			d.in.dec.At(d.at, "FR208", fmt.Sprintf("`%s` and `%s` both use %s", other.node.ID, d.node.ID, x.Exclusive()), "use it once: several steps share a sink by `from: [a, b]`, and a source may have several readers")
			continue
		}
		owners[key] = d
	}
}

// live reports sinks that failed items go to, and that cannot show each at once.
func (l *loader) live() {
	for _, d := range l.ofPlace("sink") {
		x, ok := d.node.Options.(flow.LiveChecker)
		if ok && slices.ContainsFunc(d.node.In, func(in graph.Input) bool { return in.Output == "error" }) {
			x.CheckLive(func(_, message, help string) { l.dec.At(d.at, "FR208", message, help) })
		}
	}
}

// followed reports joins by lineage whose items cannot be followed from where their inputs part.
func (l *loader) followed(all []*draft) {
	for _, d := range all {
		o, ok := d.node.Options.(graph.Lineage)
		if !ok || !o.ByLineage() || d.wrong || l.unsure || d.in.unsure {
			continue
		}
		_, _, parting := d.node.Parted()
		if parting == nil {
			continue
		}
		at := child(d.options, "align")
		if at == nil {
			at = d.at
		}
		help := "let its inputs come of one step; or pair them by the nth item of each (`align: position`), or by a key (`join`)"
		if parting.At != nil {
			help = fmt.Sprintf("put `%s` before the branches part, or behind `%s`; or pair by a key (`join`)", parting.At.ID, d.node.ID)
		}
		d.in.dec.At(at, "FR310", "what belongs together cannot be followed here: "+parting.Why, help)
	}
}
