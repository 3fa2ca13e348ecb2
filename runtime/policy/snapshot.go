package policy

// Usage is how much of a limit is taken.
type Usage struct {
	Permits int64 // there are, of all keys; 0 of a rate
	InUse   int64 // of them
	Waiting int   // attempts in its queues
	Keys    int
}

// Usage gives how much of a limit is taken now.
func (s *State) Usage(l *Limit) Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var u Usage
	if s.limits[l] == nil {
		return u
	}
	for _, g := range s.limits[l].gates {
		u.Keys++
		u.Waiting += g.waiting.Len()
		switch x := g.limiter.(type) {
		case *semaphore:
			u.Permits += x.size
			u.InUse += x.used
		case *adaptive:
			u.Permits += x.limit
			u.InUse += x.used
		}
	}
	return u
}

// Position gives a breaker's position, how often it has opened, and how many attempts wait for it to close.
func (s *State) Position(b *Breaker) (p Position, opens int64, parked int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.breakers[b]; x != nil {
		return x.position, x.opens, x.parked.Len()
	}
	return Closed, 0, 0
}

// Out gives how many permits are taken, and attempts waiting, at all limits and breakers: none at the end of a run.
func (s *State) Out() int64 {
	s.mu.Lock()
	limits := make([]*Limit, 0, len(s.limits))
	n := int64(0)
	for l := range s.limits {
		limits = append(limits, l)
	}
	for _, b := range s.breakers {
		n += int64(b.parked.Len() + b.probes + b.candidates)
	}
	s.mu.Unlock()
	for _, l := range limits {
		u := s.Usage(l)
		n += u.InUse + int64(u.Waiting)
	}
	return n
}
