package flowrun_test

import (
	"strings"
	"testing"

	"github.com/flowrun/flowrun"
)

// TestLateItemsAreNeverLost checks what becomes of items that come too late for their windows: they go to the output late,
// and where nobody reads that, they fail, as their step's on_error says.
func TestLateItemsAreNeverLost(t *testing.T) {
	const text = `
source: {items: [{t: "2024-05-01T12:00:30Z"}, {t: "2024-05-01T12:01:30Z"}, {t: "2024-05-01T12:00:40Z"}]}
steps:
  - id: w
    window: {size: 1m, time: it.t, values: {n: count()}}
    ON_ERROR
  - id: counts
    map: it.n
  REST
`
	for _, tt := range []struct{ onError, rest, out, failure string }{
		{"", "", "", "pipeline.yaml:5:5: w: "},
		{"on_error: skip", "", "1\n1\n", ""},
		{"on_error: {to: said}", "- {id: said, map: it.error.type}\n  - from: [counts, said]\n    sort: string(it)", "1\n1\n\"late\"\n", ""},
		{"", "- {from: w.late, id: late, map: it.t}\n  - from: [counts, late]\n    sort: string(it)", "1\n1\n\"2024-05-01T12:00:40Z\"\n", ""},
	} {
		out, rep, err := uses(t, strings.NewReplacer("ON_ERROR", tt.onError, "REST", tt.rest).Replace(text), flowrun.Options{})
		if tt.failure != "" {
			if err == nil || !strings.HasPrefix(err.Error(), tt.failure) {
				t.Errorf("%v, want %s", err, tt.failure)
			}
			continue
		}
		if err != nil || out != tt.out {
			t.Errorf("%s: %v\n got  %s\n want %s", tt.onError, err, out, tt.out)
		}
		if w := rep.Steps[1]; tt.onError == "on_error: skip" && w.Skipped != 1 {
			t.Errorf("%+v", w)
		}
	}
}
