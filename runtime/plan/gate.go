package plan

// gate holds back the sources that feed nothing but a later input of a join that reads its inputs in turn.
func gate(join *Stage) {
	if join.Kind != Join || !join.Head.Component.Traits.Sequential {
		return
	}
	for _, e := range join.In {
		if e.Port == 0 {
			continue
		}
		above := map[*Stage]bool{}
		var climb func(s *Stage)
		climb = func(s *Stage) {
			if above[s] {
				return
			}
			above[s] = true
			for _, in := range s.In {
				climb(in.From)
			}
		}
		climb(e.From)
		for s := range above {
			if s.Kind == Source && s.Gate == nil && only(s, e, map[*Stage]bool{}) {
				s.Gate = e
			}
		}
	}
}

// only reports whether everything that s gives passes the edge.
func only(s *Stage, edge *Edge, seen map[*Stage]bool) bool {
	if seen[s] {
		return true
	}
	seen[s] = true
	if s.Kind == Sink {
		return false
	}
	out := append([]*Edge(nil), s.Out...)
	for _, e := range s.Beside {
		out = append(out, e...)
	}
	for _, e := range out {
		if e != edge && (e.To == edge.To || !only(e.To, edge, seen)) {
			return false
		}
	}
	return true
}
