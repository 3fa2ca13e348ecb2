package policy

import "time"

// window counts the outcomes of the newest calls, or of those in some time, which is cut into ten parts: the oldest
// part leaves as a whole.
type window struct {
	ring []part
	span time.Duration // of a part; 0: a part is a call
	next int           // of calls: the oldest part
}

type part struct {
	number           int64 // of the span of time
	calls, bad, slow int
}

const parts = 10

func newWindow(b *Breaker) window {
	if b.Calls > 0 {
		return window{ring: make([]part, b.Calls)}
	}
	return window{ring: make([]part, parts), span: max(b.Window/parts, 1)}
}

func (w *window) add(now time.Time, bad, slow bool) {
	var p *part
	if w.span == 0 {
		p = &w.ring[w.next]
		*p = part{}
		w.next = (w.next + 1) % len(w.ring)
	} else {
		number := now.UnixNano() / int64(w.span)
		if p = &w.ring[number%parts]; p.number != number {
			*p = part{number: number}
		}
	}
	p.calls++
	if bad {
		p.bad++
	}
	if slow {
		p.slow++
	}
}

// sum gives the calls, and those of them that failed and that were slow.
func (w *window) sum(now time.Time) (calls, bad, slow int) {
	oldest := int64(0)
	if w.span > 0 {
		oldest = now.UnixNano()/int64(w.span) - parts + 1
	}
	for _, p := range w.ring {
		if p.number >= oldest {
			calls += p.calls
			bad += p.bad
			slow += p.slow
		}
	}
	return calls, bad, slow
}
