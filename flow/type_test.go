package flow_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func decode(t rapid.TB, text string) value.Value {
	v, err := value.DecodeJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTypesAreWordedForPeople(t *testing.T) {
	for text, want := range map[string]string{
		`1`:                            "int",
		`1.5`:                          "float",
		`[]`:                           "list",
		`[1,null,"x"]`:                 "list of int or string or null",
		`{"id":1,"tags":["x"],"o":{}}`: "{id: int, tags: list of string, o: {}}",
		`[{"a":1,"b":2},{"a":"x"}]`:    "list of {a: int or string, b?: int}",
	} {
		if got := flow.TypeOf(decode(t, text)).String(); got != want {
			t.Errorf("%s: %s, not %s", text, got, want)
		}
	}
	if got := flow.ObjectOf(false, flow.Member{Name: "a", Type: flow.Any}).String(); got != "{a: any, …}" {
		t.Error(got)
	}
	if got := flow.Any.String(); got != "any" {
		t.Error(got)
	}
}

var texts = rapid.SampledFrom([]string{
	`null`, `true`, `1`, `1.5`, `"x"`, `[]`, `[1]`, `[1,"x"]`, `[[1],[]]`, `{}`, `{"a":1}`, `{"a":"x","b":null}`, `{"b":[1]}`,
	`{"a":{"c":1}}`, `{"a":{"c":"x","d":2}}`, `[{"a":1},{"b":2}]`, `[null]`,
})

func types() *rapid.Generator[flow.Type] {
	return rapid.Custom(func(t *rapid.T) flow.Type {
		typ := flow.TypeOf(decode(t, texts.Draw(t, "value")))
		for range rapid.IntRange(0, 3).Draw(t, "more") {
			typ = typ.Or(flow.TypeOf(decode(t, texts.Draw(t, "value"))))
		}
		switch rapid.IntRange(0, 9).Draw(t, "wider") {
		case 0:
			return typ.Or(flow.Any)
		case 1:
			return typ.Or(flow.ObjectOf(false, flow.Member{Name: "b", Type: typ}))
		}
		return typ
	})
}

func TestTypesNeverSayTooMuch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := decode(t, texts.Draw(t, "value"))
		is := func(v value.Value, of flow.Type) bool { return of.Fault(v) == "" }
		one, other := types().Draw(t, "one"), types().Draw(t, "other")
		both := one.Or(other)
		if !is(v, flow.TypeOf(v)) || !is(v, flow.Any) {
			t.Fatalf("%s is not of its own type %s", v.Text(), flow.TypeOf(v))
		}
		if (is(v, one) || is(v, other)) && !is(v, both) {
			t.Fatalf("%s is of %s or of %s, and not of %s", v.Text(), one, other, both)
		}
		if is(v, one) && v.Kind() == value.Object {
			for _, key := range []string{"a", "b", "c"} {
				x, _ := v.Field(key)
				field, ok := one.Field(key)
				if _, has := v.Field(key); has && !ok || ok && !is(x, field) {
					t.Fatalf("%s is of %s, and its field %s not of %s, %v", v.Text(), one, key, field, ok)
				}
			}
		}
		if without := one.Without(value.Null); is(v, one) && !v.IsNull() && !is(v, without) {
			t.Fatalf("%s is of %s, and not of %s", v.Text(), one, without)
		}
	})
}

// TestTypesStaySmall checks that a type that is made of itself, twice each time, does not double each time.
func TestTypesStaySmall(t *testing.T) {
	of := flow.Only(value.Int)
	for range 100 {
		of = flow.ObjectOf(true, flow.Member{Name: "a", Type: of}, flow.Member{Name: "b", Type: flow.ListOf(of)}).Or(flow.Only(value.Null))
	}
	if n := len(of.String()); n > 100_000 {
		t.Errorf("it takes %d bytes to write", n)
	}
	if a, ok := of.Field("a"); !ok || !a.May(value.Object) || a.May(value.String) || !of.Equal(of.Or(of)) || of.Equal(a) {
		t.Error(of)
	}
}
