package expr

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/flow/value"
)

func TestDateReadsByTheFirstLayoutThatFits(t *testing.T) {
	part := rapid.SampledFrom([]string{"2024-05-01", "12:30:00", "T", " ", "Z", "+02:00", ".5", "24-05-01", "01 May 24", "5-", "x", "é"})
	at := rapid.Map(rapid.Int64Range(0, 4e9), func(s int64) time.Time { return time.Unix(s, 0).UTC() })
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, p := range rapid.SliceOfN(part, 0, 5).Draw(t, "parts") {
			text += p
		}
		if rapid.Bool().Draw(t, "as a layout has it") {
			text = at.Draw(t, "at").Format(rapid.SampledFrom(dateLayouts).Draw(t, "layout"))
		}
		got, err := date([]value.Value{value.OfString(text)}, nil)
		for _, layout := range dateLayouts {
			if want, e := time.ParseInLocation(layout, text, time.UTC); e == nil {
				if err != nil || !got.Time().Equal(want) {
					t.Fatalf("%q is %v, not %v: %v", text, got.Time(), want, err)
				}
				return
			}
		}
		if err == nil {
			t.Fatalf("%q is %v", text, got.Time())
		}
	})
}

func TestSpelledNumbersAreThoseOfTheirText(t *testing.T) {
	datum := rapid.OneOf(
		rapid.Map(rapid.Int64(), value.OfInt), rapid.Map(rapid.Float64(), value.OfFloat), rapid.Map(rapid.String(), value.OfString),
		rapid.Map(rapid.SampledFrom([]string{"1e400", "1.50", "-0", "12345678901234567890"}), value.OfNumber),
	)
	rapid.Check(t, func(t *rapid.T) {
		v := datum.Draw(t, "v")
		got, err := spelled(v)
		want, wantErr := strconv.ParseFloat(v.Text(), 64)
		if (err == nil) != (wantErr == nil) || err == nil && got != want && want == want {
			t.Fatalf("%s is %v, %v, not %v, %v", v.Text(), got, err, want, wantErr)
		}
	})
}

func TestALayoutIsThatOfEachCall(t *testing.T) {
	l := &layout{}
	at := value.OfTime(time.Date(2024, 5, 1, 12, 30, 0, 0, time.UTC))
	for written, want := range map[string]string{"%d/%m/%Y": "01/05/2024", "%H:%M": "12:30", "date": "2024-05-01", "2 Jan": "1 May"} {
		for range 2 {
			if got, err := l.formatTime([]value.Value{at, value.OfString(written)}); err != nil || got.Str() != want {
				t.Errorf("%s is %q, not %q: %v", written, got.Str(), want, err)
			}
		}
	}
}
