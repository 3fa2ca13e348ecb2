package flowrun_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/flowrun/flowrun"
)

// spent is what was allocated.
type spent struct{ allocs, bytes float64 }

func (s spent) less(o spent) spent { return spent{s.allocs - o.allocs, s.bytes - o.bytes} }
func (s spent) each(n int) spent   { return spent{s.allocs / float64(n), s.bytes / float64(n)} }
func (s spent) times(x, more spent) bool {
	return s.allocs <= x.allocs+more.allocs && s.bytes <= x.bytes+more.bytes
}

// spend gives what work allocates, the second time: the first makes what stays. It is on two cores, whatever the machine
// has, as each of them has a part of the work.
func spend(work func()) spent {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	work()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return spent{float64(after.Mallocs - before.Mallocs), float64(after.TotalAlloc - before.TotalAlloc)}
}

// running gives what a run of a pipeline allocates.
func running(t *testing.T, text string) spent {
	t.Helper()
	p, err := flowrun.Parse("p.yaml", []byte(text), flowrun.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return spend(func() {
		if _, err := p.Run(context.Background(), flowrun.Options{Stdout: io.Discard}); err != nil {
			t.Fatal(err)
		}
	})
}

// storedLines gives the path of a file of n lines.
func storedLines(t *testing.T, n int, line func(w io.Writer, i int)) string {
	t.Helper()
	var text bytes.Buffer
	for i := range n {
		line(&text, i)
	}
	path := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(path, text.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCostIsLinearInItems runs pipelines over input of 1, 10 and 100 times a size: an item of the largest costs no more
// than one of the smaller.
func TestCostIsLinearInItems(t *testing.T) {
	record := func(w io.Writer, i int) {
		fmt.Fprintf(w, `{"id":%d,"user":"user%d","amount":%d.25,"tags":["a","b"],"nested":{"city":"c"},"status":"ok","ts":"2024-01-01T%02d:%02d:%02dZ"}`+"\n", i*7919%1_000_003, i%10, i%100, i/36000, i/600%60, i/10%60)
	}
	small, medium, large := storedLines(t, 1_000, record), storedLines(t, 10_000, record), storedLines(t, 100_000, record)
	users := map[bool]string{true: "sources: {users: {items: [{user: user1, name: a}, {user: user2, name: b}]}}\n"}
	for name, steps := range map[string]string{
		"filter and map": "- filter: it.amount > 50\n- map: {id: it.id, user: it.user, city: it.nested.city}\n",
		"sort":           "- sort: it.id\n",
		"aggregate":      "- aggregate: {by: it.user, values: {n: count(), total: sum(it.amount)}}\n",
		"distinct":       "- distinct: it.id\n",
		"fold":           "- fold: {init: 0, next: acc + it.amount}\n",
		"window":         "- window: {size: 1s, time: date(it.ts)}\n- count: {}\n",
		"chunks":         "- chunks: 100\n- map: len(it)\n",
		"set and drop":   "- set: {twice: it.amount * 2}\n- drop: [tags]\n",
		"join":           "- {join: {with: users, on: it.user == other.user}}\n",
	} {
		over := func(path string) spent {
			return running(t, fmt.Sprintf("source: {file: %q}\n%ssteps:\n%s", path, users[strings.Contains(steps, "users")], steps))
		}
		one, ten, hundred := over(small), over(medium), over(large)
		first, then := ten.less(one).each(9_000), hundred.less(ten).each(90_000)
		t.Logf("%-15s %6.3f allocations and %5.0f bytes an item, then %6.3f and %5.0f", name, first.allocs, first.bytes, then.allocs, then.bytes)
		if !then.times(spent{1.2 * first.allocs, 1.2 * first.bytes}, spent{0.1, 20}) {
			t.Errorf("%s: an item costs %v, and %v where there are ten times as many", name, first, then)
		}
	}
}

// TestCostIsLinearInSteps has pipelines of 1, 10 and 50 steps: items cost no allocation however many there are, and a step
// costs no more among many, to read it and to begin.
func TestCostIsLinearInSteps(t *testing.T) {
	for _, step := range []string{"- map: it + 1\n", "- filter: it > 0\n", "- buffer: 64\n- map: it + 1\n"} {
		text := func(steps, items int) string {
			return fmt.Sprintf("source: {range: {from: 1, to: %d}}\nsteps:\n%s- count: {}\n", items, strings.Repeat(step, steps))
		}
		var begin, read []spent
		for _, steps := range []int{1, 10, 50} {
			few, many := running(t, text(steps, 1_000)), running(t, text(steps, 101_000))
			if each := many.less(few).each(100_000); !each.times(spent{}, spent{0.001, 1}) {
				t.Errorf("%d times %q: an item costs %v", steps, step, each)
			}
			begin = append(begin, few)
			read = append(read, spend(func() {
				if _, err := flowrun.Parse("p.yaml", []byte(text(steps, 1)), flowrun.Options{}); err != nil {
					t.Fatal(err)
				}
			}))
		}
		for what, s := range map[string][]spent{"read": read, "begin": begin} {
			first, then := s[1].less(s[0]).each(9), s[2].less(s[1]).each(40)
			t.Logf("%q: to %s a step costs %v, then %v", step, what, first, then)
			if !then.times(spent{1.5 * first.allocs, 1.5 * first.bytes}, spent{1, 100}) {
				t.Errorf("%q: to %s, a step costs %v, and %v among five times as many", step, what, first, then)
			}
		}
	}
}

// TestCostIsLinearInFields has records of 1, 10 and 1,000 fields, of which two are read: what they cost is bounded by their
// text, and a new object by its fields.
func TestCostIsLinearInFields(t *testing.T) {
	for _, fields := range []int{1, 10, 1000} {
		length := 0
		line := func(w io.Writer, i int) {
			var b bytes.Buffer
			for f := range fields {
				fmt.Fprintf(&b, `%c"f%d":%d`, "{,"[min(f, 1)], f, i+f+1)
			}
			b.WriteString("}\n")
			length = b.Len()
			_, _ = w.Write(b.Bytes())
		}
		line(io.Discard, 0)
		few, many := 1_000_000/length, 10_000_000/length
		small, large := storedLines(t, few, line), storedLines(t, many, line)
		for step, most := range map[string]spent{
			fmt.Sprintf("filter: it.f0 + it.f%d > 0", fields-1): {raced * (0.1 + float64(fields)/20), raced * (100 + 3*float64(length))},
			"set: {more: it.f0}": {raced * (0.5 + float64(fields)/20), raced * (300 + 4*float64(length) + 50*float64(fields))},
		} {
			over := func(path string) spent {
				return running(t, fmt.Sprintf("source: {file: %q}\nsteps:\n- %s\n", path, step))
			}
			each := over(large).less(over(small)).each(many - few)
			t.Logf("%d fields, %s: %v of %v", fields, step, each, most)
			if !each.times(most, spent{}) {
				t.Errorf("%d fields, %s: an item costs %v, want at most %v", fields, step, each, most)
			}
		}
	}
}
