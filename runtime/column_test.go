package runtime

import "testing"

// TestNoNumberIsLost has the reader of an edge make room for one more item at any moment while a source of ints fills it.
func TestNoNumberIsLost(t *testing.T) {
	const numbers = 300_000
	c := newCrew(nil)
	e := newEdge(0, 4)
	w := c.join(nil)
	e.reader, e.writer, e.onDone = c.join(nil), w, func() {}
	s := &stage{run: &Run{}, out: []*edge{e}, rw: w, ww: w}
	came := make(chan int)
	go func() {
		n := 0
		for e.ended() == open {
			if e.available() > 0 {
				e.take()
				e.release()
				n++
			}
		}
		came <- n
	}()
	ints := make([]int64, 250)
	for range numbers / len(ints) {
		if err := s.gatherInts(ints); err != nil {
			t.Fatal(err)
		}
	}
	e.close(complete)
	if n := <-came; n != numbers {
		t.Errorf("%d of %d numbers came", n, numbers)
	}
}
