package operators

import (
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// The years whose times are reckoned with in nanoseconds of Unix time. An int holds those of 1678 to 2262: what is between
// is for durations that are added or taken away.
const firstYear, lastYear = 1700, 2239

// instantOf gives the nanoseconds of Unix time of the time that a value says: as a time, or as text.
func instantOf(v value.Value) (int64, error) {
	t, err := timeOf(v)
	if err != nil {
		return 0, err
	}
	if year := t.UTC().Year(); year < firstYear || year > lastYear {
		return 0, fmt.Errorf("the year %d is too far away: times are of the years %d to %d", year, firstYear, lastYear)
	}
	return t.UnixNano(), nil
}

func timeOf(v value.Value) (time.Time, error) {
	switch v.Kind() {
	case value.Time:
		return v.Time(), nil
	case value.String:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", time.DateOnly} {
			if t, err := time.Parse(layout, v.Str()); err == nil {
				return t, nil
			}
		}
		return time.Time{}, fmt.Errorf("%q is no time: write `parse_time(…, layout)`", v.Str())
	}
	return time.Time{}, fmt.Errorf("it is %s, not a time: numbers are read by `parse_time(…, 'unix')`", flow.Describe(v))
}
