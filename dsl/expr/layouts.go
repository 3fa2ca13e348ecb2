package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow/value"
)

var strptime = strings.NewReplacer("%Y", "2006", "%m", "01", "%d", "02", "%H", "15", "%M", "04", "%S", "05", "%y", "06",
	"%b", "Jan", "%B", "January", "%a", "Mon", "%A", "Monday", "%e", "_2", "%I", "03", "%p", "PM", "%z", "-0700", "%Z", "MST",
	"%f", "000000", "%j", "002", "%T", "15:04:05", "%F", "2006-01-02", "%%", "%")

// layout is that of a call's times. It remembers Go's form of the last one. Goroutines may share it.
type layout struct{ last atomic.Pointer[spelling] }

// spelling is a layout as it is written, and as Go has it.
type spelling struct{ written, golang string }

// of gives Go's form of the layout among the arguments of a call.
func (l *layout) of(a []value.Value) string {
	if len(a) < 2 {
		return time.RFC3339Nano
	}
	switch written := a[1].Str(); {
	case written == "rfc3339":
		return time.RFC3339Nano
	case written == "date":
		return time.DateOnly
	case !strings.Contains(written, "%"):
		return written
	default:
		last := l.last.Load()
		if last == nil || last.written != written {
			last = &spelling{strings.Clone(written), strptime.Replace(written)}
			l.last.Store(last)
		}
		return last.golang
	}
}

// farthest bounds the seconds, or milliseconds, since 1970 that a time is made of: of more, an int may not hold the parts.
const farthest = 1e15

func (l *layout) parseTime(a []value.Value) (value.Value, error) {
	switch layout := l.of(a); layout {
	case "unix", "unix_ms":
		f, err := spelled(a[0])
		if err != nil {
			return a[0], err
		}
		if !(math.Abs(f) < farthest) {
			return a[0], fmt.Errorf("%s is no time: it is too far from 1970", short(a[0].Text()))
		}
		if layout == "unix_ms" {
			return value.OfTime(time.UnixMilli(int64(f)).UTC()), nil
		}
		whole := int64(f)
		return value.OfTime(time.Unix(whole, int64((f-float64(whole))*1e9)).UTC()), nil
	default:
		text := a[0].Text()
		t, err := time.Parse(layout, text)
		if err != nil {
			return a[0], fmt.Errorf("%q is no time of the layout %q", short(text), layout)
		}
		return value.OfTime(t), nil
	}
}

// spelled gives the number that a value is, or that its text spells.
func spelled(v value.Value) (float64, error) {
	if f := v.Float(); v.IsNumber() && !math.IsInf(f, 0) && !math.IsNaN(f) {
		return f, nil
	}
	f, err := strconv.ParseFloat(v.Text(), 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", short(v.Text()))
	}
	return f, nil
}

func (l *layout) formatTime(a []value.Value) (value.Value, error) {
	if a[0].Kind() != value.Time {
		return a[0], wrong(a[0], "a time")
	}
	t := a[0].Time()
	switch layout := l.of(a); layout {
	case "unix":
		return value.OfString(strconv.FormatInt(t.Unix(), 10)), nil
	case "unix_ms":
		return value.OfString(strconv.FormatInt(t.UnixMilli(), 10)), nil
	default:
		return value.OfString(t.Format(layout)), nil
	}
}
