package expr

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/flowrun/flowrun/dsl/diag"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// method is a method of times or of durations, those of Go.
type method struct {
	takes      []value.Kind
	ofTime     func(t time.Time, args []value.Value) (value.Value, error)
	ofDuration func(d time.Duration, args []value.Value) (value.Value, error)
}

var methods = map[string]method{
	"Year":       part(func(t time.Time) int { return t.Year() }),
	"Month":      part(func(t time.Time) int { return int(t.Month()) }),
	"Day":        part(func(t time.Time) int { return t.Day() }),
	"YearDay":    part(func(t time.Time) int { return t.YearDay() }),
	"Weekday":    part(func(t time.Time) int { return int(t.Weekday()) }),
	"Hour":       part(func(t time.Time) int { return t.Hour() }),
	"Minute":     part(func(t time.Time) int { return t.Minute() }),
	"Second":     part(func(t time.Time) int { return t.Second() }),
	"Nanosecond": part(func(t time.Time) int { return t.Nanosecond() }),
	"Unix":       part(func(t time.Time) int { return int(t.Unix()) }),
	"UnixMilli":  part(func(t time.Time) int { return int(t.UnixMilli()) }),
	"UnixMicro":  part(func(t time.Time) int { return int(t.UnixMicro()) }),
	"UnixNano": {ofTime: func(t time.Time, _ []value.Value) (value.Value, error) {
		ns := t.UnixNano()
		if !time.Unix(0, ns).Equal(t) {
			return value.Value{}, errors.New("overflows an int")
		}
		return value.OfInt(ns), nil
	}},
	"UTC":    {ofTime: func(t time.Time, _ []value.Value) (value.Value, error) { return value.OfTime(t.UTC()), nil }},
	"IsZero": {ofTime: func(t time.Time, _ []value.Value) (value.Value, error) { return value.OfBool(t.IsZero()), nil }},
	"Before": {takes: aTime, ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
		return value.OfBool(t.Before(a[0].Time())), nil
	}},
	"After": {takes: aTime, ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
		return value.OfBool(t.After(a[0].Time())), nil
	}},
	"Equal": {takes: aTime, ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
		return value.OfBool(t.Equal(a[0].Time())), nil
	}},
	"Compare": {takes: aTime, ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
		return value.OfInt(int64(t.Compare(a[0].Time()))), nil
	}},
	"Sub": {takes: aTime, ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
		return value.OfDuration(t.Sub(a[0].Time())), nil
	}},
	"Add": {takes: aDuration, ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
		return value.OfTime(t.Add(a[0].Duration())), nil
	}},
	"AddDate": {takes: []value.Kind{value.Int, value.Int, value.Int}, ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
		for _, x := range a {
			if x.Int() < math.MinInt32 || x.Int() > math.MaxInt32 {
				return x, fmt.Errorf("%d is too far", x.Int())
			}
		}
		return value.OfTime(t.AddDate(int(a[0].Int()), int(a[1].Int()), int(a[2].Int()))), nil
	}},
	"Format": {takes: []value.Kind{value.String}, ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
		return value.OfString(t.Format(a[0].Str())), nil
	}},
	"In": {takes: []value.Kind{value.String}, ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
		zone, err := location(a[0].Str())
		return value.OfTime(t.In(zone)), err
	}},
	"Truncate": {
		takes: aDuration,
		ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
			return value.OfTime(t.Truncate(a[0].Duration())), nil
		},
		ofDuration: func(d time.Duration, a []value.Value) (value.Value, error) {
			return value.OfDuration(d.Truncate(a[0].Duration())), nil
		},
	},
	"Round": {
		takes: aDuration,
		ofTime: func(t time.Time, a []value.Value) (value.Value, error) {
			return value.OfTime(t.Round(a[0].Duration())), nil
		},
		ofDuration: func(d time.Duration, a []value.Value) (value.Value, error) {
			return value.OfDuration(d.Round(a[0].Duration())), nil
		},
	},
	"String": {
		ofTime: func(t time.Time, _ []value.Value) (value.Value, error) {
			return value.OfString(value.OfTime(t).Text()), nil
		},
		ofDuration: func(d time.Duration, _ []value.Value) (value.Value, error) { return value.OfString(d.String()), nil },
	},
	"Abs":          {ofDuration: func(d time.Duration, _ []value.Value) (value.Value, error) { return value.OfDuration(d.Abs()), nil }},
	"Hours":        amount(func(d time.Duration) value.Value { return value.OfFloat(d.Hours()) }),
	"Minutes":      amount(func(d time.Duration) value.Value { return value.OfFloat(d.Minutes()) }),
	"Seconds":      amount(func(d time.Duration) value.Value { return value.OfFloat(d.Seconds()) }),
	"Milliseconds": amount(func(d time.Duration) value.Value { return value.OfInt(d.Milliseconds()) }),
	"Microseconds": amount(func(d time.Duration) value.Value { return value.OfInt(d.Microseconds()) }),
	"Nanoseconds":  amount(func(d time.Duration) value.Value { return value.OfInt(d.Nanoseconds()) }),
}

