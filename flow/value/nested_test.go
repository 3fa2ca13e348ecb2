package value

import (
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsNestedIsKeptInItsRecord(t *testing.T) {
	d := Decoder{Text: true}
	v, err := d.Decode([]byte(`{"a":[1,2],"n":1,"b":{"c":[3]},"d":[]}`))
	if err != nil || v.kind != record {
		t.Fatal(v.kind, err)
	}
	b := v.At(2)
	for _, slot := range []int{0, 2, 3, 0, 2} {
		if x := v.At(slot); x.p != v.At(slot).p {
			t.Errorf("the field in slot %d is made again", slot)
		}
	}
	if v.Slots()[2].p != b.p || v.At(2).p != b.p {
		t.Error("the values of all fields are others")
	}
}

// TestARecordIsReadInAnyOrderByMany has goroutines ask a record for all that it can be asked for.
func TestARecordIsReadInAnyOrderByMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := `{"a":[1,{"x":2}],"n":1,"b":{"c":{"x":[3]}},"d":[]}`
		want, err := DecodeJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		d := Decoder{Text: true}
		v, err := d.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 3 {
			asks := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 6).Draw(t, "asks")
			all.Go(func() {
				for _, ask := range asks {
					switch {
					case ask < 4:
						if got := v.At(ask); !Equal(got, want.At(ask)) {
							t.Errorf("slot %d is %s", ask, got.Text())
						}
					case ask == 4:
						if got := v.Slots(); !Equal(OfList(got), OfList(want.Slots())) {
							t.Errorf("all are %s", OfList(got).Text())
						}
					default:
						if x, n := Follow(v, []*Finder{NewFinder("b"), NewFinder("c"), NewFinder("x")}); n != 3 || x.Text() != "[3]" {
							t.Errorf("b.c.x is %s", x.Text())
						}
					}
				}
			})
		}
		all.Wait()
	})
}

// TestManyListsOfARecordAreNotSearchedForEach asks a record of many lists for one after another, over and over: each keeps what
// it was decoded to, and none costs more than it would of a few.
func TestManyListsOfARecordAreNotSearchedForEach(t *testing.T) {
	of := func(n int) Value {
		text := []byte(`{"n":1`)
		for i := range n {
			text = fmt.Appendf(text, `,"l%d":[%d]`, i, i)
		}
		d := Decoder{Text: true}
		v, err := d.Decode(append(text, '}'))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, n := range []int{1, manyNested, manyNested + 1, 1000} {
		v := of(n)
		for range 2 {
			for i := 1; i <= n; i++ {
				x := v.At(i)
				if got := x.List()[0].Int(); got != int64(i-1) {
					t.Fatalf("of %d, slot %d is [%d]", n, i, got)
				}
				if v.At(i).p != x.p {
					t.Fatalf("of %d, slot %d is another the second time", n, i)
				}
			}
		}
		kept := 0
		if o := (*fields)(v.p).done.Load(); o != nil {
			for l := o.nested; l != nil; l = l.next {
				kept++
			}
		}
		if kept > manyNested {
			t.Errorf("of %d, %d are searched", n, kept)
		}
	}
}
