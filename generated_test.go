package flowrun_test

import (
	"os"
	"testing"

	"github.com/flowrun/flowrun"
	"github.com/flowrun/flowrun/internal/gen"
)

// TestGenerated checks that what is generated of the components is as they are now.
func TestGenerated(t *testing.T) {
	for path, text := range gen.Files(flowrun.Registry()) {
		if got, err := os.ReadFile(path); err != nil || string(got) != string(text) {
			t.Errorf("%s is not what the components say (%v): `go generate ./...` writes it", path, err)
		}
	}
}