var (
	aTime     = []value.Kind{value.Time}
	aDuration = []value.Kind{value.Duration}
)

func part(f func(time.Time) int) method {
	return method{ofTime: func(t time.Time, _ []value.Value) (value.Value, error) { return value.OfInt(int64(f(t))), nil }}
}

func amount(f func(time.Duration) value.Value) method {
	return method{ofDuration: func(d time.Duration, _ []value.Value) (value.Value, error) { return f(d), nil }}
}

var methodNames = slices.Sorted(maps.Keys(methods))

// method compiles a call of a method, such as it.at.Year().
func (c *compiler) method(n *ast.CallNode, on *ast.MemberNode, name string) operand {
	m, ok := methods[name]
	if !ok {
		c.problem(on.Property, "FR403", fmt.Sprintf("no value has a method `%s`", name), fmt.Sprintf("functions stand before their value: `%s(…)`; times and durations have those of Go, as in `.Year()`", name))
		if p := &c.problems[len(c.problems)-1]; diag.Nearest(name, methodNames) != "" {
			p.suggest(name, methodNames)
		}
		return constantOf(value.Value{})
	}
	if len(n.Arguments) != len(m.takes) {
		c.problem(n, "FR403", fmt.Sprintf("`%s` takes %s", name, plural(len(m.takes), "argument")), "")
		return constantOf(value.Value{})
	}
	base := c.code(on.Node)
	first := c.block(len(n.Arguments))
	args := c.all(n.Arguments)
	return computedBy(func(s *flow.Scope) (out value.Value, err error) {
		v, err := base(s)
		if err != nil {
			return v, err
		}
		if v.IsNull() && on.Optional {
			return v, errNull
		}
		in := s.Locals[first : first+len(args) : first+len(args)]
		for i := range args {
			if in[i], err = args[i].code(s); err != nil {
				return v, err
			}
			if in[i].Kind() != m.takes[i] {
				return v, failure("%s is %s, and `%s` takes %s", text(args[i].node), flow.Describe(in[i]), name, article(m.takes[i]))
			}
		}
		switch {
		case v.Kind() == value.Time && m.ofTime != nil:
			out, err = m.ofTime(v.Time(), in)
		case v.Kind() == value.Duration && m.ofDuration != nil:
			out, err = m.ofDuration(v.Duration(), in)
		default:
			return v, failure("%s is %s, and has no method `%s`", text(on.Node), flow.Describe(v), name)
		}
		if err != nil {
			return v, failure("%s: %w", text(n), err)
		}
		return out, nil
	})
}

func article(k value.Kind) string {
	if k == value.Int {
		return "an int"
	}
	return "a " + k.String()
}

func plural(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun + "s"
	case 1:
		return "one " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
