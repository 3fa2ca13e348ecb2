package operators

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// anything gives items of every kind, few enough that equal ones meet.
func anything() *rapid.Generator[value.Value] {
	at := time.Date(2024, 2, 29, 12, 0, 0, 1, time.FixedZone("here", 3600))
	scalar := rapid.OneOf(
		rapid.SampledFrom([]value.Value{
			{}, value.OfBool(true), value.OfNumber("1.10"), value.OfFloat(1.1), value.OfNumber("1.1"), value.OfNumber("12345678901234567890"),
			value.OfBytes([]byte("a")), value.OfTime(at), value.OfTime(at.UTC()), value.OfDuration(time.Hour),
		}),
		rapid.Map(rapid.Int64Range(-3, 3), value.OfInt),
		rapid.Map(rapid.StringMatching(`(user00)?[ab]{0,3}`), value.OfString),
	)
	fromText := &value.Decoder{Text: true}
	record := rapid.Custom(func(t *rapid.T) value.Value {
		n := rapid.IntRange(0, 3).Draw(t, "n")
		text := rapid.SampledFrom([]string{`{"k":%d,"x": 1.10}`, `{"x":[2.50],"k":%d.0}`, `{"k":"%d","o":{"b":1,"a":2}}`}).Draw(t, "text")
		v, err := fromText.Decode(fmt.Appendf(nil, text, n))
		if err != nil {
			t.Fatal(err)
		}
		return v
	})
	return rapid.OneOf(scalar, record, rapid.Map(rapid.SliceOfN(scalar, 0, 2), value.OfList))
}

// sorted sorts as a sorter should, with a stable sort of the standard library.
func sorted(items []value.Value, o *sortOptions) []value.Value {
	key := func(v value.Value) value.Value {
		if o.By == nil {
			return v
		}
		k, _ := o.By.Eval(&flow.Scope{It: v})
		return k
	}
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b value.Value) int {
		if o.Descending {
			a, b = b, a
		}
		return value.Compare(key(a), key(b))
	})
	return items
}

// TestSortAnything holds that whatever the bound, and so whatever goes to disk, the result is that of a stable sort, and
// each item comes out as it went in.
func TestSortAnything(t *testing.T) {
	item := anything()
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(item, 0, 80).Draw(t, "items")
		o := &sortOptions{Descending: rapid.Bool().Draw(t, "descending")}
		if rapid.Bool().Draw(t, "by") {
			o.By = field("k")
		}
		memory := &flow.Memory{Limit: rapid.SampledFrom([]int64{0, 400, 2_000, 1 << 20}).Draw(t, "memory")}
		got, _, err := whole(newSorter(o, &flow.Env{Memory: memory}), items)
		if err != nil {
			if o.By != nil || flow.ErrorType(err) != "memory" { // of a single item
				t.Fatal(err)
			}
			return
		}
		if want := sorted(items, o); texts(got) != texts(want) {
			t.Fatalf("got  %s\nwant %s", texts(got), texts(want))
		}
		if err := memory.Take(memory.Limit); err != nil {
			t.Fatal("not all of the memory was given back")
		}
	})
}

