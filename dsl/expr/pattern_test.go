package expr

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPatternsMatchWhatRegexpsDo compares what is looked for by its first bytes with package regexp.
func TestPatternsMatchWhatRegexpsDo(t *testing.T) {
	parts := rapid.SampledFrom([]string{"a", "b", "k", "s", "bot", "Error", "é", "ß", "日", "\uFFFD", `\d`, `\w`, `[abk]`, `[^a]`, `[^é]`, `.`, `a+`, `(?:ab)*`, `b?`,
		`(?i:k)`, `(?i:skis)`, `(?i:é)`, `(a|bb|c)`, `(?:bot|spider|curl)`, `^`, `$`, `\b`, `\B`, `(?m:^)`, `\d{3}ms`, `x{0,2}`, `[[:^ascii:]]`, "|", "|", "(?i)"})
	texts := rapid.SampledFrom([]string{"a", "b", "k", "K", "s", "S", "\u212a", "ſ", "bot", "BOT", "ERROR", "é", "É", "\xc3", "\xa9", "\x80", "\xff", "ß", "日", "\uFFFD", "1", "123ms", " ", "\n", "spider", "x", "c"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(parts, 1, 6).Draw(t, "parts"), "")
		re, err := regexp.Compile(text)
		p, wrong := newPattern(text)
		if (err == nil) != (wrong == nil) {
			t.Fatalf("%q: %v, want %v", text, wrong, err)
		}
		if err != nil {
			return
		}
		for range 10 {
			s := strings.Join(rapid.SliceOfN(texts, 0, 6).Draw(t, "text"), "")
			if got, want := p.matches(s), re.MatchString(s); got != want {
				t.Fatalf("%q matches %q: %v, want %v; heads %d, sure %b", text, s, got, want, len(p.heads), p.sure)
			}
		}
	})
}

func TestPatternsAreLookedForByTheirFirstBytes(t *testing.T) {
	for text, want := range map[string]bool{
		`(?i)bot|spider|curl`: true, `error|timeout|refused`: true, `(?i)error.*timeout`: true, `\d{3}ms`: true, `(GET|POST) /x`: true, `(?i)kiss`: true,
		`error`: false, `^\d+`: false, `.*x`: false, `\w+@`: false, `a?b?`: false, ``: false,
	} {
		p, err := newPattern(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.heads != nil; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func BenchmarkPattern(b *testing.B) {
	line := strings.Repeat(`10.1.2.3 - - [14/Nov/2023:22:13:20 +0000] "GET /a/b?q=x HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux)" `, 2)
	for _, text := range []string{`(?i)bot|spider|curl`, `error|timeout`, `(?i)error.*timeout`} {
		p, _ := newPattern(text)
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				p.matches(line)
			}
		})
	}
}
