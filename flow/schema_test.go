package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func TestFaultsSayWhere(t *testing.T) {
	integer, text := flow.Only(value.Int), flow.Only(value.String)
	inner := flow.ObjectOf(true, flow.FieldOf("n", integer), flow.Member{Name: "s", Type: text, Optional: true})
	of := flow.ObjectOf(false, flow.FieldOf("id", integer), flow.FieldOf("in", inner), flow.FieldOf("all", flow.ListOf(flow.ListOf(inner))))
	for item, want := range map[string]string{
		`{"id":1,"in":{"n":2},"all":[],"more":null}`:        "",
		`{"in":{"s":"","n":2},"all":[[],[{"n":1}]],"id":1}`: "",
		`[1]`:                                      "the item is a list, and should be {id: int, in: {n: int, s?: string}, all: list of list of {n: int, s?: string}, …}",
		`{"id":"1","in":{"n":2},"all":[]}`:         "id is a string, and should be int",
		`{"id":1,"all":[]}`:                        "in is missing",
		`{"id":1,"in":{"s":""},"all":[]}`:          "in.n is missing",
		`{"id":1,"in":{"n":2,"x":3},"all":[]}`:     "in.x should not be there",
		`{"id":1,"in":{"n":2},"all":[[],3]}`:       "all[1] is an int, and should be list of {n: int, s?: string}",
		`{"id":1,"in":{"n":2},"all":[[{"s":""}]]}`: "all[0][0].n is missing",
	} {
		v, err := value.DecodeJSON([]byte(item))
		if err != nil {
			t.Fatal(err)
		}
		if got := of.Fault(v); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", item, got, want)
		}
	}
	if got := flow.EmptyList.Fault(value.OfList([]value.Value{value.OfInt(1)})); got != "[0] should not be there" {
		t.Error(got)
	}
}

// TestASchemaCostsNothingToHold checks an item of many fields, which allocates nothing, and is not a matter of each field with
// each other one.
func TestASchemaCostsNothingToHold(t *testing.T) {
	var fields []flow.Member
	var text []string
	for i := range 1000 {
		fields = append(fields, flow.FieldOf(fmt.Sprint("field", i), flow.Only(value.Int)))
		text = append(text, fmt.Sprintf(`"field%d":%d`, i, i))
	}
	v, _ := value.DecodeJSON([]byte("{" + strings.Join(text, ",") + "}"))
	for _, closed := range []bool{false, true} {
		of := flow.ObjectOf(closed, fields...)
		if n := testing.AllocsPerRun(10, func() {
			if fault := of.Fault(v); fault != "" {
				t.Fatal(fault)
			}
		}); n > 2 {
			t.Errorf("closed: %v, %v allocations", closed, n)
		}
	}
}
