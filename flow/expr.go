package flow

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow/value"
)

// Expr is a compiled expression. It is stateless and may be shared; what one evaluation needs stands in the Scope.
type Expr interface {
	// Eval computes the value; an error is the item's failure and says which part of the expression failed.
	Eval(s *Scope) (value.Value, error)
	// String gives the expression as it was written.
	String() string
}

// Compiled is an Expr that consists of functions, which may be called in its place.
type Compiled interface {
	Expr
	// Funcs gives what computes the value, and what tests it as a condition without making a value of it.
	Funcs() (eval func(*Scope) (value.Value, error), test func(*Scope) (bool, error))
}

// Scope is what an expression sees. A component keeps one for all its evaluations, so that none allocates; it must not
// be copied, nor used by two goroutines at once.
type Scope struct {
	It   value.Value   // `it`
	Meta *Meta         // `meta`
	Vars []value.Value // what the operator adds, in the order of the option's `scope` tag

	Locals []value.Value // the expression's own: variables of loops and lets
	Steps  int           // the expression's own: loop steps so far
	Made   value.Slab    // the expression's own: the objects that it makes
}

// Set points the scope at an item.
func (s *Scope) Set(it Item) *Scope {
	s.It, s.Meta = it.Value, it.Meta
	return s
}

// Func gives what computes e, for whoever evaluates it for every item: it costs less than calling Eval.
func Func(e Expr) func(*Scope) (value.Value, error) {
	if c, ok := e.(Compiled); ok {
		eval, _ := c.Funcs()
		return eval
	}
	return e.Eval
}

// Test gives what tests e, a condition, for whoever does so for every item; anything but a bool is an error.
func Test(e Expr) func(*Scope) (bool, error) {
	if c, ok := e.(Compiled); ok {
		_, test := c.Funcs()
		return test
	}
	return func(s *Scope) (bool, error) {
		v, err := e.Eval(s)
		if err != nil {
			return false, err
		}
		return Holds(e, v)
	}
}

// Bool tests a condition once; anything but a bool is an error.
func Bool(e Expr, s *Scope) (bool, error) { return Test(e)(s) }

// Holds gives the bool that e, a condition, came to; anything else is an error.
func Holds(e Expr, v value.Value) (bool, error) {
	if v.Kind() != value.Bool {
		return false, Typed("expression", fmt.Errorf("%s gives %s, not a bool", e, Describe(v)))
	}
	return v.Bool(), nil
}

// MayBeNull reports whether e may come to null, as far as is known.
func MayBeNull(e Expr) bool {
	k, ok := e.(interface{ Type() Type })
	return !ok || k.Type().May(value.Null)
}

// Describe gives a value's kind with its article, for messages: "a string", "an int", "null".
func Describe(v value.Value) string {
	switch k := v.Kind(); k {
	case value.Null:
		return "null"
	case value.Int, value.Object:
		return "an " + k.String()
	case value.Bytes:
		return "bytes"
	default:
		return "a " + k.String()
	}
}

// Literal is an option that is walked as data: in it a string is an expression, any other scalar itself, and lists and
// mappings are built of their parts.
type Literal struct{ Expr }

// Field is one named part of an option that is a mapping of names to literals.
type Field struct {
	Name string
	Expr Expr
}

// Fields is an option that is a mapping of names to literals, in the order written.
type Fields []Field

// Keys is an option that names what to group by: an expression that ends in a field (which names it), a list of such,
// or a mapping of names to expressions.
type Keys []Field

// Aggregate is one output of an aggregation: an expression over calls of aggregate functions, as `sum(it.x) / count()`.
type Aggregate struct {
	Name   string
	Calls  []AggregateCall
	Result Expr // sees the calls' results as its Vars
}

// AggregateCall is a call such as `sum(it.x)`.
type AggregateCall struct {
	Func string // count sum mean min max first last collect distinct p50 p95 p99
	Arg  Expr   // nil where the call has none
}

// Aggregates is an option that is a mapping of names to aggregates, in the order written.
type Aggregates []Aggregate

// Match is an option that is a condition on an item and another one, which it names `other`.
type Match struct {
	It, Other []Expr // keys that must be equal: of the item, and of the other, which is the first of the Vars
	Rest      Expr   // what else must be true; nil: nothing
	Source    string // as it was written
}

// AggregateFuncs are the functions that an Aggregate may call.
var AggregateFuncs = []string{"count", "sum", "mean", "min", "max", "first", "last", "collect", "distinct", "p50", "p95", "p99"}

// Ref is an option that names another step, source, or one of a step's outputs; the loader connects it as an input.
type Ref string

// Dyn is an option that may differ from item to item: a constant, or a template of the item.
type Dyn[T any] struct {
	constant T
	expr     Expr
	convert  func(value.Value) (T, error)
}

// DynOf gives an option that is always v.
func DynOf[T any](v T) Dyn[T] { return Dyn[T]{constant: v} }

// DynExpr gives an option that e computes and convert makes a T.
func DynExpr[T any](e Expr, convert func(value.Value) (T, error)) Dyn[T] {
	return Dyn[T]{expr: e, convert: convert}
}

// Eval gives the option's value for the scope's item.
func (d *Dyn[T]) Eval(s *Scope) (T, error) {
	if d.expr == nil {
		return d.constant, nil
	}
	v, err := d.expr.Eval(s)
	if err != nil {
		return d.constant, err
	}
	return d.convert(v)
}

// Constant gives the value, and whether it is the same for every item.
func (d *Dyn[T]) Constant() (T, bool) { return d.constant, d.expr == nil }

// Text is a template: text that may differ from item to item.
type Text = Dyn[string]

// Prefix gives the text that a template begins with, whatever the item.
func Prefix(t *Text) string {
	if e, ok := t.expr.(interface{ Prefix() string }); ok {
		return e.Prefix()
	}
	return t.constant
}

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

// UseOptions are the options of the use step: the file whose steps stand in its place, and what it is given.
type UseOptions struct {
	File string                 `flow:"file,required,short" doc:"The file of the steps; a relative path starts at the file that names it."`
	With map[string]value.Value `flow:"with" doc:"What its params are given, by name: data, in which text may be a template of the params of this file."`
}

// BufferOptions are the options of the buffer step: the bound of the edge in its place.
type BufferOptions struct {
	Size     int    `flow:"size,required,short" doc:"How many items the channel at this place holds."`
	Bytes    Size   `flow:"bytes" doc:"How many bytes it holds, estimated; 0 is no bound beside size."`
	Overflow string `flow:"overflow" default:"block" enum:"block,drop_newest,drop_oldest,latest,fail" doc:"What a full channel does: wait (block), drop the arriving item, drop the oldest queued item, keep only the latest item, or fail the run."`
}

// Check finds sizes with which no item would pass.
func (o *BufferOptions) Check(report func(option, message, help string)) {
	switch {
	case o.Size < 0:
		report("size", fmt.Sprintf("a channel cannot hold %d items", o.Size), "write 0 or more")
	case o.Size == 0 && (o.Bytes > 0 || o.Overflow != "block" && o.Overflow != "latest"):
		report("size", "a buffer without any place lets no item pass", "write 1 or more")
	}
}
