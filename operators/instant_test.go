package operators

import (
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// TestTimesThatNobodyCanReckonWithFailTheirItems gives windows and joins times of which nanoseconds are more than an int
// holds: the item fails, and those around it are where they belong.
func TestTimesThatNobodyCanReckonWithFailTheirItems(t *testing.T) {
	emit := func(flow.Item) error { return nil }
	for _, kind := range []string{"tumbling", "sliding", "session"} {
		w := build[flow.Op](window(), &windowOptions{Kind: kind, Size: time.Minute, Every: time.Second, Gap: time.Minute, Time: field("t")})
		s := build[flow.Join](join(), &joinOptions{Within: time.Minute, Time: field("t"), Kind: "inner"})
		for at, sound := range map[string]bool{
			"2024-01-01T00:00:00Z": true, "1700-01-01": true, "2239-12-31T23:59:59.999999999Z": true,
			"1699-12-31T23:59:59Z": false, "2240-01-01": false, "0001-01-01": false, "9999-12-31T23:59:59Z": false,
		} {
			item := flow.Item{Value: object("t", at)}
			if err := w.Process(item, emit); (err == nil || flow.ErrorType(err) == "late") != sound {
				t.Errorf("%s window, %s: %v", kind, at, err)
			}
			if err := s.Process(itemsPort, item, emit); (err == nil) != sound {
				t.Errorf("join, %s: %v", at, err)
			}
			parsed, _ := time.Parse(time.DateOnly, at[:10])
			if _, err := instantOf(value.OfTime(parsed)); (err == nil) != sound {
				t.Errorf("the time %s: %v", at, err)
			}
		}
	}
}
