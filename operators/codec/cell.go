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

// cellType gives what reads cells of a type; nil for text.
func cellType(typ string) *value.CellType {
	switch typ {
	case "int":
		return &intCells
	case "float":
		return &floatCells
	case "bool":
		return &boolCells
	case "time":
		return &timeCells
	case "duration":
		return &durationCells
	}
	return nil
}

var intCells = value.CellType{
	Check: func(s string) (sound, exact bool) { return checked(s, "int", s == "" || isDecimal(s)) },
	Read: func(s string, exact bool) value.Value {
		if !exact || s == "" {
			return sound(s, "int")
		}
		digits := strings.TrimPrefix(s, "-")
		n := int64(0)
		for i := range len(digits) {
			n = n*10 + int64(digits[i]-'0')
		}
		if len(digits) < len(s) {
			n = -n
		}
		return value.OfInt(n)
	},
}

var floatCells = value.CellType{
	Check: func(s string) (sound, exact bool) { return checked(s, "float", s == "" || value.SpellsNumber(s)) },
	Read: func(s string, exact bool) value.Value {
		if !exact || s == "" {
			return sound(s, "float")
		}
		return asFloat(value.OfNumber(s))
	},
}

var boolCells = value.CellType{
	Check: func(s string) (sound, exact bool) {
		return checked(s, "bool", s == "" || s == "true" || s == "false")
	},
	Read: func(s string, exact bool) value.Value {
		if !exact || s == "" {
			return sound(s, "bool")
		}
		return value.OfBool(s == "true")
	},
}

var timeCells = value.CellType{
	Check:  func(s string) (sound, exact bool) { return checked(s, "time", s == "" || isInstant(s)) },
	Read:   func(s string, _ bool) value.Value { return sound(s, "time") },
	Quoted: true,
}

var durationCells = value.CellType{
	Check:  func(s string) (sound, exact bool) { return checked(s, "duration", s == "") },
	Read:   func(s string, _ bool) value.Value { return sound(s, "duration") },
	Quoted: true,
}

// checked is the answer of a CellType: an exact cell is sound, any other where it can be read.
func checked(s, typ string, exact bool) (bool, bool) {
	if exact {
		return true, true
	}
	_, err := cell(s, typ)
	return err == nil, false
}

// sound gives the value of a cell that can be read.
func sound(s, typ string) value.Value {
	v, _ := cell(s, typ)
	return v
}

// isDecimal reports whether a text is an int of at most 18 digits, written as ints are.
func isDecimal(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(digits) {
		if digits[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// isInstant reports whether a text is a time to the second, in UTC, written as times are.
func isInstant(s string) bool {
	const form, any = "0000-00-00T00:00:00Z", "9999-99-99T99:99:99Z"
	if len(s) != len(form) || !like(s[:8], form[:8], any[:8]) || !like(s[8:16], form[8:16], any[8:16]) || !like(s[12:], form[12:], any[12:]) {
		return false
	}
	month, day := two(s[5:]), two(s[8:]) // of a day that some months do not have, the parser knows
	return 1 <= month && month <= 12 && 1 <= day && day <= 28 && two(s[11:]) < 24 && two(s[14:]) < 60 && two(s[17:]) < 60
}

// like reports whether each of eight bytes is between those of two texts, in which they are ASCII, and the lower one has
// zeros for digits: what remains of a byte without its bits is at most 9, or none.
func like(s, low, high string) bool {
	const ones = 0x0101010101010101
	rest := eight(s) ^ eight(low)
	return (rest+ones*0x7f-(eight(high)-eight(low))|rest)&(ones*0x80) == 0
}

// eight gives eight bytes as a word.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// two gives the number of two digits.
func two(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

// wholeFloats bounds the integers that floats hold exactly.
const wholeFloats = 1 << 53

// floatCell keeps the text of a number that is written as in JSON, so that it is written as it was read.
func floatCell(s string) (value.Value, error) {
	v, ok := value.ParseNumber(s)
	if !ok {
		f, err := strconv.ParseFloat(s, 64)
		return value.OfFloat(f), err
	}
	return asFloat(v), nil
}

// asFloat makes a float of an int, if it is the same number.
func asFloat(v value.Value) value.Value {
	if v.Kind() == value.Int && -wholeFloats <= v.Int() && v.Int() <= wholeFloats {
		return value.OfFloat(v.Float())
	}
	return v
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
