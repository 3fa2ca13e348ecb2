package operators

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// joined gives what a join makes of inputs that are read in any order that it lets them.
func joinedOf(t *rapid.T, j flow.Join, inputs ...[]value.Value) (out []value.Value) {
	emit := func(it flow.Item) error {
		out = append(out, it.Value)
		return nil
	}
	choosy, _ := j.(flow.Choosy)
	next, ended := make([]int, len(inputs)), make([]bool, len(inputs))
	for {
		var ready []int
		for port, items := range inputs {
			atEnd := next[port] == len(items)
			if atEnd && !ended[port] || !atEnd && (choosy == nil || choosy.Wants(port)) {
				ready = append(ready, port)
			}
		}
		if len(ready) == 0 {
			if slices.Contains(ended, false) {
				t.Fatalf("it waits for nothing: %v read of %v", next, inputs)
			}
			break
		}
		port := rapid.SampledFrom(ready).Draw(t, "port")
		var err error
		if next[port] == len(inputs[port]) {
			ended[port] = true
			err = j.End(port, emit)
		} else {
			next[port]++
			err = j.Process(port, flow.Item{Value: inputs[port][next[port]-1]}, emit)
		}
		if err == flow.Done {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if f, ok := j.(flow.Flusher); ok {
		if err := f.Flush(emit); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func numbers(t *rapid.T, name string) []value.Value {
	var all []value.Value
	for _, n := range rapid.SliceOfN(rapid.IntRange(0, 9), 0, 12).Draw(t, name) {
		all = append(all, value.OfInt(int64(n)))
	}
	return all
}

func same(t *rapid.T, got, want []value.Value) {
	t.Helper()
	if g, w := texts(got), texts(want); g != w {
		t.Fatalf("got %s\nwant %s", g, w)
	}
}

func inputs(n int) inputsOptions { return inputsOptions{Inputs: make([]flow.Ref, n)} }

func TestZipIsPairsByPosition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers(t, "a"), numbers(t, "b")
		end := rapid.SampledFrom([]string{"any", "all"}).Draw(t, "end")
		n := min(len(a), len(b))
		if end == "all" {
			n = max(len(a), len(b))
		}
		var want []value.Value
		for i := range n {
			pair := make([]value.Value, 2)
			if i < len(a) {
				pair[0] = a[i]
			}
			if i < len(b) {
				pair[1] = b[i]
			}
			want = append(want, value.OfList(pair))
		}
		same(t, joinedOf(t, build[flow.Join](zip(), &zipOptions{inputsOptions: inputs(2), End: end}), a, b), want)
	})
}

func TestInterleaveTakesTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := [][]value.Value{numbers(t, "a"), numbers(t, "b"), numbers(t, "c")}
		k := rapid.IntRange(1, 3).Draw(t, "k")
		var want []value.Value
		rest := slices.Clone(all)
		for len(rest[0])+len(rest[1])+len(rest[2]) > 0 {
			for i := range rest {
				n := min(k, len(rest[i]))
				want = append(want, rest[i][:n]...)
				rest[i] = rest[i][n:]
			}
		}
		same(t, joinedOf(t, build[flow.Join](interleave(), &interleaveOptions{inputsOptions: inputs(3), K: k}), all...), want)
	})
}

func TestMergeSortedIsSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		descending := rapid.Bool().Draw(t, "descending")
		var want []value.Value
		var all [][]value.Value
		for i := range 3 {
			var in []value.Value
			for k, v := range numbers(t, "in") {
				in = append(in, object("by", v.Int(), "from", fmt.Sprint(i, ".", k)))
			}
			by := func(a, b value.Value) int {
				x, _ := a.Field("by")
				y, _ := b.Field("by")
				if descending {
					x, y = y, x
				}
				return value.Compare(x, y)
			}
			slices.SortStableFunc(in, by)
			all = append(all, in)
			want = append(want, in...)
			slices.SortStableFunc(want, by)
		}
		o := &mergeSortedOptions{inputsOptions: inputs(3), By: field("by"), Descending: descending}
		same(t, joinedOf(t, build[flow.Join](mergeSorted(), o), all...), want)
	})
}

func TestMergeSortedRefusesWhatIsNotSorted(t *testing.T) {
	j := build[flow.Join](mergeSorted(), &mergeSortedOptions{inputsOptions: inputs(1)})
	emit := func(flow.Item) error { return nil }
	if err := j.Process(0, flow.Item{Value: value.OfInt(2)}, emit); err != nil {
		t.Fatal(err)
	}
	err := j.Process(0, flow.Item{Value: value.OfInt(1)}, emit)
	if !flow.IsFatal(err) || err.Error() != "input 1 is not sorted: 1 comes after 2" {
		t.Fatal(err)
	}
}

func TestZipLatestWaitsForAllOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers(t, "a"), numbers(t, "b")
		got := joinedOf(t, build[flow.Join](zipLatest(), &zipLatestOptions{inputsOptions: inputs(2), End: "all"}), a, b)
		want := 0
		if len(a) > 0 && len(b) > 0 {
			last := value.OfList([]value.Value{a[len(a)-1], b[len(b)-1]})
			if len(got) == 0 || !value.Equal(got[len(got)-1], last) {
				t.Fatalf("%s does not end with %s", texts(got), texts([]value.Value{last}))
			}
			want = 1
		}
		if len(got) < want || len(got) > max(len(a)+len(b)-1, 0) {
			t.Fatalf("%d rows of %d and %d items", len(got), len(a), len(b))
		}
	})
}

// entry is an item of a join's test: number n, with key k (null for -1), at second t.
type entry struct{ n, k, t int }

func (r entry) value() value.Value {
	v := object("n", r.n).With("t", value.OfTime(time.Unix(int64(r.t), 0)))
	if r.k < 0 {
		return v.With("k", value.Value{})
	}
	return v.With("k", value.OfInt(int64(r.k)))
}

func tableRows(t *rapid.T, name string) (all []entry, in []value.Value) {
	times := rapid.SliceOfN(rapid.IntRange(0, 60), 0, 10).Draw(t, name)
	sort.Ints(times)
	for i, at := range times {
		r := entry{i, rapid.IntRange(-1, 2).Draw(t, "key"), at}
		all = append(all, r)
		in = append(in, r.value())
	}
	return all, in
}

// TestJoinIsEveryPairThatMatches compares with two loops.
func TestJoinIsEveryPairThatMatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"inner", "left", "anti"}).Draw(t, "kind")
		within := rapid.IntRange(0, 20).Draw(t, "within")
		left, leftIn := tableRows(t, "left")
		right, rightIn := tableRows(t, "right")
		o := &joinOptions{Kind: kind, On: flow.Match{It: []flow.Expr{field("k")}, Other: []flow.Expr{field("k")}, Rest: evenSum{}}, To: flow.Literal{Expr: pairUp{}}}
		if within > 0 {
			o.Within, o.Time = time.Duration(within)*time.Second, field("t")
		}
		var want []string
		for _, l := range left {
			met := false
			for _, r := range right {
				if l.k != r.k || l.k < 0 || (l.n+r.n)%2 != 0 || within > 0 && max(l.t-r.t, r.t-l.t) > within {
					continue
				}
				if met = true; kind != "anti" {
					want = append(want, fmt.Sprintf("[%d,%d]", l.n, r.n))
				}
			}
			if !met && kind != "inner" {
				want = append(want, fmt.Sprintf("[%d,null]", l.n))
			}
		}
		got := strings.Fields(texts(joinedOf(t, build[flow.Join](join(), o), leftIn, rightIn)))
		if within == 0 && !slices.Equal(got, want) { // in the order of the items, then of the table
			t.Fatalf("got  %v\nwant %v", got, want)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%s within %d: %v %v\ngot  %v\nwant %v", kind, within, left, right, got, want)
		}
	})
}

// evenSum is true of an item and another whose numbers are even together.
type evenSum struct{}

func (evenSum) Eval(s *flow.Scope) (value.Value, error) {
	a, _ := s.It.Field("n")
	b, _ := s.Vars[0].Field("n")
	return value.OfBool((a.Int()+b.Int())%2 == 0), nil
}
func (evenSum) String() string { return "even" }

// pairUp gives the numbers of an item and another.
type pairUp struct{}

func (pairUp) Eval(s *flow.Scope) (value.Value, error) {
	a, _ := s.It.Field("n")
	b := value.Value{}
	if s.Vars[0].Kind() == value.Object {
		b, _ = s.Vars[0].Field("n")
	}
	return value.OfList([]value.Value{a, b}), nil
}
func (pairUp) String() string { return "pair" }

// TestJoinsGiveBackTheirMemory joins two long streams over little memory.
func TestJoinsGiveBackTheirMemory(t *testing.T) {
	o := &joinOptions{Kind: "left", Within: 10 * time.Second, Time: field("t"), On: flow.Match{It: []flow.Expr{field("k")}, Other: []flow.Expr{field("k")}}}
	j, err := join().Maker.Build(o, &flow.Env{Memory: &flow.Memory{Limit: 20_000}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20_000 {
		for port := range 2 {
			if err := j.(flow.Join).Process(port, flow.Item{Value: entry{i, i % 5, i}.value()}, func(flow.Item) error { return nil }); err != nil {
				t.Fatal(i, err)
			}
		}
	}
}
