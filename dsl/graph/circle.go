package graph

// step is that one join waits for an input, and for that another way fills up, so that another join waits, or the same, for an
// input of its own.
type step struct {
	from, to link
	of       *Standstill // why that may be; nil: there is room enough, if all other steps have that, too
}

// circles numbers the inputs: those have the same number whose waits lead to one another, by Tarjan's algorithm.
func circles(steps []step) map[link]int {
	after := map[link][]link{}
	seen := map[[2]link]bool{}
	for _, s := range steps {
		if edge := [2]link{s.from, s.to}; !seen[edge] {
			seen[edge] = true
			after[s.from] = append(after[s.from], s.to)
		}
	}
	index, low, of := map[link]int{}, map[link]int{}, map[link]int{}
	var stack []link
	var visit func(l link)
	visit = func(l link) {
		index[l] = len(index) + 1
		low[l] = index[l]
		stack = append(stack, l)
		for _, next := range after[l] {
			if index[next] == 0 {
				visit(next)
			}
			if of[next] == 0 { // not in a circle that is complete
				low[l] = min(low[l], low[next])
			}
		}
		for low[l] == index[l] && of[l] == 0 {
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			of[last] = index[l]
		}
	}
	for _, s := range steps {
		if index[s.from] == 0 {
			visit(s.from)
		}
	}
	return of
}
