package flow

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Size is an amount of memory or data in bytes, written as 64KiB, 16MiB, 1GB or a plain number.
type Size int64

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
}

// ParseSize reads a size.
func ParseSize(text string) (Size, error) {
	number, unit := text, int64(1)
	for _, u := range sizeUnits {
		if n, ok := strings.CutSuffix(text, u.name); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if bytes := f * float64(unit); err == nil && bytes >= 0 && bytes < 1<<62 {
		return Size(bytes), nil
	}
	return 0, fmt.Errorf("%q is no size: write it as 64KiB, 16MiB or 1GB", text)
}

// String gives the size in the largest binary unit that divides it, else in bytes.
func (s Size) String() string {
	for _, u := range sizeUnits[:4] {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// Rate is a number of events in a time, written as 100/s, 5/m, 1000/h or 10/500ms.
type Rate struct {
	Count float64
	Per   time.Duration
}

// ParseRate reads a rate.
func ParseRate(text string) (Rate, error) {
	wrong := fmt.Errorf("%q is no rate: write it as 100/s, 5/m or 10/500ms", text)
	count, per, ok := strings.Cut(text, "/")
	if !ok {
		return Rate{}, wrong
	}
	r := Rate{}
	var err error
	if r.Count, err = strconv.ParseFloat(strings.TrimSpace(count), 64); err != nil || !(r.Count > 0) || r.Count > 1e12 {
		return Rate{}, wrong
	}
	per = strings.TrimSpace(per)
	if per != "" && (per[0] < '0' || per[0] > '9') {
		per = "1" + per
	}
	if r.Per, err = ParseDuration(per); err != nil || r.Per <= 0 {
		return Rate{}, wrong
	}
	return r, nil
}

// Interval is the time from one event to the next at this rate.
func (r Rate) Interval() time.Duration { return time.Duration(float64(r.Per) / r.Count) }

// String gives the rate as it may be written.
func (r Rate) String() string {
	per := FormatDuration(r.Per)
	if len(per) == 2 && per[0] == '1' {
		per = per[1:]
	}
	return strconv.FormatFloat(r.Count, 'g', -1, 64) + "/" + per
}

// FormatDuration gives a duration as it may be written: 1m30s, 2h.
func FormatDuration(d time.Duration) string {
	text := d.String()
	for _, none := range []string{"m0s", "h0m"} {
		if short, ok := strings.CutSuffix(text, none); ok {
			text = short + none[:1]
		}
	}
	return text
}

// ParseDuration reads a duration as time.ParseDuration does, and days (`d`) and weeks (`w`) of 24 and 168 hours besides.
func ParseDuration(text string) (time.Duration, error) {
	for unit, hours := range map[string]float64{"d": 24, "w": 168} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			if f, err := strconv.ParseFloat(n, 64); err == nil && f*hours < 2e6 && f*hours > -2e6 {
				return time.Duration(f * hours * float64(time.Hour)), nil
			}
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration: write it as 250ms, 10s, 1m30s or 2h", text)
	}
	return d, nil
}

// Bound is a duration that may be none, which is a negative one; 0 is where it was not said.
type Bound time.Duration

// ParseBound reads a bound.
func ParseBound(text string) (Bound, error) {
	if text == "none" {
		return -1, nil
	}
	d, err := ParseDuration(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%s lets nothing happen: write a duration such as 10s, or none", text)
	}
	return Bound(d), err
}
