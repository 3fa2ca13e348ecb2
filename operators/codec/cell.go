package codec

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// cell reads a cell as a type. An empty one is null, but for a string.
func cell(s, typ string) (value.Value, error) {
	if typ == "" || typ == "string" {
		return value.OfString(s), nil
	}
	if s == "" {
		return value.Value{}, nil
	}
	switch typ {
	case "int":
		i, err := strconv.ParseInt(s, 10, 64)
		return value.OfInt(i), err
	case "float":
		return floatCell(s)
	case "bool":
		switch strings.ToLower(s) {
		case "true":
			return value.OfBool(true), nil
		case "false":
			return value.OfBool(false), nil
		}
		return value.Value{}, errors.New("no bool")
	case "duration":
		d, err := flow.ParseDuration(s)
		return value.OfDuration(d), err
	}
	return timeCell(s)
}

// exact bounds the integers that floats hold exactly.
const exact = 1 << 53

// floatCell keeps the text of a number that is written as in JSON, so that it is written as it was read.
func floatCell(s string) (value.Value, error) {
	v, ok := value.ParseNumber(s)
	if !ok {
		f, err := strconv.ParseFloat(s, 64)
		return value.OfFloat(f), err
	}
	if v.Kind() == value.Int && -exact <= v.Int() && v.Int() <= exact {
		return value.OfFloat(v.Float()), nil
	}
	return v, nil
}

// timeLayouts are what a cell may hold: RFC 3339, and its parts. Without a zone, a time is one of UTC.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", time.DateTime, "2006-01-02 15:04", time.DateOnly}

func timeCell(s string) (value.Value, error) {
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, s); err == nil {
			return value.OfTime(at), nil
		}
	}
	return value.Value{}, errors.New("no time")
}

// inferred gives the type that all cells of a column have, "" for text. Empty cells are of any type.
func inferred(column int, sample []row) string {
	for _, typ := range []string{"int", "float", "bool"} {
		some, all := false, true
		for _, r := range sample {
			if column >= len(r.cells) || r.cells[column] == "" {
				continue
			}
			s := r.cells[column]
			_, err := cell(s, typ)
			if typ != "bool" && err == nil {
				if _, ok := value.ParseNumber(s); !ok {
					err = errors.New("007")
				}
			}
			some, all = true, all && err == nil
		}
		if some && all {
			return typ
		}
	}
	return ""
}
