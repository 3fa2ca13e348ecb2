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
	switch typ[0] { // they differ in it
	case 'i':
		i, err := strconv.ParseInt(s, 10, 64)
		return value.OfInt(i), err
	case 'f':
		return floatCell(s)
	case 'b':
		switch strings.ToLower(s) {
		case "true":
			return value.OfBool(true), nil
		case "false":
			return value.OfBool(false), nil
		}
		return value.Value{}, errors.New("no bool")
	case 'd':
		d, err := flow.ParseDuration(s)
		return value.OfDuration(d), err
	}
	return timeCell(s)
}

// columnTypes are the types of columns, as value.CellTypes.
type columnTypes []string

func (c columnTypes) Check(slot int, text string) (sound, exact bool) { return check(text, c[slot]) }

func (c columnTypes) Read(slot int, text string) value.Value {
	v, _ := cell(text, c[slot])
	return v
}

// check reports whether a cell is of a type, and whether its value is known to be written as the cell is.
func check(s, typ string) (sound, exact bool) {
	if s == "" {
		return true, true
	}
	switch typ[0] {
	case 'i':
		exact = isDecimal(s)
	case 'f':
		exact = value.SpellsNumber(s)
	case 'b':
		exact = s == "true" || s == "false"
	case 't':
		exact = isInstant(s)
	}
	if exact {
		return true, true
	}
	_, err := cell(s, typ)
	return err == nil, false
}

// isDecimal reports whether a text is an int of at most 18 digits, written as ints are.
func isDecimal(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(s) > 1 {
		return false
	}
	return numerals(digits)
}

// two gives the number of two digits.
func two(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

func numerals(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// isInstant reports whether a text is a time to the second, in UTC, written as times are.
func isInstant(s string) bool {
	if len(s) != len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != 'Z' {
		return false
	}
	if !numerals(s[:4]) || !numerals(s[5:7]) || !numerals(s[8:10]) || !numerals(s[11:13]) || !numerals(s[14:16]) || !numerals(s[17:19]) {
		return false
	}
	month, day := two(s[5:]), two(s[8:]) // of a day that some months do not have, the parser knows
	return 1 <= month && month <= 12 && 1 <= day && day <= 28 && two(s[11:]) < 24 && two(s[14:]) < 60 && two(s[17:]) < 60
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

// clocks are the layouts of a time of day after its T: without and with seconds, without and with a zone.
var clocks = [2][2]string{{"2006-01-02T15:04", "2006-01-02T15:04Z07:00"}, {"2006-01-02T15:04:05", time.RFC3339}}

// timeCell reads a time as RFC 3339 has it, or a part of one: a space may stand for the T, and the seconds, the zone
// (which is UTC then) or all of the time of day be left out.
func timeCell(s string) (value.Value, error) {
	layout := time.DateOnly
	if isInstant(s) {
		layout = time.RFC3339
	} else if len(s) > len(layout) {
		seconds, zone := 0, 0
		if len(s) > 16 && s[16] == ':' {
			seconds = 1
		}
		if strings.ContainsAny(s[11:], "Z+-") {
			zone = 1
		}
		if layout = clocks[seconds][zone]; s[10] == ' ' {
			layout = strings.Replace(layout, "T", " ", 1)
		}
	}
	at, err := time.Parse(layout, s)
	return value.OfTime(at), err
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