// TestSortMerges sorts so many items within so little memory that their runs are merged in several passes, and watches
// the file.
func TestSortMerges(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, descending := range []bool{false, true} {
		rnd := rand.New(rand.NewPCG(1, 2))
		items := make([]value.Value, 60_000)
		for i := range items {
			items[i] = object("k", rnd.IntN(5_000), "i", i)
		}
		o := &sortOptions{By: field("k"), Descending: descending}
		memory := &flow.Memory{Limit: 64 << 10}
		s := newSorter(o, &flow.Env{Memory: memory})
		for i, v := range items {
			if err := s.Process(flow.Item{Value: v, Meta: &flow.Meta{Index: int64(i), File: "f", Lineage: []int64{1, 2}}}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(s.runs.all); n < fanIn+1 {
			t.Fatalf("%d runs need no second pass", n)
		}
		want := sorted(items, o)
		n := 0
		err := s.Flush(func(it flow.Item) error {
			if !value.Equal(it.Value, want[n]) {
				return fmt.Errorf("item %d is %s, want %s", n, it.Value.Text(), want[n].Text())
			}
			if m := it.Meta; value.OfInt(m.Index).Text() != it.Value.At(1).Text() || m.File != "f" || !slices.Equal(m.Lineage, []int64{1, 2}) {
				return fmt.Errorf("the meta of item %d is %v", n, m)
			}
			n++
			return nil
		})
		if err != nil || n != len(want) {
			t.Fatalf("%d items of %d: %v", n, len(want), err)
		}
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) > 0 {
		t.Errorf("left behind: %q", names)
	}
}

// spilled gives a sorter that wrote runs to disk.
func spilled(t *testing.T, env *flow.Env) *sorter {
	t.Helper()
	env.Memory = &flow.Memory{Limit: 64 << 10}
	s := newSorter(&sortOptions{}, env)
	for i := range 60_000 {
		if err := s.Process(flow.Item{Value: value.OfInt(int64(i % 1000))}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestSortFails has the disk fail, the file change, and the run end.
func TestSortFails(t *testing.T) {
	t.Run("no folder", func(t *testing.T) {
		t.Setenv("TMPDIR", "/nowhere/to/be/found")
		_, _, err := whole(newSorter(&sortOptions{}, &flow.Env{Memory: &flow.Memory{Limit: 400}}), slices.Repeat([]value.Value{value.OfInt(1)}, 9))
		if err == nil || !flow.IsFatal(err) || !strings.Contains(err.Error(), "whose folder TMPDIR names: open /nowhere/to/be/found/flowrun-sort-") {
			t.Error(err)
		}
	})
	for what, change := range map[string]func(f *os.File) error{
		"damaged": func(f *os.File) error { _, err := f.WriteAt([]byte("?"), 1000); return err },
		"emptied": func(f *os.File) error { return f.Truncate(0) },
	} {
		t.Run(what, func(t *testing.T) {
			s := spilled(t, &flow.Env{})
			if err := change(s.runs.file); err != nil {
				t.Fatal(err)
			}
			if err := s.Flush(func(flow.Item) error { return nil }); !errors.Is(err, errDamaged) {
				t.Error(err)
			}
		})
	}
	t.Run("the run ends", func(t *testing.T) {
		over := errors.New("over")
		ended := false
		s := spilled(t, &flow.Env{Ended: func() error {
			if ended {
				return over
			}
			return nil
		}})
		ended = true
		if err := s.Flush(func(flow.Item) error { t.Fatal("an item came"); return nil }); err != over {
			t.Error(err)
		}
	})
	t.Run("no more is wanted", func(t *testing.T) {
		s := spilled(t, &flow.Env{})
		file := s.runs.file
		if err := s.Flush(func(flow.Item) error { return flow.Done }); err != flow.Done {
			t.Error(err)
		}
		if err := file.Close(); !errors.Is(err, os.ErrClosed) {
			t.Error("the file was not closed:", err)
		}
	})
}

// TestSortersShare holds that several that sort leave half of the memory, and that one that holds little does not write.
func TestSortersShare(t *testing.T) {
	memory := &flow.Memory{Limit: 1 << 20}
	var all []*sorter
	for range 4 {
		all = append(all, newSorter(&sortOptions{}, &flow.Env{Memory: memory}))
	}
	for i := range 20_000 {
		for _, s := range all {
			if err := s.Process(flow.Item{Value: value.OfInt(int64(i))}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if i%100 == 0 {
			if err := memory.Take(512 << 10); err != nil {
				t.Fatal(err)
			}
			memory.Give(512 << 10)
		}
	}
	for _, s := range all {
		if s.runs == nil {
			t.Error("one wrote nothing")
		}
		s.Close()
	}
	if err := memory.Take(memory.Limit - 1000); err != nil {
		t.Fatal(err)
	}
	_, _, err := whole(newSorter(&sortOptions{}, &flow.Env{Memory: memory}), slices.Repeat([]value.Value{value.OfInt(1)}, 100))
	if flow.ErrorType(err) != "memory" {
		t.Errorf("others hold it all: %v", err)
	}
}
