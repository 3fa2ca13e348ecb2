package flow

import (
	"testing"
	"time"
)

func TestDurationsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, text := range []string{"0s", "1ns", "250ms", "1.5s", "10s", "1m", "1m30s", "1h", "1h30m", "1h0m1s", "20h", "100h", "10m"} {
		d, err := ParseDuration(text)
		if got := FormatDuration(d); err != nil || got != text {
			t.Errorf("%s: %s %v", text, got, err)
		}
	}
}

func TestRatesAreWrittenAsTheyAreRead(t *testing.T) {
	for text, want := range map[string]string{"100/s": "100/s", "5 / m": "5/m", "2.5/1h": "2.5/h", "10/500ms": "10/500ms", "7/w": "7/168h", "3/90s": "3/1m30s"} {
		r, err := ParseRate(text)
		if err != nil || r.String() != want {
			t.Errorf("%s: %s %v, want %s", text, r, err, want)
		}
	}
}

func TestBounds(t *testing.T) {
	for text, want := range map[string]Bound{"none": -1, "10s": Bound(10 * time.Second)} {
		if b, err := ParseBound(text); err != nil || b != want {
			t.Errorf("%s: %v %v", text, b, err)
		}
	}
	for _, text := range []string{"0s", "-1s", "never", ""} {
		if b, err := ParseBound(text); err == nil {
			t.Errorf("%q is %v", text, b)
		}
	}
}
