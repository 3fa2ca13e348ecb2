package dsl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/dsl"
)

// TestDepthIsBounded checks that files may use one another sixteen deep, and no deeper.
func TestDepthIsBounded(t *testing.T) {
	for _, deep := range []int{15, 16} {
		s := dsl.Settings{Registry: registry(), Read: func(name string) ([]byte, error) {
			var n int
			if _, err := fmt.Sscanf(name, "f%d.yaml", &n); err != nil {
				return nil, err
			}
			if n == deep {
				return []byte("steps: [{map: it}]\n"), nil
			}
			return fmt.Appendf(nil, "steps: [{use: f%d.yaml}]\n", n+1), nil
		}}
		plan, _, list := dsl.Load("pipeline.yaml", []byte("source: {items: [1]}\nsteps: [{use: f1.yaml}]\n"), s)
		if deep == 15 {
			if len(list) > 0 || plan.Steps()[0].ID != strings.TrimPrefix(path(deep)+"/map", "/") {
				t.Errorf("%d deep: %+v", deep, list)
			}
			continue
		}
		if len(list) != 1 || list[0].Code != "FR306" || list[0].File != "f15.yaml" || len(list[0].Used) != 15 || !strings.Contains(list[0].Message, "more than 16 deep") {
			t.Errorf("%d deep: %+v", deep, list)
		}
	}
}

// path is the id of a step that stands so deep.
func path(deep int) (id string) {
	for n := range deep {
		id += fmt.Sprintf("/f%d", n+1)
	}
	return id
}
