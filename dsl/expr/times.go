package expr

import (
	"fmt"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// A location is the name of a time zone: what timezone gives, and what takes one may be given.
var timeFunctions = map[string]function{
	"now": {many: func([]value.Value) (value.Value, error) { return value.OfTime(time.Now()), nil }},
	"duration": {one: func(a value.Value) (value.Value, error) {
		if !a.IsString() {
			return a, wrong(a, "a string")
		}
		d, err := flow.ParseDuration(a.Str())
		return value.OfDuration(d), err
	}},
	"date": {many: func(args []value.Value) (value.Value, error) { return date(args, nil) }},
	"timezone": {one: func(a value.Value) (value.Value, error) {
		if !a.IsString() {
			return a, wrong(a, "a string")
		}
		_, err := location(a.Str())
		return a, err
	}},
}

// inLocation are the functions whose first argument may be a location.
var inLocation = map[string]function{
	"now": {many: func(args []value.Value) (value.Value, error) {
		zone, err := location(args[0].Str())
		return value.OfTime(time.Now().In(zone)), err
	}},
	"date": {many: func(args []value.Value) (value.Value, error) {
		zone, err := location(args[0].Str())
		if err != nil {
			return args[0], err
		}
		return date(args[1:], zone)
	}},
}

// zones are the time zones that were loaded; there are no more than some hundreds.
var zones sync.Map

// location gives a time zone by its name, such as Europe/Zurich.
func location(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return time.UTC, fmt.Errorf("%q is no time zone: write it as Europe/Zurich or UTC", short(name))
	}
	zones.Store(zone.String(), zone)
	return zone, nil
}

// dateLayouts are what date reads where it is not told.
var dateLayouts = []string{
	time.DateOnly, time.TimeOnly, time.DateTime, time.RFC3339, time.RFC822, time.RFC850, time.RFC1123,
}

// firstLayout gives the first of the layouts that a text may have, at no cost where that is one of the usual ones.
func firstLayout(text string) int {
	switch {
	case len(text) <= len(time.DateOnly) || text[4] != '-':
		return 0
	case text[10] == ' ':
		return 2
	case text[10] == 'T':
		return 3
	}
	return 0
}

// date reads a time: a text, and maybe its layout, and maybe its time zone.
func date(args []value.Value, zone *time.Location) (value.Value, error) {
	var s [3]string
	for i := range args {
		text, err := wantString(args, i)
		if err != nil {
			return args[i], err
		}
		s[i] = text
	}
	if zone == nil {
		zone = time.UTC
	}
	if len(args) > 2 {
		var err error
		if zone, err = location(s[2]); err != nil {
			return args[2], err
		}
	}
	if len(args) > 1 {
		t, err := time.ParseInLocation(s[1], s[0], zone)
		if err != nil {
			return args[0], fmt.Errorf("%q is no time of the layout %q", short(s[0]), s[1])
		}
		return value.OfTime(t), nil
	}
	for _, layout := range dateLayouts[firstLayout(s[0]):] {
		if t, err := time.ParseInLocation(layout, s[0], zone); err == nil {
			return value.OfTime(t), nil
		}
	}
	return args[0], fmt.Errorf("%q is no time of a known layout: give the layout as well", short(s[0]))
}
