package expr

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"sort"
	"strings"
	"time"

	"github.com/expr-lang/expr/builtin"

	"github.com/flowrun/flowrun/flow/value"
)

// Function describes a function for people.
type Function struct {
	Name, Signature, Doc string
}

// added is a function that flowrun adds to those of expr-lang.
type added struct {
	Function
	types  []any
	varies bool // gives another value every time
	run    function
	each   func() function // in place of run: one for each call in an expression, which remembers what it needs
}

var extra = map[string]added{
	"now": {
		Function: Function{"now", "now() time", "The time of day; virtual in tests."}, types: []any{new(func() time.Time), new(func(*time.Location) time.Time)}, varies: true,
		run: timeFunctions["now"],
	},
	"uuid": {
		Function: Function{"uuid", "uuid() string", "A random UUID of version 4."}, types: []any{new(func() string)}, varies: true,
		run: function{many: func([]value.Value) (value.Value, error) {
			var b [16]byte
			_, _ = rand.Read(b[:]) // never fails
			b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
			return value.OfString(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])), nil
		}},
	},
	"sha256": {
		Function: Function{"sha256", "sha256(text) string", "The SHA-256 of a text or of bytes, in hexadecimal."}, types: []any{new(func(any) string)},
		run: function{one: func(a value.Value) (value.Value, error) {
			sum := sha256.Sum256([]byte(a.Text()))
			return value.OfString(hex.EncodeToString(sum[:])), nil
		}, deep: true},
	},
	"parse_time": {
		Function: Function{"parse_time", "parse_time(text, layout) time", "A text as a time. The layout is rfc3339 (the default), date, unix, unix_ms, one of strptime such as '%d/%m/%Y', or one of Go such as '2 Jan 2006'."},
		types:    []any{new(func(any) time.Time), new(func(any, string) time.Time)}, each: func() function { return function{many: new(layout).parseTime} },
	},
	"format_time": {
		Function: Function{"format_time", "format_time(time, layout) string", "A time as text, with a layout as in parse_time."},
		types:    []any{new(func(any) string), new(func(any, string) string)}, each: func() function { return function{many: new(layout).formatTime} },
	},
	"url_encode": {
		Function: Function{"url_encode", "url_encode(text) string", "A text as it may stand in the path or the query of a URL."}, types: []any{new(func(any) string)},
		run: function{one: func(a value.Value) (value.Value, error) {
			return value.OfString(strings.ReplaceAll(url.QueryEscape(a.Text()), "+", "%20")), nil
		}, deep: true},
	},
	"merge": {
		Function: Function{"merge", "merge(a, b) object", "The fields of two objects; those of the second win."}, types: []any{new(func(any, any) map[string]any)},
		each: func() function { return function{many: new(merger).merge} },
	},
}

// Functions gives the functions that flowrun adds, by name.
func Functions() []Function {
	var out []Function
	for _, f := range extra {
		out = append(out, f.Function)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// functionNames gives every function there is, for a nearest name.
func functionNames() []string {
	var out []string
	for _, b := range builtin.Builtins {
		out = append(out, b.Name)
	}
	for name := range extra {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}
