package plan

import (
	"fmt"
	"slices"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
)

// run is neighbouring operators that look at one item alone, or keep their state by key.
type run struct{ weight int }

// heavy is the weight from which a run is worth several goroutines: handing items over twice costs some 50 ns each.
const heavy = 600

// OneByOne is why a source's items come from one goroutine, where that lies in the source.
const OneByOne = "it gives its items one after another"

// followed is why the items of a node go through one goroutine, where they are traced.
const followed = "its items are followed one by one, to a zip by lineage"

// weigh finds the runs, and what they weigh together.
func (m *maker) weigh() {
	for _, n := range m.plan.Nodes {
		if m.unsplit(n) != "" || m.facts.Whole(n) || len(n.In) != 1 || n.In[0].Output != "" || m.facts.Timed(n) {
			continue
		}
		up := n.In[0].From
		if m.runs[up] != nil && len(m.readers[up]) == 1 && !up.Component.Traits.Total {
			m.runs[n] = m.runs[up]
		} else {
			m.runs[n] = &run{}
		}
		m.runs[n].weight += n.Weight
	}
}

// shared reports whether several goroutines are to work on the run that a node is in.
func (m *maker) shared(n *graph.Node) bool {
	r := m.runs[n]
	return !m.traced(n) && m.opt.Workers > 1 && !m.opt.Unfused && r != nil && r.weight >= heavy
}

// whole says why a source's input is not decoded in blocks, by several goroutines; "" if it is.
func (m *maker) whole(n *graph.Node) string {
	ok, why := m.facts.Splits(n)
	switch {
	case !ok:
		return why
	case m.traced(n):
		return followed
	case !alone(n):
		return tolerated
	case m.opt.Workers <= 1:
		return m.oneCore()
	}
	return ""
}

// tolerated is why a node's items go through one goroutine, where it is a matter of all items what becomes of one that fails.
const tolerated = "its failed items are counted, as so many are tolerated"

func (m *maker) oneCore() string {
	if m.opt.Within {
		return "steps within a step work on one item after another"
	}
	return "there is one core"
}

// single says why one goroutine does all of a stage's computing, and whether that is because there is too little to share;
// "" where several do, or where it is not about computing.
func (m *maker) single(s *Stage) (why string, light bool) {
	switch {
	case s.Workers > 1:
		return "", false
	case s.Kind == Source:
		return m.whole(s.Head), false
	case s.Kind == Join:
		return "it takes one item after another, of whichever input", false
	case s.Kind != Chain, m.facts.Timed(s.Links[0]):
		return "", false
	}
	n := s.Links[0]
	why = m.unsplit(n)
	if m.facts.Whole(n) {
		why = unshareable(n)
	}
	switch {
	case m.opt.Workers <= 1:
		return m.oneCore(), false
	case why != "":
		return why, false
	case m.traced(n):
		return followed, false
	}
	weight := 0
	if r := m.runs[n]; r != nil {
		weight = r.weight
	}
	return fmt.Sprintf("its expressions take some %d ns for an item, and to share them costs more below %d", weight, heavy), true
}

// traced reports whether a node's items are followed one by one.
func (m *maker) traced(n *graph.Node) bool {
	return m.trace != nil && (m.trace.Paths[n] || slices.Contains(m.trace.Forks, n))
}

// unsplit says why several goroutines may not take the items of an operator, be it in turn.
func (m *maker) unsplit(n *graph.Node) string {
	if !m.facts.Keyed(n) && !m.facts.Whole(n) {
		return unshareable(n)
	}
	switch a := n.OnError.Action; {
	case !alone(n):
		return tolerated
	case a == "to":
		return "its failed items go elsewhere"
	case a != "" && a != "fail" && a != "skip":
		return "its failed items are replaced in their places"
	case n.When != nil:
		return "`when` lets items pass it by"
	}
	return ""
}

// unshareable says why several goroutines may not work on the items of an operator.
func unshareable(n *graph.Node) string {
	_, inner := n.Nest()
	switch {
	case n.Component.Kind() == flow.KindRouter:
		return "it gives items to several outputs"
	case inner != nil:
		return "it has steps of its own"
	case !n.Component.Traits.Stateless:
		return "each result depends on the items before"
	case !alone(n):
		return tolerated
	}
	return ""
}

// alone reports whether what becomes of a failed item depends on that item alone.
func alone(n *graph.Node) bool { return n.OnError.Tolerance == (graph.Tolerance{}) }

// probed reports whether several goroutines look up the items of a join.
func (m *maker) probed(n *graph.Node) bool {
	return m.facts.Probes(n) && alone(n) && n.When == nil && !m.traced(n) && m.opt.Workers > 1 && !m.opt.Unfused
}

// shards gives in how many shards a keyed operator keeps what it does, for some workers: more than there are of these, so that
// they seldom wait for each other, and no more, as a turn costs some 80 ns.
func shards(workers int) int {
	n := 4
	for n < 2*workers {
		n *= 2
	}
	return n
}

// join adds an operator to a stage.
func (m *maker) join(s *Stage, n *graph.Node) {
	s.Links = append(s.Links, n)
	switch {
	case s.Workers <= 1:
	case m.facts.Keyed(n):
		s.Kept = append(s.Kept, Kept{n, shards(s.Workers)})
	case m.facts.Whole(n):
		s.Kept = append(s.Kept, Kept{n, 1})
	}
}

// closed reports whether several goroutines work in a stage up to an operator that gives its results at the end.
func (s *Stage) closed() bool {
	return len(s.Kept) > 0 && s.Kept[len(s.Kept)-1].By.Component.Traits.Total
}
