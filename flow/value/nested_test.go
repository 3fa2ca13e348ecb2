package value

import (
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
