package value

import (
	"fmt"
	"testing"
)

func TestFinderFindsTheFieldInAnyShape(t *testing.T) {
	f := NewFinder("k")
	for i := range 1000 {
		b := Builder{}
		for j := range i % 5 {
			b.Set(fmt.Sprint("before", j), OfBool(false))
		}
		if i%7 > 0 {
			b.Set("k", OfInt(int64(i)))
		}
		b.Set("after", OfBool(false))
		v, ok := f.In(b.Value())
		if want := i%7 > 0; !ok || v.IsInt() != want || v.Int() != int64(i) && want {
			t.Fatalf("object %d: %s, %v", i, v.Text(), ok)
		}
	}
	if v, ok := f.In(OfString("k")); ok || !v.IsNull() {
		t.Fatal("a string has a field")
	}
	read, _ := DecodeJSON([]byte(`{"o":{"k":7}}`))
	o, _ := read.Field("o")
	if v, ok := f.In(o); !ok || v.Int() != 7 {
		t.Fatal("not found in an object that was not read yet")
	}
}

func TestSlabObjectsStandApart(t *testing.T) {
	slab := Slab{}
	var made []Value
	for i := range 200 {
		keys := make([]string, i%9)
		for j := range keys {
			keys[j] = fmt.Sprint(j)
		}
		v, slots := slab.Object(NewShape(keys))
		if len(slots) != len(keys) || cap(slots) != len(keys) {
			t.Fatalf("object %d has %d slots of %d", i, len(slots), cap(slots))
		}
		for j := range slots {
			if !slots[j].IsNull() {
				t.Fatalf("object %d does not begin empty", i)
			}
			slots[j] = OfInt(int64(i))
		}
		made = append(made, v)
	}
	for i, v := range made {
		if v.Len() != i%9 {
			t.Fatalf("object %d has %d fields", i, v.Len())
		}
		for _, x := range v.Slots() {
			if x.Int() != int64(i) {
				t.Fatalf("object %d has a field of object %d", i, x.Int())
			}
		}
	}
}
