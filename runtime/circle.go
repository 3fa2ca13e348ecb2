package runtime

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/policy"
)

// deadlocked ends the run, as every goroutine waits for another.
func (r *Run) deadlocked(waiting map[*waiter]want) {
	circle := circle(waiting)
	lines := []string{"every step waits for another:"}
	told := map[string]bool{}
	for _, w := range circle {
		lines = append(lines, "  "+w.Text)
		told[w.Step] = true
	}
	others := map[string]bool{}
	for _, w := range waiting {
		if !told[w.Step] {
			others[w.Step] = true
		}
	}
	switch len(others) {
	case 0:
	case 1:
		lines = append(lines, "  and 1 more step waits for these")
	default:
		lines = append(lines, fmt.Sprintf("  and %d more steps wait for these", len(others)))
	}
	lines = append(lines, "add a `buffer` where the branches part, or join them by `merge`")
	r.mu.Lock()
	r.circle = circle
	r.mu.Unlock()
	r.stop(metrics.Deadlock, errors.New(strings.Join(lines, "\n")))
}

// circle gives who waits for whom, each for the next and the last for the first. It begins with a step that cannot send
// where it is waited for, if there is one. Where what is waited for cannot be told, it ends with that.
func circle(waiting map[*waiter]want) []metrics.Wait {
	var all []*waiter
	for w := range waiting {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *waiter) int { return compareWants(waiting[a], waiting[b]) })
	var best []*waiter
	for _, start := range all {
		var path []*waiter
		for w := start; w != nil && len(best) == 0; w = next(w, all, waiting) {
			if at := slices.Index(path, w); at >= 0 {
				best = path[at:]
			}
			path = append(path, w)
		}
	}
	if best == nil { // somebody waits for what nobody holds
		for w := all[0]; w != nil; w = next(w, all, waiting) {
			best = append(best, w)
		}
	}
	var out []metrics.Wait
	for _, w := range best {
		if x := waiting[w]; x.For != "" {
			out = append(out, x.Wait)
		}
	}
	for i := range out {
		before := out[(i+len(out)-1)%len(out)]
		if out[i].For == metrics.WaitSend && before.For == metrics.WaitItem {
			return slices.Concat(out[i:], out[:i])
		}
	}
	return out
}

func compareWants(a, b want) int {
	return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Of, b.Of))
}

// rank puts first what is most telling of why a step does not go on.
func rank(w want) int {
	return slices.Index([]string{metrics.WaitSend, metrics.WaitPermit, metrics.WaitSteps, metrics.WaitTurn, metrics.WaitItem, ""}, w.For)
}

// next gives one of those for whom a goroutine waits; nil if that cannot be told.
func next(w *waiter, all []*waiter, waiting map[*waiter]want) *waiter {
	x := waiting[w]
	for _, of := range x.of {
		if _, ok := waiting[of]; ok {
			return of
		}
	}
	var found *waiter
	for _, o := range all {
		if o == w || !answers(waiting[o], x, w) {
			continue
		}
		if found == nil || rank(waiting[o]) < rank(waiting[found]) {
			found = o
		}
	}
	return found
}

// answers reports whether one wait is what another one, of w, waits for.
func answers(o, x want, w *waiter) bool {
	switch x.For {
	case "": // a call, for its items
		return o.node == x.node && (o.For == metrics.WaitPermit || o.For == metrics.WaitSteps)
	case metrics.WaitSteps: // for steps within that do not wait for it
		return o.within == w && !slices.Contains(o.of, w)
	case metrics.WaitPermit: // for a step that has one
		return o.For == metrics.WaitSteps && slices.ContainsFunc(o.node.Rules.Limits, func(has policy.Use) bool {
			return slices.ContainsFunc(x.node.Rules.Limits, func(wants policy.Use) bool { return has.Limit == wants.Limit })
		})
	}
	return false
}
