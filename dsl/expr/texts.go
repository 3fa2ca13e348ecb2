package expr

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

var textFunctions = map[string]function{
	"string": {one: func(a value.Value) (value.Value, error) { return value.OfString(a.Text()), nil }, deep: true},
	"upper":  onString(strings.ToUpper),
	"lower":  onString(strings.ToLower),
	"trim": ofStrings(func(s ...string) (value.Value, error) {
		if len(s) == 1 {
			return value.OfString(strings.TrimSpace(s[0])), nil
		}
		return value.OfString(strings.Trim(s[0], s[1])), nil
	}),
	"trimPrefix": ofStrings(func(s ...string) (value.Value, error) {
		return value.OfString(strings.TrimPrefix(s[0], second(s, " "))), nil
	}),
	"trimSuffix": ofStrings(func(s ...string) (value.Value, error) {
		return value.OfString(strings.TrimSuffix(s[0], second(s, " "))), nil
	}),
	"hasPrefix":   ofStrings(func(s ...string) (value.Value, error) { return value.OfBool(strings.HasPrefix(s[0], s[1])), nil }),
	"hasSuffix":   ofStrings(func(s ...string) (value.Value, error) { return value.OfBool(strings.HasSuffix(s[0], s[1])), nil }),
	"indexOf":     ofStrings(func(s ...string) (value.Value, error) { return position(s[0], strings.Index(s[0], s[1])), nil }),
	"lastIndexOf": ofStrings(func(s ...string) (value.Value, error) { return position(s[0], strings.LastIndex(s[0], s[1])), nil }),
	"split":       splitting(strings.SplitN, true),
	"splitAfter":  splitting(strings.SplitAfterN, false),
	"replace":     {many: replace},
	"repeat":      {many: repeat},
	"join":        {many: join, one: func(a value.Value) (value.Value, error) { return join([]value.Value{a}) }, deep: true},
	"toBase64": {one: func(a value.Value) (value.Value, error) {
		if a.Kind() != value.Bytes && !a.IsString() {
			return a, wrong(a, "a string")
		}
		return value.OfString(base64.StdEncoding.EncodeToString([]byte(a.Text()))), nil
	}},
	"fromBase64": {one: func(a value.Value) (value.Value, error) {
		if !a.IsString() {
			return a, wrong(a, "a string")
		}
		b, err := base64.StdEncoding.DecodeString(a.Str())
		if err != nil {
			return a, fmt.Errorf("%q is no Base64", short(a.Str()))
		}
		return value.OfString(string(b)), nil
	}},
	"toJSON": {one: func(a value.Value) (value.Value, error) {
		return value.OfString(string(value.AppendJSON(nil, a))), nil
	}, deep: true},
	"fromJSON": {one: func(a value.Value) (value.Value, error) {
		if !a.IsString() {
			return a, wrong(a, "a string")
		}
		v, err := value.DecodeJSONUpTo([]byte(a.Str()), maxMade)
		if err == value.ErrTooLarge {
			err = errTooLarge
		}
		return v, err
	}},
}

func onString(f func(string) string) function {
	return function{one: func(a value.Value) (value.Value, error) {
		if !a.IsString() {
			return a, wrong(a, "a string")
		}
		return value.OfString(f(a.Str())), nil
	}}
}

// ofStrings gives a function all of whose arguments are strings.
func ofStrings(f func(...string) (value.Value, error)) function {
	return function{many: func(args []value.Value) (value.Value, error) {
		var few [4]string
		for i := range args {
			s, err := wantString(args, i)
			if err != nil {
				return args[i], err
			}
			few[i] = s
		}
		return f(few[:len(args)]...)
	}}
}

func second(s []string, otherwise string) string {
	if len(s) > 1 {
		return s[1]
	}
	return otherwise
}

// position counts the characters before a byte of a string; -1 stays.
func position(s string, at int) value.Value {
	if at < 0 {
		return value.OfInt(-1)
	}
	return value.OfInt(int64(utf8.RuneCountInString(s[:at])))
}

func replace(args []value.Value) (value.Value, error) {
	var s [3]string
	for i := range s {
		text, err := wantString(args, i)
		if err != nil {
			return args[i], err
		}
		s[i] = text
	}
	times := strings.Count(s[0], s[1])
	if len(args) > 3 {
		n, err := wantInt(args, 3)
		if err != nil {
			return args[3], err
		}
		if n >= 0 {
			times = int(min(int64(times), n))
		}
	}
	if more := len(s[2]) - len(s[1]); more > 0 && times > (maxText-len(s[0]))/more {
		return args[0], errTooLong
	}
	return value.OfString(strings.Replace(s[0], s[1], s[2], times)), nil
}

func repeat(args []value.Value) (value.Value, error) {
	s, err := wantString(args, 0)
	if err != nil {
		return args[0], err
	}
	n, err := wantInt(args, 1)
	switch {
	case err != nil:
		return args[1], err
	case n < 0:
		return args[1], fmt.Errorf("argument 2 is %d, and nothing can be repeated so often", n)
	case len(s) > 0 && n > int64(maxText/len(s)):
		return args[1], errTooLong
	case len(s) == 0:
		n = 0
	}
	return value.OfString(strings.Repeat(s, int(n))), nil
}

func join(args []value.Value) (value.Value, error) {
	list, err := wantList(args, 0)
	if err != nil {
		return args[0], err
	}
	sep := ""
	if len(args) > 1 {
		if sep, err = wantString(args, 1); err != nil {
			return args[1], err
		}
	}
	var out []byte
	for i, x := range list {
		if i > 0 {
			out = append(out, sep...)
		}
		if x.IsNull() {
			return x, fmt.Errorf("element %d is %s, and null is no text", i, flow.Describe(x))
		}
		if out = value.AppendText(out, x); len(out) > maxText {
			return x, errTooLong
		}
	}
	return value.OfString(string(out)), nil
}
