package plan

// gate holds back the sources that feed nothing but a later input of a join that reads its inputs in turn. Where a source
// that is not held back feeds that input, too, none is: a step that waits for both would keep that one waiting.
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
		all := true
		for s := range above {
			all = all && (s.Kind != Source || only(s, e, map[*Stage]bool{}))
		}
		for s := range above {
			if all && s.Kind == Source && s.Gate == nil {
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
