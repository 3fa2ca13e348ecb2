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

// happening is an item of a window's test: number n of key k at second t.
type happening struct{ n, k, t int }

func (h happening) value() value.Value {
	return value.Value(object("n", h.n, "k", h.k)).With("t", value.OfTime(time.Unix(int64(h.t), 0)))
}

func happenings(t *rapid.T, sorted bool) []happening {
	times := rapid.SliceOfN(rapid.IntRange(-50, 100), 0, 40).Draw(t, "times")
	if sorted {
		sort.Ints(times)
	}
	var all []happening
	for i, at := range times {
		all = append(all, happening{i, rapid.IntRange(0, 2).Draw(t, "key"), at})
	}
	return all
}

// windows runs the operator and gives its windows as `start-end key: numbers`, sorted, and the numbers that were late.
func windows(t *rapid.T, o *windowOptions, all []happening) (got, late []string) {
	o.Time = field("t")
	o.By = flow.Keys{{Name: "k", Expr: field("k")}}
	op := build[flow.Op](window(), o)
	op.(flow.Branching).Beside("late", func(it flow.Item) error {
		n, _ := it.Value.Field("n")
		late = append(late, n.Text())
		return nil
	})
	var in []value.Value
	for _, h := range all {
		in = append(in, h.value())
	}
	out, _, err := whole(op, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range out {
		start, _ := v.Field("start")
		end, _ := v.Field("end")
		key, _ := v.Field("k")
		items, _ := v.Field("items")
		var numbers []int
		for _, it := range items.List() {
			n, _ := it.Field("n")
			numbers = append(numbers, int(n.Int()))
		}
		got = append(got, shown(start.Time().Unix(), end.Time().Unix(), int(key.Int()), numbers))
	}
	return got, late
}

func shown(start, end int64, key int, numbers []int) string {
	slices.Sort(numbers)
	return fmt.Sprintf("%d-%d %d: %v", start, end, key, numbers)
}

// TestWindowsAreAsListed compares with windows that are found by looking at every item for every second.
func TestWindowsAreAsListed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 30).Draw(t, "size")
		every := rapid.IntRange(1, size).Draw(t, "every")
		o := &windowOptions{Kind: "sliding", Size: time.Duration(size) * time.Second, Every: time.Duration(every) * time.Second, Lateness: time.Hour}
		if rapid.Bool().Draw(t, "tumbling") {
			every = size
			o.Kind, o.Every = "tumbling", 0
		}
		all := happenings(t, false)
		var want []string
		for start := -200; start < 200; start++ {
			if ((start%every)+every)%every != 0 {
				continue
			}
			for k := range 3 {
				var numbers []int
				for _, h := range all {
					if h.k == k && h.t >= start && h.t < start+size {
						numbers = append(numbers, h.n)
					}
				}
				if numbers != nil {
					want = append(want, shown(int64(start), int64(start+size), k, numbers))
				}
			}
		}
		got, late := windows(t, o, all)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || late != nil {
			t.Fatalf("%+v\n%v\ngot  %s, late %v\nwant %s", o, all, strings.Join(got, "; "), late, strings.Join(want, "; "))
		}
	})
}

// TestSessionsAreRunsWithoutPauses compares with a sorted list that is cut at long pauses.
func TestSessionsAreRunsWithoutPauses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gap := rapid.IntRange(1, 20).Draw(t, "gap")
		o := &windowOptions{Kind: "session", Gap: time.Duration(gap) * time.Second}
		sorted := rapid.Bool().Draw(t, "sorted")
		if !sorted {
			o.Lateness = time.Hour
		}
		all := happenings(t, sorted)
		var want []string
		for k := range 3 {
			var mine []happening
			for _, h := range all {
				if h.k == k {
					mine = append(mine, h)
				}
			}
			slices.SortStableFunc(mine, func(a, b happening) int { return a.t - b.t })
			for len(mine) > 0 {
				n := 1
				for n < len(mine) && mine[n].t-mine[n-1].t < gap {
					n++
				}
				var numbers []int
				for _, h := range mine[:n] {
					numbers = append(numbers, h.n)
				}
				want = append(want, shown(int64(mine[0].t), int64(mine[n-1].t+gap), k, numbers))
				mine = mine[n:]
			}
		}
		got, late := windows(t, o, all)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || late != nil {
			t.Fatalf("%+v\n%v\ngot  %s, late %v\nwant %s", o, all, strings.Join(got, "; "), late, strings.Join(want, "; "))
		}
	})
}

// TestLateItems checks against the rule itself: an item is late when all of its windows ended by the time of another less
// the lateness. And windows are given in the order of their ends.
func TestLateItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, lateness := rapid.IntRange(1, 30).Draw(t, "size"), rapid.IntRange(0, 60).Draw(t, "lateness")
		o := &windowOptions{Kind: "tumbling", Size: time.Duration(size) * time.Second, Lateness: time.Duration(lateness) * time.Second}
		all := happenings(t, false)
		var want []string
		latest := -1000
		for _, h := range all {
			end := (h.t+1000*size)/size*size - 1000*size + size
			if end <= latest-lateness {
				want = append(want, fmt.Sprint(h.n))
			}
			latest = max(latest, h.t)
		}
		got, late := windows(t, o, all)
		if !slices.Equal(late, want) {
			t.Fatalf("%+v %v: late %v, want %v", o, all, late, want)
		}
		last := -1000
		for _, w := range got {
			var start, end int
			if _, err := fmt.Sscanf(w, "%d-%d", &start, &end); err != nil {
				t.Fatal(w, err)
			}
			if end < last {
				t.Fatalf("a window that ends at %d came after one that ends at %d: %v", end, last, got)
			}
			last = end
		}
	})
}

// TestWindowsGiveBackTheirMemory runs for long over few open windows.
func TestWindowsGiveBackTheirMemory(t *testing.T) {
	for _, kind := range []string{"tumbling", "sliding", "session"} {
		o := &windowOptions{Kind: kind, Size: 10 * time.Second, Every: 5 * time.Second, Gap: 3 * time.Second, Time: field("t")}
		op, err := window().Maker.Build(o, &flow.Env{Memory: &flow.Memory{Limit: 20_000}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20_000 {
			h := happening{i, 0, i + i/5*10}
			if err := op.(flow.Op).Process(flow.Item{Value: h.value()}, func(flow.Item) error { return nil }); err != nil {
				t.Fatalf("%s: item %d: %v", kind, i, err)
			}
		}
	}
}
