package diag

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestPlacesAndOffsets checks that every character of a text has a place, that the place leads back to it, and that the
// lines put together are the text.
func TestPlacesAndOffsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "ö", "日", "🙂", "\n", "\r\n", "\r", "\t", " ", "\u2028", "\u0085"})).Draw(t, "text"), "")
		f := NewFile("x", []byte(text))
		line, column := 1, 1
		for at, r := range text {
			p := f.Pos(at)
			if p.Line != line || p.Column != column || p.Offset != at {
				t.Fatalf("%q at %d: %+v, want line %d, column %d", text, at, p, line, column)
			}
			ends := r == '\n' || r == '\r'
			if !ends && f.Offset(line, column) != at {
				t.Fatalf("%q: line %d, column %d is at %d, want %d", text, line, column, f.Offset(line, column), at)
			}
			if column++; r == '\n' || r == '\r' && !strings.HasPrefix(text[at+1:], "\n") {
				line, column = line+1, 1
			}
		}
		whole := ""
		for n := 1; n <= line; n++ {
			whole += f.Line(n) + "\n"
		}
		if want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text) + "\n"; whole != want {
			t.Fatalf("the lines of %q are %q, want %q", text, whole, want)
		}
	})
}

func TestAByteOrderMarkHasNoColumn(t *testing.T) {
	f := NewFile("x", []byte("\ufeffa: 1\nb: 2\n"))
	if p := f.Pos(3); p.Line != 1 || p.Column != 1 {
		t.Error(p)
	}
	if at := f.Offset(1, 1); at != 3 || f.Line(1) != "a: 1" {
		t.Error(at, f.Line(1))
	}
}

func TestWhatIsHiddenIsNotShown(t *testing.T) {
	f := NewFile("x", []byte("a: geheim\nb: gehäim geheim\n"))
	f.HideAll("geheim")
	if got := f.Line(1) + "|" + f.Line(2); got != "a: ******|b: gehäim ******" || utf8.RuneCountInString(f.Line(2)) != 16 {
		t.Error(got)
	}
}

func TestNearestName(t *testing.T) {
	names := []string{"filter", "take", "take_while", "api", "concurrency", "to", "Map"}
	for name, want := range map[string]string{
		"fliter": "filter", "FILTER": "filter", "tke": "take", "ap": "api", "apis": "api", "concurency": "concurrency",
		"tak_while": "take_while", "filters": "filter", "conc": "concurrency", "map": "Map", "x": "", "of": "", "frobnicate": "",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
