package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/dsl"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/operators"
)

// TestNewPipelinesAreRight begins a pipeline of every component, and checks it.
func TestNewPipelinesAreRight(t *testing.T) {
	reg := flow.NewRegistry(operators.All()...)
	for _, c := range reg.All() {
		var out bytes.Buffer
		args := []string{"new", c.Name}
		if c.Kind() == flow.KindSink {
			args = []string{"new", "items", c.Name}
		}
		if code := Main(reg, args, strings.NewReader(""), &out, io.Discard); code != 0 {
			t.Fatalf("%v exits with %d", args, code)
		}
		if !strings.Contains(out.String(), c.Name) {
			t.Errorf("%v does not show the component:\n%s", args, out.String())
		}
		_, _, list := dsl.Load(filepath.Join(t.TempDir(), "p.yaml"), out.Bytes(), dsl.Settings{Registry: reg, Unbound: true, Env: os.LookupEnv})
		for _, d := range list {
			// What an example names elsewhere in its file is the writer's to add.
			if !strings.HasPrefix(d.Code, "FR3") {
				t.Errorf("%v: %s %s\n%s", args, d.Code, d.Message, out.String())
			}
		}
	}
}
